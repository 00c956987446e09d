//! `zapgres daemon`.

use clap::Subcommand;
use serde_json::Value;

use super::queue::LookCommand;
use super::table::{self, Column, field, time};
use crate::{control, database};

/// What can be done with daemons.
#[derive(Debug, Subcommand)]
pub enum DaemonCommand {
    /// The daemons at work on this database
    List(LookCommand),
}

impl DaemonCommand {
    /// Does it.
    pub async fn execute(self) -> anyhow::Result<()> {
        let Self::List(command) = self;
        let client = database::connect_command(&command.settings.load()?).await?;
        let rows = control::daemons(&client).await?;
        if command.json {
            table::print_json(&Value::Array(rows));
            return Ok(());
        }
        let columns: [Column<'_>; 6] = [
            ("name", &|row| field(row, "name")),
            ("version", &|row| field(row, "version")),
            ("started", &|row| time(row, "started_at")),
            ("channels", &|row| field(row, "channels")),
            ("lease until", &|row| time(row, "lease_until")),
            ("state", &state),
        ];
        table::print(
            &rows,
            &columns,
            "no daemon is at work; start one with zapgres run",
        );
        Ok(())
    }
}

fn state(row: &Value) -> String {
    if row["is_alive"] == true {
        "at work"
    } else {
        "gone: its lease has run out"
    }
    .to_owned()
}
