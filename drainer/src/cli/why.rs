//! `zapgres why`.

use clap::Args;
use serde_json::Value;

use super::table::{self, field};
use super::{CommandSettings, say};
use crate::{control, database};

/// Exit code of `--exit-code` when something is in the way.
const OBSTACLE: i32 = 3;
/// Variables that may say in which language to answer, the most particular first.
const LOCALE_VARIABLES: [&str; 4] = ["ZAPGRES_LOCALE", "LC_ALL", "LC_MESSAGES", "LANG"];
/// Language of the answers unless somebody wants English.
const PORTUGUESE: &str = "pt-BR";

/// Why an order did or did not ring: each decision, when, and what to do about the obstacle
#[derive(Debug, Args)]
pub struct WhyCommand {
    /// The order's id, as in its table; several key columns: a JSON array
    order: String,
    /// Only what this attached table has captured
    #[arg(long, value_name = "TABLE")]
    source: Option<String>,
    /// Language of the answer: pt-BR or en [default: what the environment says, else pt-BR]
    #[arg(long)]
    locale: Option<String>,
    /// Show numbers in full
    #[arg(long)]
    full: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Exit with 3 when something is in the way [default: 0 whenever there is an answer]
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    settings: CommandSettings,
}

impl WhyCommand {
    /// Prints the answer.
    pub async fn execute(self) -> anyhow::Result<()> {
        let locale = locale(self.locale, |name| std::env::var(name).ok());
        let client = database::connect_command(&self.settings.load()?).await?;
        let source = self.source.as_deref();
        let steps = control::why(&client, &self.order, source, &locale, self.full).await?;
        let has_obstacle = steps.iter().any(|step| !step["remedy"].is_null());
        if self.json {
            table::print_json(&Value::Array(steps));
        } else {
            let is_portuguese = is_portuguese(&locale);
            for line in render(&self.order, &steps, is_portuguese) {
                say(&line);
            }
        }
        if self.exit_code && has_obstacle {
            std::process::exit(OBSTACLE);
        }
        Ok(())
    }
}

/// What was asked for, or what the environment says; a locale without a language (`C`) says nothing.
fn locale(asked: Option<String>, variable: impl Fn(&str) -> Option<String>) -> String {
    let from_environment = || {
        let values = LOCALE_VARIABLES.iter().filter_map(|name| variable(name));
        values
            .map(|value| value.replace('_', "-"))
            .find(|value| value.starts_with("en") || is_portuguese(value))
    };
    asked
        .or_else(from_environment)
        .unwrap_or_else(|| PORTUGUESE.to_owned())
}

fn is_portuguese(locale: &str) -> bool {
    locale.to_ascii_lowercase().starts_with("pt")
}

fn render(order: &str, steps: &[Value], is_portuguese: bool) -> Vec<String> {
    let word = |portuguese, english| if is_portuguese { portuguese } else { english };
    let mut lines = vec![format!("{} {order}", word("Pedido", "Order"))];
    let mut notification = None;
    for step in steps {
        if !step["notification_id"].is_null() && notification != Some(&step["notification_id"]) {
            notification = Some(&step["notification_id"]);
            lines.push(format!(
                "{}, {} ({} {})",
                field(step, "event"),
                audience(&field(step, "audience"), is_portuguese),
                word("notificação", "notification"),
                step["notification_id"]
            ));
        }
        let at = field(step, "local_at");
        lines.push(format!("  {} {at}  {}", marker(step), one_line(step)));
    }
    let mut remedies: Vec<&Value> = Vec::new();
    for step in steps {
        let remedy = &step["remedy"];
        // One obstacle can keep several messages back.
        if !remedy.is_null() && !remedies.contains(&remedy) {
            remedies.push(remedy);
        }
    }
    if !remedies.is_empty() {
        lines.push(String::new());
        lines.push(word("O que fazer:", "What to do:").to_owned());
    }
    for remedy in remedies {
        let text = remedy.as_str().unwrap_or_default();
        lines.extend(text.lines().map(|line| format!("  {line}")));
    }
    lines
}

/// An audience as people call it; one of their own has its own name.
fn audience(name: &str, is_portuguese: bool) -> &str {
    match (name, is_portuguese) {
        ("customer", true) => "cliente",
        ("shop", true) => "loja",
        ("courier", true) => "entregador",
        _ => name,
    }
}

fn marker(step: &Value) -> char {
    match (step["remedy"].is_null(), step["level"].as_str()) {
        (false, _) => '✘',
        (true, Some("success")) => '✔',
        (true, Some("retry")) => '↻',
        (true, Some("error")) => '!',
        _ => '·',
    }
}

/// What follows a line break could pass for another step.
fn one_line(step: &Value) -> String {
    let text = field(step, "text");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn from(asked: Option<&str>, environment: &[(&str, &str)]) -> String {
        locale(asked.map(str::to_owned), |name| {
            let found = environment.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn it_answers_in_portuguese_unless_somebody_wants_english() {
        assert_eq!(from(None, &[]), "pt-BR");
        assert_eq!(from(None, &[("LANG", "C.UTF-8")]), "pt-BR");
        assert_eq!(from(None, &[("LANG", "en_US.UTF-8")]), "en-US.UTF-8");
        let both = [("LANG", "en_US.UTF-8"), ("ZAPGRES_LOCALE", "pt-BR")];
        assert_eq!(from(None, &both), "pt-BR");
        assert_eq!(from(Some("en"), &both), "en");
    }

    #[test]
    fn the_remedy_stands_at_the_end() {
        let steps = [
            json!({"notification_id": 7, "event": "order_received", "audience": "customer", "local_at": "28/11 12:00:00",
                "level": "info", "text": "capturado", "remedy": null}),
            json!({"notification_id": 7, "event": "order_received", "audience": "customer", "local_at": "28/11 12:00:01",
                "level": "error", "text": "sem\ntelefone", "remedy": "zapgres queue retry 7"}),
        ];
        assert_eq!(
            render("123", &steps, true),
            [
                "Pedido 123",
                "order_received, cliente (notificação 7)",
                "  · 28/11 12:00:00  capturado",
                "  ✘ 28/11 12:00:01  sem telefone",
                "",
                "O que fazer:",
                "  zapgres queue retry 7",
            ]
        );
    }

    #[test]
    fn what_mends_two_messages_is_said_once() {
        let held = |notification: i64| {
            json!({"notification_id": notification, "event": "order_received", "audience": "shop", "local_at": "28/11 12:00:00",
                "level": "error", "text": "pausado", "remedy": "zapgres channel resume loja"})
        };
        let lines = render("123", &[held(7), held(8)], true);
        let resumes = |line: &&String| line.contains("resume");
        assert_eq!(lines.iter().filter(resumes).count(), 1, "{lines:?}");
    }

    #[test]
    fn what_went_well_needs_nothing() {
        let steps = [
            json!({"notification_id": null, "local_at": "28/11 12:00:00", "level": "success", "text": "lida", "remedy": null}),
        ];
        assert_eq!(
            render("1", &steps, false),
            ["Order 1", "  ✔ 28/11 12:00:00  lida"]
        );
    }
}
