//! `zapgres template`.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use clap::{Args, Subcommand};
use serde_json::Value;
use zapgres_core::template::builtin;

use super::queue::LookCommand;
use super::table::{self, Column, field, time};
use super::{CommandSettings, say};
use crate::control::{self, TextOf};
use crate::database;

/// What can be done with texts.
#[derive(Debug, Subcommand)]
pub enum TemplateCommand {
    /// The texts in use; every other event has a built-in one
    List(LookCommand),
    /// The text that is sent now, to be changed and saved
    Show(Which),
    /// Save a text as a new version, once it has been tried with an order
    Save(SaveCommand),
    /// Put a version into use, or with --builtin none of them
    Activate(ActivateCommand),
    /// All versions of a text
    History(Which),
    /// Try a text with the newest order, or an invented one
    Check(CheckCommand),
}

/// Which text.
#[derive(Debug, Args)]
pub struct Which {
    /// The event, such as `order_received`
    #[arg(long)]
    event: String,
    /// The company [default: every one without its own text]
    #[arg(long, value_name = "ID")]
    tenant: Option<String>,
    /// Who reads it
    #[arg(long, default_value = "customer")]
    audience: String,
    /// Its language
    #[arg(long, default_value = "pt-BR")]
    locale: String,
    #[command(flatten)]
    settings: CommandSettings,
}

/// A text to save.
#[derive(Debug, Args)]
pub struct SaveCommand {
    /// File with the text; - reads standard input
    file: PathBuf,
    /// Keep it for later: what is in use stays so
    #[arg(long)]
    inactive: bool,
    #[command(flatten)]
    which: Which,
}

/// A version to use.
#[derive(Debug, Args)]
pub struct ActivateCommand {
    /// The version, as `zapgres template history` shows it
    #[arg(required_unless_present = "builtin")]
    version: Option<i32>,
    /// Go back to the text of every company, or the built-in one
    #[arg(long, conflicts_with = "version")]
    builtin: bool,
    #[command(flatten)]
    which: Which,
}

/// A text to try.
#[derive(Debug, Args)]
pub struct CheckCommand {
    /// File with the text; - reads standard input
    file: PathBuf,
    /// The event whose newest order it is tried with
    #[arg(long, default_value = "order_received")]
    event: String,
    #[command(flatten)]
    settings: CommandSettings,
}

impl TemplateCommand {
    /// Does it.
    pub async fn execute(self) -> anyhow::Result<()> {
        match self {
            Self::List(command) => list(command).await,
            Self::Show(which) => which.show().await,
            Self::Save(command) => command.execute().await,
            Self::Activate(command) => command.execute().await,
            Self::History(which) => which.history().await,
            Self::Check(command) => command.execute().await,
        }
    }
}

impl Which {
    async fn open(self) -> anyhow::Result<(tokio_postgres::Client, TextOf)> {
        let client = database::connect_command(&self.settings.load()?).await?;
        let of = TextOf {
            event: self.event,
            tenant: self.tenant,
            audience: self.audience,
            locale: self.locale,
        };
        Ok((client, of))
    }

    async fn show(self) -> anyhow::Result<()> {
        let (client, of) = self.open().await?;
        let mut versions = control::history(&client, &of).await?;
        if of.tenant.is_some() {
            let general = TextOf {
                tenant: None,
                ..of.clone()
            };
            versions.extend(control::history(&client, &general).await?);
        }
        let used = versions.iter().find(|row| row["active"] == true);
        let text = match used {
            Some(row) => field(row, "body"),
            None => match builtin(&of.event, &of.audience, &of.locale) {
                Some(text) => text.to_owned(),
                None => anyhow::bail!(
                    "there is no text of {} for audience {} (save one: zapgres template save FILE --event {} --audience {})",
                    of.event,
                    of.audience,
                    of.event,
                    of.audience
                ),
            },
        };
        say(text.trim_end_matches('\n'));
        Ok(())
    }

    async fn history(self) -> anyhow::Result<()> {
        let (client, of) = self.open().await?;
        let rows = control::history(&client, &of).await?;
        let columns: [Column<'_>; 4] = [
            ("version", &|row| field(row, "version")),
            ("in use", &in_use),
            ("saved", &|row| time(row, "created_at")),
            ("text", &|row| field(row, "body")),
        ];
        table::print(
            &rows,
            &columns,
            "no version saved: the built-in text is sent",
        );
        Ok(())
    }
}

impl SaveCommand {
    async fn execute(self) -> anyhow::Result<()> {
        let body = read(&self.file)?;
        let (client, of) = self.which.open().await?;
        let saved = control::save_text(&client, &of, &body, !self.inactive).await?;
        let use_of_it = if self.inactive {
            "not in use yet"
        } else {
            "in use"
        };
        say(&format!(
            "version {} of {} saved, {use_of_it}",
            saved.version, of.event
        ));
        if let Some(unchecked) = saved.unchecked {
            say(&warning(&of.event, &unchecked));
        }
        say_if_misspelt(&of.event);
        if let Some(spoken) = saved.spoken {
            let locale = &of.locale;
            say(&format!(
                "nobody reads it yet: it is in {locale}, and its readers' language is {spoken} (save it with --locale)"
            ));
        }
        Ok(())
    }
}

impl ActivateCommand {
    async fn execute(self) -> anyhow::Result<()> {
        let (client, of) = self.which.open().await?;
        let changed = control::activate_text(&client, &of, self.version).await?;
        let what = self.version.map_or_else(
            || "no version".to_owned(),
            |version| format!("version {version}"),
        );
        let state = if changed { "now" } else { "already" };
        say(&format!("{what} of {} is {state} in use", of.event));
        Ok(())
    }
}

impl CheckCommand {
    async fn execute(self) -> anyhow::Result<()> {
        let body = read(&self.file)?;
        let client = database::connect_command(&self.settings.load()?).await?;
        let tried = control::try_text(&client, &self.event, &body).await?;
        if let Some(problem) = tried.problem {
            bail!("{problem}");
        }
        say("good");
        if let Some(unchecked) = tried.unchecked {
            say(&warning(&self.event, &unchecked));
        }
        say_if_misspelt(&self.event);
        Ok(())
    }
}

/// Any name can be an event's, so it is no error.
fn say_if_misspelt(event: &str) {
    if let Some(meant) = zapgres_core::template::misspelt(event) {
        say(&format!(
            "the event is {event}; did you mean {meant}? then save it again with --event {meant}"
        ));
    }
}

/// What trying a text could not tell.
fn warning(event: &str, unchecked: &str) -> String {
    format!(
        "names could not be checked, since no {event} has come yet: {unchecked} (when one has: zapgres preview ORDER --event {event})"
    )
}

async fn list(command: LookCommand) -> anyhow::Result<()> {
    let client = database::connect_command(&command.settings.load()?).await?;
    let rows = control::texts(&client).await?;
    if command.json {
        table::print_json(&Value::Array(rows));
        return Ok(());
    }
    let columns: [Column<'_>; 6] = [
        ("tenant", &|row| field(row, "tenant_id")),
        ("event", &|row| field(row, "event")),
        ("audience", &|row| field(row, "audience")),
        ("locale", &|row| field(row, "locale")),
        ("version", &|row| field(row, "version")),
        ("saved", &|row| time(row, "created_at")),
    ];
    table::print(&rows, &columns, "no text saved: the built-in ones are sent");
    Ok(())
}

fn in_use(row: &Value) -> String {
    if row["active"] == true { "yes" } else { "" }.to_owned()
}

/// The text of a file without the line break that editors end it with.
pub fn read(file: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text)?;
    } else {
        text = std::fs::read_to_string(file)
            .map_err(|error| anyhow!("{} cannot be read: {error}", file.display()))?;
    }
    Ok(text.trim_end_matches('\n').to_owned())
}
