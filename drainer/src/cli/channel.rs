//! `zapgres channel`.

use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde_json::Value;
use zapgres_core::credential::CredentialReference;
use zapgres_core::pace::{parse_delay, parse_rate};
use zapgres_providers::names;

use super::pause;
use super::queue::LookCommand;
use super::table::{self, Column, field, time};
use super::{CommandSettings, say};
use crate::channel::{
    self, Limits, NewChannel, WarmUp, parse_base_url, parse_interval, parse_name, parse_warm_up,
};
use crate::control::{self, Paused, Thing};
use crate::{credential, database};

/// What can be done with channels.
#[derive(Debug, Subcommand)]
pub enum ChannelCommand {
    Add(Box<AddCommand>),
    /// Every channel: who sends for it, whether it works, what waits since when
    List(LookCommand),
    /// Let a channel's notifications wait; they expire as they would otherwise
    Pause(ChannelPause),
    /// End a channel's pause
    Resume(ChannelPause),
}

/// Which channel.
#[derive(Debug, Args)]
pub struct ChannelPause {
    /// Its name
    name: String,
    #[command(flatten)]
    settings: CommandSettings,
}

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
        help = "Address of that API, such as https://evolution.example.com"
    )]
    base_url: String,
    /// The provider's name of the number
    #[arg(long, value_name = "NAME", value_parser = parse_name)]
    instance: String,
    #[arg(
        long,
        value_name = "REFERENCE",
        help = "Where the daemon finds the secret: env:VARIABLE, cred:NAME (systemd) or file:PATH; or sealed:… of zapgres seal"
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
    #[command(flatten)]
    settings: CommandSettings,
}

impl ChannelCommand {
    /// Does it.
    pub async fn execute(self) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.execute().await,
            Self::List(list) => self::list(list).await,
            Self::Pause(which) => which.execute(Paused::Begin).await,
            Self::Resume(which) => which.execute(Paused::End).await,
        }
    }
}

impl ChannelPause {
    async fn execute(self, paused: Paused) -> anyhow::Result<()> {
        let Self { name, settings } = self;
        let called = format!("channel {name}");
        pause::execute(settings, &called, Thing::Channel(name), paused).await
    }
}

impl AddCommand {
    async fn execute(self) -> anyhow::Result<()> {
        let limits = self.limits();
        limits.check()?;
        let config = self.settings.load()?;
        let seal_key = config.daemon.seal_key.clone();
        let channel = NewChannel {
            name: self.name,
            tenant: self.tenant,
            provider: self.provider,
            base_url: self.base_url,
            instance: self.instance,
            credential: self.credential,
            priority: self.priority,
            limits,
        };
        let mut client = database::connect_command(&config).await?;
        let added = channel::add(&mut client, &channel).await?;
        report(&channel, added.tenant_created, seal_key.as_ref());
        Ok(())
    }

    fn limits(&self) -> Limits {
        Limits {
            rate_per_minute: self.rate,
            rate_per_second: self.per_second,
            recipient_interval: self.recipient_interval,
            recipient_burst: self.recipient_burst,
            daily_cap: self.daily_cap,
            warm_up: self.warm_up,
            delay: self.delay,
            share: self.share,
        }
    }
}

async fn list(command: LookCommand) -> anyhow::Result<()> {
    let client = database::connect_command(&command.settings.load()?).await?;
    let rows = control::channels(&client).await?;
    if command.json {
        table::print_json(&Value::Array(rows));
        return Ok(());
    }
    let columns: [Column<'_>; 8] = [
        ("channel", &|row| field(row, "channel")),
        ("tenant", &|row| field(row, "tenant_id")),
        ("provider", &|row| field(row, "provider")),
        ("daemon", &|row| field(row, "daemon")),
        ("waiting", &waiting),
        ("oldest due", &|row| time(row, "oldest_due")),
        ("today", &today),
        ("state", &state),
    ];
    table::print(
        &rows,
        &columns,
        "no channel; add one with zapgres channel add",
    );
    Ok(())
}

/// A count that was not taken to its end says so.
fn waiting(row: &Value) -> String {
    let more = if row["waiting_is_exact"] == true {
        ""
    } else {
        "+"
    };
    field(row, "waiting") + more
}

/// Sent today, of how many: counted where there is a daily cap.
fn today(row: &Value) -> String {
    match (&row["sent_today"], &row["daily_cap"]) {
        (_, Value::Null) => "-".to_owned(),
        (Value::Null, cap) => format!("0/{cap}"),
        (sent, cap) => format!("{sent}/{cap}"),
    }
}

/// What keeps it from sending, if anything.
fn state(row: &Value) -> String {
    let mut obstacles = Vec::new();
    if row["enabled"] == false {
        obstacles.push("disabled".to_owned());
    }
    if !row["paused_at"].is_null() {
        obstacles.push(format!("paused since {}", time(row, "paused_at")));
    }
    if row["tenant_paused"] == true {
        obstacles.push("its tenant is paused".to_owned());
    }
    if row["daemon"].is_null() && row["enabled"] == true {
        obstacles.push("no daemon sends for it".to_owned());
    }
    if row["breaker"] != "closed" {
        obstacles.push(format!(
            "down since {}, tried again at {}: {}",
            time(row, "breaker_opened_at"),
            time(row, "breaker_probe_at"),
            field(row, "breaker_reason")
        ));
    }
    if obstacles.is_empty() {
        return "works".to_owned();
    }
    obstacles.join("; ")
}

fn report(channel: &NewChannel, tenant_created: bool, seal_key: Option<&CredentialReference>) {
    let NewChannel {
        name,
        tenant,
        provider,
        base_url,
        instance,
        limits: Limits {
            rate_per_minute,
            delay,
            ..
        },
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
    if let Err(error) = credential::read(&channel.credential, seal_key, &|name| {
        std::env::var_os(name)
    }) {
        say(&format!(
            "warning: {error} (as seen by this command; the daemon may see it)"
        ));
    }
    say("next: the running daemon uses it at once; without one, start it with zapgres run");
}
