//! `zapgres tenant`.

use anyhow::anyhow;
use clap::{Args, Subcommand};
use serde_json::Value;
use zapgres_core::phone;

use super::queue::LookCommand;
use super::table::{self, Column, field, time};
use super::{CommandSettings, pause, say};
use crate::channel::parse_name;
use crate::control::{self, Paused, TenantChange, Thing};
use crate::database;

/// What can be done with tenants.
#[derive(Debug, Subcommand)]
pub enum TenantCommand {
    /// Every company: whether it sends, its caps and what was counted, its mode
    List(LookCommand),
    /// Everything that is entered of a company
    Show(ShowCommand),
    /// Add a company, or change what is entered of it
    Set(Box<SetCommand>),
    /// Let a company send; what waited while it was disabled goes on
    Enable(Which),
    /// Skip a company's new notifications; what is ready waits
    Disable(Which),
    /// Let a company's notifications wait; they expire as they would otherwise
    Pause(Which),
    /// End its pause
    Resume(Which),
}

/// Which tenant.
#[derive(Debug, Args)]
pub struct Which {
    /// The company's id in your tables
    id: String,
    #[command(flatten)]
    settings: CommandSettings,
}

/// Which tenant to show, and how.
#[derive(Debug, Args)]
pub struct ShowCommand {
    /// The company's id in your tables
    id: String,
    #[command(flatten)]
    look: LookCommand,
}

/// What to enter of a company; an empty text, 0 or {} takes a value away.
#[derive(Debug, Args)]
pub struct SetCommand {
    /// The company's id in your tables
    #[arg(value_parser = parse_name)]
    id: String,
    /// Name shown in messages
    #[arg(long)]
    name: Option<String>,
    #[arg(long, help = "IANA name, such as America/Sao_Paulo")]
    timezone: Option<String>,
    /// Language of its texts, such as pt-BR
    #[arg(long)]
    locale: Option<String>,
    /// Area code (DDD) of numbers that are stored without one
    #[arg(long, value_name = "DDD")]
    area_code: Option<String>,
    /// Its own number
    #[arg(long)]
    phone: Option<String>,
    /// Messages per day, at most; 0: no limit
    #[arg(long, value_name = "N")]
    daily_cap: Option<i32>,
    /// Messages per calendar month, at most; 0: no limit
    #[arg(long, value_name = "N")]
    monthly_cap: Option<i32>,
    #[arg(
        long,
        value_name = "JSON",
        value_parser = parse_json,
        help = "When it is open, such as {\"mon\": [\"11:00-14:30\", \"18:00-00:30\"], \"closed_on\": [\"2026-12-25\"]}; {}: always"
    )]
    opening_hours: Option<Value>,
    #[command(flatten)]
    settings: CommandSettings,
}

impl TenantCommand {
    /// Does it.
    pub async fn execute(self) -> anyhow::Result<()> {
        match self {
            Self::List(look) => list(look).await,
            Self::Show(show) => show.execute().await,
            Self::Set(set) => set.execute().await,
            Self::Enable(which) => which.enable(true).await,
            Self::Disable(which) => which.enable(false).await,
            Self::Pause(which) => which.pause(Paused::Begin).await,
            Self::Resume(which) => which.pause(Paused::End).await,
        }
    }
}

impl Which {
    async fn pause(self, paused: Paused) -> anyhow::Result<()> {
        let Self { id, settings } = self;
        let called = format!("tenant {id}");
        pause::execute(settings, &called, Thing::Tenant(id), paused).await
    }

    async fn enable(self, enabled: bool) -> anyhow::Result<()> {
        let Self { id, settings } = self;
        let client = database::connect_command(&settings.load()?).await?;
        let changed = control::set_tenant_enabled(&client, &id, enabled).await?;
        say(&match (enabled, changed) {
            (true, true) => format!("tenant {id} is enabled: what waited goes on"),
            (true, false) => format!("tenant {id} was enabled already"),
            (false, true) => {
                format!("tenant {id} is disabled: new notifications are skipped, ready ones wait")
            }
            (false, false) => format!("tenant {id} was disabled already"),
        });
        Ok(())
    }
}

impl SetCommand {
    async fn execute(self) -> anyhow::Result<()> {
        let phone = self
            .phone
            .map(|given| normalized(&given, self.area_code.as_deref()))
            .transpose()?;
        let change = TenantChange {
            name: self.name,
            timezone: self.timezone,
            locale: self.locale,
            default_area_code: self.area_code,
            phone,
            daily_cap: self.daily_cap,
            monthly_cap: self.monthly_cap,
            opening_hours: self.opening_hours,
        };
        let client = database::connect_command(&self.settings.load()?).await?;
        let id = self.id;
        say(&if control::save_tenant(&client, &id, &change).await? {
            format!(
                "tenant {id} is added; give it a channel with zapgres channel add … --tenant {id}"
            )
        } else {
            format!("tenant {id} is changed")
        });
        Ok(())
    }
}

impl ShowCommand {
    async fn execute(self) -> anyhow::Result<()> {
        let client = database::connect_command(&self.look.settings.load()?).await?;
        let found = control::tenants(&client, Some(&self.id)).await?;
        let Some(tenant) = found.into_iter().next() else {
            let id = self.id;
            return Err(anyhow!(
                "there is no tenant {id} (tenants: zapgres tenant list)"
            ));
        };
        if self.look.json {
            table::print_json(&tenant);
            return Ok(());
        }
        for (name, _) in tenant.as_object().into_iter().flatten() {
            say(&format!(
                "{:18} {}",
                name.replace('_', " "),
                field(&tenant, name)
            ));
        }
        Ok(())
    }
}

async fn list(command: LookCommand) -> anyhow::Result<()> {
    let client = database::connect_command(&command.settings.load()?).await?;
    let rows = control::tenants(&client, None).await?;
    if command.json {
        table::print_json(&Value::Array(rows));
        return Ok(());
    }
    let columns: [Column<'_>; 8] = [
        ("tenant", &|row| field(row, "id")),
        ("name", &|row| field(row, "name")),
        ("state", &state),
        ("channels", &|row| field(row, "channels")),
        ("timezone", &|row| field(row, "timezone")),
        ("today", &|row| counted(row, "today", "daily_cap")),
        ("this month", &|row| {
            counted(row, "this_month", "monthly_cap")
        }),
        ("open", &open),
    ];
    table::print(
        &rows,
        &columns,
        "no tenant yet; one is added with its first order, or with zapgres tenant set",
    );
    Ok(())
}

/// What keeps it from sending, if anything.
fn state(row: &Value) -> String {
    if row["enabled"] == false {
        return "disabled".to_owned();
    }
    if !row["paused_at"].is_null() {
        return format!("paused since {}", time(row, "paused_at"));
    }
    match field(row, "mode").as_str() {
        "live" => "sends".to_owned(),
        mode => format!("mode {mode}"),
    }
}

/// Counted where there is a cap.
fn counted(row: &Value, count: &str, cap: &str) -> String {
    if row[cap].is_null() {
        return "-".to_owned();
    }
    format!("{}/{}", field(row, count), field(row, cap))
}

fn open(row: &Value) -> String {
    if row["opening_hours"].is_null() {
        "always".to_owned()
    } else {
        field(row, "opening_hours")
    }
}

/// As people type it; what is not a number is refused by whoever saves it.
fn normalized(given: &str, area_code: Option<&str>) -> anyhow::Result<String> {
    if given.is_empty() {
        return Ok(String::new());
    }
    let number = phone::normalize(given, area_code.filter(|code| !code.is_empty()));
    let number = number.map_err(|error| anyhow!("--phone: {error}"))?;
    Ok(number.as_e164().to_owned())
}

fn parse_json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("not JSON ({error})"))
}
