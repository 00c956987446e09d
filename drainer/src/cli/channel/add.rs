//! `zapgres channel add`.

use std::time::Duration;

use anyhow::{anyhow, bail};
use clap::Args;
use clap::builder::PossibleValuesParser;
use serde_json::{Map, Value};
use zapgres_core::credential::CredentialReference;
use zapgres_core::pace::{parse_delay, parse_rate};
use zapgres_providers::{ConnectionState, DefaultLimits, Health, names, registered};

use super::super::say;
use super::opened::{self, ProviderSettings, describe};
use crate::channel::{
    self, Limits, NewChannel, StoredAddress, WarmUp, parse_base_url, parse_interval, parse_name,
    parse_purpose, parse_warm_up,
};
use crate::config::Config;
use crate::database;

/// Add a channel: a WhatsApp number of a tenant at one provider
#[derive(Debug, Args)]
pub struct AddCommand {
    /// Name to know it by, unique in the database
    #[arg(value_parser = parse_name)]
    name: String,
    /// The HTTP API that serves the number
    #[arg(long, value_parser = PossibleValuesParser::new(names()))]
    provider: String,
    #[arg(
        long = "url",
        value_name = "URL",
        value_parser = parse_base_url,
        help = "Address of that API, such as https://evolution.example.com [default: the provider's own, where it has one]"
    )]
    base_url: Option<String>,
    /// The provider's name of the number
    #[arg(long, value_name = "NAME", value_parser = parse_name)]
    instance: String,
    #[arg(
        long,
        value_name = "REFERENCE",
        help = "Where the daemon finds the secret: env:VARIABLE, cred:NAME (systemd) or file:PATH; or sealed:… of zapgres seal"
    )]
    credential: CredentialReference,
    #[arg(
        long = "secret",
        value_name = "NAME=REFERENCE",
        value_parser = parse_secret,
        help = "A further secret of the provider, such as app_secret=env:META_APP_SECRET; several of one name are all good"
    )]
    secrets: Vec<(String, CredentialReference)>,
    #[arg(
        long = "option",
        value_name = "NAME=VALUE",
        value_parser = parse_option,
        help = "What only this provider knows, such as version=1; the value may be JSON"
    )]
    options: Vec<(String, Value)>,
    /// Send buttons and lists as numbered text where the provider has none
    #[arg(long)]
    degrade: bool,
    /// Do not ask the provider about a number before the first message to it
    #[arg(long)]
    no_look_up: bool,
    /// Add it without asking the provider whether the credentials are good
    #[arg(long)]
    no_check: bool,
    /// Company that owns it, by its id in your tables; added if unknown
    #[arg(long, value_name = "ID", default_value = "default", value_parser = parse_name)]
    tenant: String,
    #[arg(long, value_name = "N/min", value_parser = parse_rate, help = "Messages per minute, at most [default: 30/min; meta and http: none]")]
    rate: Option<u32>,
    #[arg(long, value_name = "MIN..MAX", value_parser = parse_delay, help = "Shortest and longest random pause between two messages [default: 1s..3s; meta and http: none]")]
    delay: Option<(Duration, Duration)>,
    /// Messages per second, at most, besides
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    per_second: Option<i32>,
    /// Time between two messages to one recipient, on average
    #[arg(long, value_name = "DURATION", value_parser = parse_interval)]
    recipient_interval: Option<Duration>,
    /// Messages to one recipient that may follow each other at once after a quiet time
    #[arg(long, value_name = "N", requires = "recipient_interval", value_parser = clap::value_parser!(i32).range(1..))]
    recipient_burst: Option<i32>,
    /// Messages per day of the tenant's timezone, at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    daily_cap: Option<i32>,
    #[arg(
        long,
        value_name = "FROM..DAYS",
        requires = "daily_cap",
        value_parser = parse_warm_up,
        help = "Messages allowed on the first day, growing evenly to the daily cap in so many days: 20..14"
    )]
    warm_up: Option<WarmUp>,
    /// Percent of the recipients that it serves; the others go to the tenant's next channel
    #[arg(long, value_name = "PERCENT", default_value_t = 100, value_parser = clap::value_parser!(i16).range(0..=100))]
    share: i16,
    /// Higher is tried first among the tenant's channels
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        allow_negative_numbers = true
    )]
    priority: i16,
    #[arg(
        long,
        value_name = "NAME",
        value_parser = parse_purpose,
        help = "Only for messages of audiences with this purpose, such as kitchen [default: for all]"
    )]
    purpose: Option<String>,
    #[command(flatten)]
    settings: ProviderSettings,
}

impl AddCommand {
    /// Adds the channel, once its provider has said that the credentials are good.
    pub async fn execute(self) -> anyhow::Result<()> {
        let (channel, no_check, settings) = self.channel()?;
        channel.limits.check()?;
        let config = settings.load()?;
        let health = if no_check {
            check_options(&config, &channel.address)?;
            None
        } else {
            Some(check(&config, &channel.address).await?)
        };
        let mut client = database::connect_command(&config).await?;
        let added = channel::add(&mut client, &channel).await?;
        report(&channel, added.tenant_created, health.as_ref());
        Ok(())
    }

    fn channel(self) -> anyhow::Result<(NewChannel, bool, ProviderSettings)> {
        let registered = registered(&self.provider)?;
        registered.check_secrets(self.secrets.iter().map(|(name, _)| name.as_str()))?;
        let limits = self.limits(&registered.limits);
        let Some(base_url) = self.base_url.or(registered.base_url.map(str::to_owned)) else {
            bail!(
                "{} has no address of its own; give yours with --url https://…",
                self.provider
            );
        };
        let channel = NewChannel {
            name: self.name,
            tenant: self.tenant,
            address: StoredAddress {
                provider: self.provider,
                base_url,
                instance: self.instance,
                credential: self.credential.to_string(),
                secrets: secrets(self.secrets),
                options: Value::Object(self.options.into_iter().collect()),
            },
            degrade: self.degrade,
            look_up: !self.no_look_up,
            priority: self.priority,
            purpose: self.purpose,
            limits,
        };
        Ok((channel, self.no_check, self.settings))
    }

    fn limits(&self, default: &DefaultLimits) -> Limits {
        Limits {
            rate_per_minute: self.rate.or(default.per_minute),
            rate_per_second: self.per_second.or(default.per_second),
            recipient_interval: self.recipient_interval.or(default.recipient_interval),
            recipient_burst: match self.recipient_interval {
                Some(_) => self.recipient_burst,
                None => default.recipient_burst,
            },
            daily_cap: self.daily_cap,
            warm_up: self.warm_up,
            delay: self.delay.unwrap_or(default.delay),
            share: self.share,
        }
    }
}

/// Reads `name=reference`; the text is not repeated, it may be a secret.
fn parse_secret(text: &str) -> Result<(String, CredentialReference), String> {
    let (name, reference) = named(text)?;
    let reference = reference.parse().map_err(|error| format!("{error}"))?;
    Ok((name.to_owned(), reference))
}

/// Reads `name=value`, where the value may be JSON.
fn parse_option(text: &str) -> Result<(String, Value), String> {
    let (name, value) = named(text)?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
    Ok((name.to_owned(), value))
}

fn named(text: &str) -> Result<(&str, &str), String> {
    text.split_once('=')
        .map(|(name, value)| (name.trim(), value.trim()))
        .filter(|(name, value)| !name.is_empty() && !value.is_empty())
        .ok_or_else(|| "write it as name=value".to_owned())
}

/// Several of one name become an array.
fn secrets(given: Vec<(String, CredentialReference)>) -> Value {
    let mut secrets: Map<String, Value> = Map::new();
    for (name, reference) in given {
        let all = secrets
            .entry(name)
            .or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(all) = all {
            all.push(reference.to_string().into());
        }
    }
    Value::Object(secrets)
}

/// Asks the provider whether the credentials are good.
async fn check(config: &Config, address: &StoredAddress) -> anyhow::Result<Health> {
    let provider = opened::provider(config, address).map_err(refused)?;
    let health = provider.health().await;
    health.map_err(|error| refused(anyhow!(opened::explain(&error))))
}

/// Whether the provider knows the options, without asking it. Secrets that only the daemon can read leave that to it.
fn check_options(config: &Config, address: &StoredAddress) -> anyhow::Result<()> {
    if address.open(config.daemon.seal_key.as_ref()).is_ok() {
        opened::provider(config, address)
            .map_err(|why| anyhow!("the channel is not added: {why}"))?;
    }
    Ok(())
}

fn refused(why: anyhow::Error) -> anyhow::Error {
    anyhow!("the channel is not added: {why}; correct that, or add it unasked with --no-check")
}

fn report(channel: &NewChannel, tenant_created: bool, health: Option<&Health>) {
    let NewChannel {
        name,
        tenant,
        address,
        limits,
        ..
    } = channel;
    let (shortest, longest) = (
        humantime::format_duration(limits.delay.0),
        humantime::format_duration(limits.delay.1),
    );
    let rate = limits.rate_per_minute.map_or_else(
        || "no limit per minute".to_owned(),
        |rate| format!("{rate}/min"),
    );
    say(&format!(
        "added channel {name}: {} instance {} at {}, tenant {tenant}, {rate}, {shortest} to {longest} apart",
        address.provider, address.instance, address.base_url
    ));
    if tenant_created {
        say(&format!(
            "note: tenant {tenant} was unknown and was added, enabled"
        ));
    }
    match health {
        Some(health) => say(&format!("the provider says: {}", describe(health))),
        None => say("note: the provider was not asked; zapgres channel test asks it"),
    }
    match health.map(|health| health.state) {
        Some(ConnectionState::Connected) | None => {
            say("next: the running daemon uses it at once; without one, start it with zapgres run");
        }
        Some(_) => say(&format!(
            "next: connect the number with zapgres channel connect {name}; its messages wait until then"
        )),
    }
}
