//! `pause` and `resume` of channels, tenants and sources.

use clap::{Args, Subcommand};

use super::{CommandSettings, say};
use crate::control::{self, Paused, Thing};
use crate::database;

/// What can be done with sources.
#[derive(Debug, Subcommand)]
pub enum SourceCommand {
    /// Let the notifications of an attached table wait; they expire as they would otherwise
    Pause(SourcePause),
    /// End its pause
    Resume(SourcePause),
}

/// Which source.
#[derive(Debug, Args)]
pub struct SourcePause {
    /// The attached table
    table: String,
    /// Only this event
    #[arg(long)]
    event: Option<String>,
    #[command(flatten)]
    settings: CommandSettings,
}

impl SourceCommand {
    /// Does it.
    pub async fn execute(self) -> anyhow::Result<()> {
        let (which, paused) = match self {
            Self::Pause(which) => (which, Paused::Begin),
            Self::Resume(which) => (which, Paused::End),
        };
        let name = format!("source {}", which.table);
        let thing = Thing::Source {
            relation: which.table,
            event: which.event,
        };
        execute(which.settings, &name, thing, paused).await
    }
}

/// Pauses or resumes `thing`, called `name`, and says so.
pub async fn execute(
    settings: CommandSettings,
    name: &str,
    thing: Thing,
    paused: Paused,
) -> anyhow::Result<()> {
    let client = database::connect_command(&settings.load()?).await?;
    let changed = control::set_pause(&client, &thing, paused).await?;
    say(&match (paused, changed) {
        (Paused::Begin, true) => format!("{name} is paused: its notifications wait"),
        (Paused::Begin, false) => format!("{name} was paused already"),
        (Paused::End, true) => format!("{name} goes on"),
        (Paused::End, false) => format!("{name} was not paused"),
    });
    Ok(())
}
