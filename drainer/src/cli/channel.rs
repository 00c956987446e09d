//! `zapgres channel add`.

use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use zapgres_core::credential::CredentialReference;
use zapgres_core::pace::{parse_delay, parse_rate};
use zapgres_providers::provider_names;

use super::{CommandSettings, say};
use crate::channel::{self, NewChannel, parse_base_url, parse_name};
use crate::{credential, database};

/// What can be done with channels.
#[derive(Debug, Subcommand)]
pub enum ChannelCommand {
    Add(Box<AddCommand>),
}

/// Add a channel: a WhatsApp number of a tenant at one provider
#[derive(Debug, Args)]
pub struct AddCommand {
    /// Name to know it by, unique in the database
    #[arg(value_parser = parse_name)]
    name: String,
    /// The HTTP API that serves the number
    #[arg(long, value_parser = PossibleValuesParser::new(provider_names()))]
    provider: String,
    #[arg(
        long = "url",
        value_name = "URL",
        value_parser = parse_base_url,
        help = "Address of that API, such as https://evolution.example.com"
    )]
    base_url: String,
    /// The provider's name of the number
    #[arg(long, value_name = "NAME", value_parser = parse_name)]
    instance: String,
    #[arg(
        long,
        value_name = "REFERENCE",
        help = "Where the daemon finds the secret: env:VARIABLE, cred:NAME (systemd) or file:PATH"
    )]
    credential: CredentialReference,
    /// Company that owns it, by its id in your tables; added if unknown
    #[arg(long, value_name = "ID", default_value = "default", value_parser = parse_name)]
    tenant: String,
    /// Messages per minute, at most
    #[arg(long, value_name = "N/min", default_value = "30/min", value_parser = parse_rate)]
    rate: u32,
    /// Shortest and longest random pause between two messages
    #[arg(long, value_name = "MIN..MAX", default_value = "1s..3s", value_parser = parse_delay)]
    delay: (Duration, Duration),
    #[command(flatten)]
    settings: CommandSettings,
}

impl ChannelCommand {
    /// Does it.
    pub async fn execute(self) -> anyhow::Result<()> {
        let Self::Add(add) = self;
        add.execute().await
    }
}

impl AddCommand {
    async fn execute(self) -> anyhow::Result<()> {
        let config = self.settings.load()?;
        let channel = NewChannel {
            name: self.name,
            tenant: self.tenant,
            provider: self.provider,
            base_url: self.base_url,
            instance: self.instance,
            credential: self.credential,
            rate_per_minute: self.rate,
            delay: self.delay,
        };
        let mut client = database::connect_command(&config).await?;
        let added = channel::add(&mut client, &channel).await?;
        report(&channel, added.tenant_created);
        Ok(())
    }
}

fn report(channel: &NewChannel, tenant_created: bool) {
    let NewChannel {
        name,
        tenant,
        provider,
        base_url,
        instance,
        rate_per_minute,
        delay,
        ..
    } = channel;
    let (shortest, longest) = (
        humantime::format_duration(delay.0),
        humantime::format_duration(delay.1),
    );
    say(&format!(
        "added channel {name}: {provider} instance {instance} at {base_url}, tenant {tenant}, \
         {rate_per_minute}/min, {shortest} to {longest} apart"
    ));
    if tenant_created {
        say(&format!(
            "note: tenant {tenant} was unknown and was added, enabled"
        ));
    }
    if let Err(error) = credential::read(&channel.credential, &|name| std::env::var_os(name)) {
        say(&format!(
            "warning: {error} (as seen by this command; the daemon may see it)"
        ));
    }
    say("next: the running daemon uses it at once; without one, start it with zapgres run");
}
