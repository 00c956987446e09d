//! `zapgres queue list`.

use clap::Args;
use serde_json::Value;
use zapgres_core::phone::mask;

use super::filter::FilterFlags;
use crate::cli::CommandSettings;
use crate::cli::table::{self, Column, field, time};
use crate::{control, database};

/// The latest notifications, numbers masked
#[derive(Debug, Args)]
pub struct ListCommand {
    #[command(flatten)]
    filter: FilterFlags,
    /// So many of them, at most
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=100_000))]
    limit: i64,
    /// Show numbers in full
    #[arg(long)]
    full: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: CommandSettings,
}

impl ListCommand {
    /// Prints them.
    pub async fn execute(self) -> anyhow::Result<()> {
        let client = database::connect_command(&self.settings.load()?).await?;
        let filter = self.filter.into_filter();
        let mut rows = control::list(&client, &filter, self.limit).await?;
        if !self.full {
            rows.iter_mut().for_each(hide_number);
        }
        if self.json {
            table::print_json(&Value::Array(rows));
            return Ok(());
        }
        let columns: [Column<'_>; 11] = [
            ("id", &|row| field(row, "id")),
            ("status", &|row| field(row, "status")),
            ("reason", &|row| field(row, "reason")),
            ("tenant", &|row| field(row, "tenant_id")),
            ("channel", &|row| field(row, "channel")),
            ("event", &|row| field(row, "event")),
            ("subject", &|row| field(row, "subject")),
            ("to", &|row| field(row, "recipient")),
            ("attempts", &|row| field(row, "attempts")),
            ("captured", &|row| time(row, "created_at")),
            ("error", &|row| field(row, "last_error")),
        ];
        table::print(&rows, &columns, "no notification matches");
        Ok(())
    }
}

fn hide_number(row: &mut Value) {
    if let Some(Value::String(recipient)) = row.get_mut("recipient") {
        *recipient = mask(recipient);
    }
}
