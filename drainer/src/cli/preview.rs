//! `zapgres preview`.

use std::path::PathBuf;

use clap::Args;
use serde_json::Value;
use zapgres_core::phone::mask;

use super::table::{self, field};
use super::{CommandSettings, say, template};
use crate::control::{self, Preview};
use crate::database;

/// What would be sent about an order, to the letter; nothing is sent. Numbers masked
#[derive(Debug, Args)]
pub struct PreviewCommand {
    /// The order's id, as in its table; several key columns: a JSON array
    order: String,
    /// The event [default: that of the attached table]
    #[arg(long)]
    event: Option<String>,
    /// Only this audience [default: all that are told]
    #[arg(long)]
    audience: Option<String>,
    /// The attached table, where there are several
    #[arg(long, value_name = "TABLE")]
    source: Option<String>,
    /// As if it were this company's order
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// A text that is not saved; - reads standard input
    #[arg(long, value_name = "TEMPLATE")]
    file: Option<PathBuf>,
    /// Show numbers in full
    #[arg(long)]
    full: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: CommandSettings,
}

impl PreviewCommand {
    /// Prints it.
    pub async fn execute(self) -> anyhow::Result<()> {
        let body = self.file.as_deref().map(template::read).transpose()?;
        let what = Preview {
            subject: self.order,
            event: self.event,
            audience: self.audience,
            source: self.source,
            body,
            tenant: self.tenant,
        };
        let client = database::connect_command(&self.settings.load()?).await?;
        let mut rows = control::preview(&client, &what).await?;
        if !self.full {
            rows.iter_mut().for_each(hide_numbers);
        }
        if self.json {
            table::print_json(&Value::Array(rows));
            return Ok(());
        }
        rows.iter().flat_map(lines).for_each(|line| say(&line));
        Ok(())
    }
}

/// In every text: names and notes may hold numbers, too.
fn hide_numbers(value: &mut Value) {
    match value {
        // A number ends with its line, whatever the next one begins with.
        Value::String(text) => {
            *text = text.split('\n').map(mask).collect::<Vec<_>>().join("\n");
        }
        Value::Array(values) => values.iter_mut().for_each(hide_numbers),
        Value::Object(fields) => {
            for (name, value) in fields {
                // They hold no numbers of persons, and ids that look like them.
                if !matches!(
                    name.as_str(),
                    "tenant_id" | "template_version" | "event" | "note"
                ) {
                    hide_numbers(value);
                }
            }
        }
        _ => {}
    }
}

/// A line about the message, its text, and what would keep it.
fn lines(row: &Value) -> Vec<String> {
    let mut lines = vec![format!(
        "{} to {} {}, channel {}, tenant {}, text {}",
        field(row, "event"),
        field(row, "audience"),
        field(row, "recipient"),
        field(row, "channel"),
        field(row, "tenant_id"),
        field(row, "template_version"),
    )];
    if row["code"].is_string() {
        let problem = row["problem"]
            .as_str()
            .map(|problem| format!(": {problem}"));
        let problem = problem.unwrap_or_default();
        lines.push(format!("not sent, {}{problem}", field(row, "code")));
    }
    if let Value::String(note) = &row["note"] {
        lines.push(note.clone());
    }
    if let Value::String(body) = &row["body"] {
        lines.push(String::new());
        lines.extend(body.lines().map(str::to_owned));
    }
    if !row["provider_template"].is_null() {
        lines.push(String::new());
        lines.push(format!("approved template: {}", row["provider_template"]));
    }
    lines.push(String::new());
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_message_is_shown_as_it_would_be_sent() {
        let mut row = json!({
            "event": "order_received", "audience": "shop", "tenant_id": "1", "recipient": "+5511987654321", "channel": "main",
            "template_version": "3:2", "body": "Pedido 1\n(11) 98765-4321", "provider_template": null, "code": "shadow", "problem": null,
            "note": "in Portuguese",
        });
        hide_numbers(&mut row);
        assert_eq!(
            lines(&row),
            [
                "order_received to shop +*********4321, channel main, tenant 1, text 3:2",
                "not sent, shadow",
                "in Portuguese",
                "",
                "Pedido 1",
                "(**) *****-4321",
                "",
            ]
        );
    }
}
