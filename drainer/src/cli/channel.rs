//! `zapgres channel`.

mod add;
mod connect;
mod opened;
mod remove;
mod test;
mod webhook;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::CommandSettings;
use super::pause;
use super::queue::LookCommand;
use super::table::{self, Column, field, time};
use crate::control::{self, Paused, Thing};
use crate::database;

pub use opened::ProviderSettings;

/// What can be done with channels.
#[derive(Debug, Subcommand)]
pub enum ChannelCommand {
    Add(Box<add::AddCommand>),
    /// Every channel: who sends for it, whether it works, what waits since when
    List(LookCommand),
    Test(test::TestCommand),
    Connect(connect::ConnectCommand),
    /// Let a channel's notifications wait; they expire as they would otherwise
    Pause(ChannelPause),
    /// End a channel's pause
    Resume(ChannelPause),
    Remove(remove::RemoveCommand),
    Webhook(webhook::WebhookCommand),
}

/// Which channel.
#[derive(Debug, Args)]
pub struct ChannelPause {
    /// Its name
    name: String,
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
            Self::Test(test) => test.execute().await,
            Self::Connect(connect) => connect.execute().await,
            Self::Remove(remove) => remove.execute().await,
            Self::Webhook(webhook) => webhook.execute().await,
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

async fn list(command: LookCommand) -> anyhow::Result<()> {
    let client = database::connect_command(&command.settings.load()?).await?;
    let rows = control::channels(&client).await?;
    if command.json {
        table::print_json(&Value::Array(rows));
        return Ok(());
    }
    let columns: [Column<'_>; 10] = [
        ("channel", &|row| field(row, "channel")),
        ("tenant", &|row| field(row, "tenant_id")),
        ("purpose", &|row| field(row, "purpose")),
        ("provider", &|row| field(row, "provider")),
        ("daemon", &|row| field(row, "daemon")),
        ("connection", &connection),
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

/// Whether the number is connected, and how long the provider took to say so.
fn connection(row: &Value) -> String {
    match (&row["connection"], &row["latency_ms"]) {
        (Value::String(state), Value::Number(latency)) => format!("{state}, {latency} ms"),
        (Value::String(state), _) => state.clone(),
        _ => "-".to_owned(),
    }
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
    if row["tenant_enabled"] == false {
        obstacles.push("its tenant is disabled".to_owned());
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
    if let Value::String(error) = &row["health_error"]
        && row["health_error"] != row["breaker_reason"]
    {
        obstacles.push(format!("the provider cannot be asked: {error}"));
    }
    if obstacles.is_empty() {
        return "works".to_owned();
    }
    obstacles.join("; ")
}
