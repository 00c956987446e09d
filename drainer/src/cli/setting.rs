//! `zapgres setting` and `zapgres mode`.

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::queue::LookCommand;
use super::table::{self, Column, field};
use super::{CommandSettings, say};
use crate::control::{self, ModePlace};
use crate::database;

/// What can be done with settings in the database.
#[derive(Debug, Subcommand)]
pub enum SettingCommand {
    /// Every setting: what holds for all and for tenants, its default, what it may be
    List(LookCommand),
    /// Change what holds for all, or for a tenant
    Set(SetSetting),
    /// Back to the default, or to what holds for all
    Reset(ResetSetting),
}

/// Which setting, and its value.
#[derive(Debug, Args)]
pub struct SetSetting {
    #[arg(help = "Its name, such as retention.queue_days")]
    key: String,
    /// The value: true, 30, shadow
    value: String,
    /// Only for this company
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    #[command(flatten)]
    settings: CommandSettings,
}

/// Which setting.
#[derive(Debug, Args)]
pub struct ResetSetting {
    #[arg(help = "Its name, such as retention.queue_days")]
    key: String,
    /// Only for this company
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    #[command(flatten)]
    settings: CommandSettings,
}

/// Show or set what is switched off or only rehearsed; the most restrictive mode that applies holds
#[derive(Debug, Args)]
pub struct ModeCommand {
    #[arg(
        value_parser = PossibleValuesParser::new(["off", "shadow", "live"]),
        help = "off: skipped; shadow: everything but the sending; live: no restriction [default: shows what holds]"
    )]
    mode: Option<String>,
    /// For this company
    #[arg(long, value_name = "ID", requires = "mode", conflicts_with = "source")]
    tenant: Option<String>,
    /// For this event
    #[arg(long, requires = "mode")]
    event: Option<String>,
    /// For this attached table
    #[arg(long, value_name = "TABLE", requires = "mode")]
    source: Option<String>,
    #[command(flatten)]
    look: LookCommand,
}

impl SettingCommand {
    /// Does it.
    pub async fn execute(self) -> anyhow::Result<()> {
        match self {
            Self::List(look) => list(look).await,
            Self::Set(set) => set.execute().await,
            Self::Reset(reset) => reset.execute().await,
        }
    }
}

impl SetSetting {
    async fn execute(self) -> anyhow::Result<()> {
        let client = database::connect_command(&self.settings.load()?).await?;
        let value = serde_json::from_str(&self.value).unwrap_or(Value::String(self.value));
        let tenant = self.tenant.as_deref();
        let changed = control::set_setting(&client, &self.key, &value, tenant).await?;
        let place = place(tenant);
        let was_so = if changed { "is" } else { "was already" };
        say(&format!("{}{place} {was_so} {value}", self.key));
        Ok(())
    }
}

impl ResetSetting {
    async fn execute(self) -> anyhow::Result<()> {
        let client = database::connect_command(&self.settings.load()?).await?;
        let tenant = self.tenant.as_deref();
        let changed = control::reset_setting(&client, &self.key, tenant).await?;
        let place = place(tenant);
        let done = if changed { "is reset" } else { "was not set" };
        say(&format!("{}{place} {done}", self.key));
        Ok(())
    }
}

impl ModeCommand {
    /// Does it.
    pub async fn execute(self) -> anyhow::Result<()> {
        let client = database::connect_command(&self.look.settings.load()?).await?;
        let event = self.event.clone();
        if let Some(mode) = self.mode {
            let place = ModePlace {
                tenant: self.tenant,
                event: self.event,
                source: self.source,
            };
            let changed = control::set_mode(&client, &mode, &place).await?;
            say(if changed {
                "changed"
            } else {
                "it was so already"
            });
        }
        let rows = control::modes(&client).await?;
        if self.look.json {
            table::print_json(&Value::Array(rows));
            return Ok(());
        }
        if let Some(event) = event.filter(|event| rows.iter().all(|row| row["event"] != **event)) {
            say(&format!("note: no attached table announces {event}"));
        }
        let columns: [Column<'_>; 5] = [
            ("table", &|row| field(row, "relation")),
            ("event", &|row| field(row, "event")),
            ("tenant", &|row| any(row, "tenant_id")),
            ("mode", &|row| field(row, "mode")),
            ("because of", &|row| field(row, "set_by")),
        ];
        table::print(&rows, &columns, "no table is attached");
        Ok(())
    }
}

async fn list(command: LookCommand) -> anyhow::Result<()> {
    let client = database::connect_command(&command.settings.load()?).await?;
    let (usable, invalid) = control::settings(&client).await?;
    if command.json {
        table::print_json(&json!({"settings": usable, "invalid": invalid}));
        return Ok(());
    }
    let columns: [Column<'_>; 6] = [
        ("setting", &|row| field(row, "key")),
        ("tenant", &|row| any(row, "tenant_id")),
        ("value", &|row| field(row, "value")),
        ("default", &|row| field(row, "default_value")),
        ("may be", &|row| field(row, "allowed")),
        ("meaning", &|row| field(row, "meaning")),
    ];
    table::print(&usable, &columns, "no settings");
    for row in invalid {
        let place = place(row["tenant_id"].as_str());
        let (key, problem) = (field(&row, "key"), field(&row, "problem"));
        say(&format!(
            "not used{place}: {problem}; zapgres setting reset {key} removes it"
        ));
    }
    Ok(())
}

fn any(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or("any").to_owned()
}

fn place(tenant: Option<&str>) -> String {
    tenant.map_or_else(String::new, |tenant| format!(" of tenant {tenant}"))
}
