//! `zapgres queue`.

mod change;
mod filter;
mod list;
mod show;

use clap::{Args, Subcommand};
use serde_json::Value;

use super::CommandSettings;
use super::table::{self, Column, field, time};
use crate::control::Action;
use crate::{control, database};

/// What can be done with the queue.
#[derive(Debug, Subcommand)]
pub enum QueueCommand {
    /// How the queue stands, without reading all of it
    Overview(LookCommand),
    List(Box<list::ListCommand>),
    Show(show::ShowCommand),
    /// What was given up, by cause
    Failed(LookCommand),
    /// Withdraw notifications that wait
    Cancel(Box<change::ChangeCommand>),
    Retry(Box<change::RetryCommand>),
    /// Send once more, as new notifications that point to the old ones, what was sent; by id or `--status` also what ended otherwise
    Resend(Box<change::ChangeCommand>),
}

/// Something to look at.
#[derive(Debug, Args)]
pub struct LookCommand {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub settings: CommandSettings,
}

impl QueueCommand {
    /// Does it.
    pub async fn execute(self) -> anyhow::Result<()> {
        match self {
            Self::Overview(command) => overview(command).await,
            Self::List(command) => command.execute().await,
            Self::Show(command) => command.execute().await,
            Self::Failed(command) => failed(command).await,
            Self::Cancel(command) => command.execute(Action::Cancel).await,
            Self::Retry(command) => command.execute().await,
            Self::Resend(command) => command.execute(Action::Resend).await,
        }
    }
}

async fn overview(command: LookCommand) -> anyhow::Result<()> {
    let client = database::connect_command(&command.settings.load()?).await?;
    let rows = control::overview(&client).await?;
    if command.json {
        table::print_json(&Value::Array(rows));
        return Ok(());
    }
    let columns: [Column<'_>; 4] = [
        ("what", &|row| field(row, "measure")),
        ("count", &count),
        ("oldest", &|row| time(row, "oldest")),
        ("meaning", &|row| meaning(&field(row, "measure")).to_owned()),
    ];
    table::print(&rows, &columns, "nothing");
    Ok(())
}

/// A count that was not taken to its end is said to be about that.
fn count(row: &Value) -> String {
    let count = field(row, "count");
    if row["is_exact"] == true {
        count
    } else {
        format!("~{count}")
    }
}

fn meaning(measure: &str) -> &'static str {
    match measure {
        "captured" => "not looked at yet, or looked at again later: their orders are not complete",
        "waiting" => "for their turn in a channel, with those that are retrying or uncertain",
        "processing" => "in flight: the provider has not answered yet",
        "retrying" => "an attempt failed; they wait for the next one",
        "uncertain" => "an attempt was left without an answer: they may have arrived",
        "failed" => "given up: zapgres queue failed",
        "missed" => "could not be put into the queue; the daemon does that",
        "all rows" => "with the history",
        _ => "",
    }
}

async fn failed(command: LookCommand) -> anyhow::Result<()> {
    let client = database::connect_command(&command.settings.load()?).await?;
    let rows = control::dead_letters(&client).await?;
    if command.json {
        table::print_json(&Value::Array(rows));
        return Ok(());
    }
    let columns: [Column<'_>; 8] = [
        ("count", &|row| field(row, "count")),
        ("tenant", &|row| field(row, "tenant_id")),
        ("channel", &|row| field(row, "channel")),
        ("class", &|row| field(row, "error_class")),
        ("first", &|row| time(row, "first_failed_at")),
        ("last", &|row| time(row, "last_failed_at")),
        ("example", &|row| field(row, "example_id")),
        ("error", &|row| field(row, "error")),
    ];
    table::print(&rows, &columns, "nothing was given up");
    Ok(())
}
