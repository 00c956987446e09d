//! `zapgres queue show`.

use clap::Args;
use serde_json::Value;
use zapgres_core::phone::mask;

use crate::cli::table::{self, Column, field, time};
use crate::cli::{CommandSettings, say};
use crate::{control, database};

/// Fields that may hold a number.
const PERSONAL: [&str; 4] = ["recipient", "body", "payload", "metadata"];
/// Fields that a person asks for first.
const FIRST: [&str; 12] = [
    "id",
    "status",
    "reason",
    "event",
    "subject",
    "tenant_id",
    "channel",
    "source",
    "recipient",
    "attempts",
    "error_class",
    "last_error",
];

/// One notification and its log, numbers masked
#[derive(Debug, Args)]
pub struct ShowCommand {
    /// Its id
    id: i64,
    /// Show numbers in full
    #[arg(long)]
    full: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: CommandSettings,
}

impl ShowCommand {
    /// Prints it.
    pub async fn execute(self) -> anyhow::Result<()> {
        let client = database::connect_command(&self.settings.load()?).await?;
        let mut row = control::show(&client, self.id).await?;
        if !self.full {
            hide_numbers(&mut row);
        }
        if self.json {
            table::print_json(&row);
            return Ok(());
        }
        print(&row);
        Ok(())
    }
}

fn hide_numbers(row: &mut Value) {
    for name in PERSONAL {
        if let Some(value) = row.get_mut(name) {
            hide_in(value);
        }
    }
}

fn hide_in(value: &mut Value) {
    match value {
        Value::String(text) => *text = mask(text),
        Value::Array(values) => values.iter_mut().for_each(hide_in),
        Value::Object(fields) => fields.values_mut().for_each(hide_in),
        _ => {}
    }
}

fn print(row: &Value) {
    let Value::Object(fields) = row else { return };
    let others = fields
        .keys()
        .map(String::as_str)
        .filter(|name| !FIRST.contains(name) && *name != "log");
    for name in FIRST.into_iter().chain(others) {
        if !row[name].is_null() {
            say(&format!("{name:20} {}", fact(row, name)));
        }
    }
    say("");
    let log = row["log"].as_array().map_or(&[][..], Vec::as_slice);
    let columns: [Column<'_>; 7] = [
        ("logged", &|row| time(row, "logged_at")),
        ("level", &|row| field(row, "level")),
        ("event", &|row| field(row, "event")),
        ("attempt", &|row| field(row, "attempt")),
        ("ms", &|row| field(row, "duration_ms")),
        ("class", &|row| field(row, "error_class")),
        ("detail", &|row| field(row, "detail")),
    ];
    table::print(log, &columns, "nothing logged");
}

fn fact(row: &Value, name: &str) -> String {
    let text = field(row, name);
    match name {
        "status" => format!("{text}: {}", meaning(&text, row["resolved_at"].is_null())),
        _ if name.ends_with("_at") => time(row, name),
        // One line each: what follows a line break could pass for another fact.
        _ => text.replace('\n', "\\n").replace('\r', "\\r"),
    }
}

fn meaning(status: &str, is_unresolved: bool) -> &'static str {
    match status {
        "pending" if is_unresolved => "captured; its order is looked at when due",
        "pending" => "ready; waits for its first attempt",
        "processing" => "in flight; the provider has not answered yet",
        "sent" => "the provider has accepted it",
        "delivered" => "on the recipient's phone",
        "read" => "read",
        "retrying" => "an attempt failed; waits for the next one",
        "uncertain" => "an attempt was left without an answer; it may have arrived",
        "failed" => "given up; zapgres queue retry takes it up again",
        "canceled" => "withdrawn",
        "skipped" => "not to be sent, for the reason below",
        "expired" => "not sent in time",
        _ => "a status that this program does not know",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zapgres_core::status::Status;

    use super::*;

    #[test]
    fn numbers_are_hidden_wherever_they_may_be() {
        let mut row = json!({
            "recipient": "+5511987654321",
            "body": "Ligue para (11) 98765-4321",
            "payload": {"to": ["11987654321"]},
            "subject": "1234567890",
        });
        hide_numbers(&mut row);
        let text = row.to_string();
        assert!(!text.contains("98765"), "{text}");
        assert!(text.contains("1234567890"), "{text}");
    }

    #[test]
    fn every_status_is_explained() {
        for status in Status::ALL {
            assert!(
                !meaning(status.as_str(), false).contains("does not know"),
                "{status}"
            );
        }
    }
}
