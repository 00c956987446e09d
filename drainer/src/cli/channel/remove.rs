//! `zapgres channel remove`.

use anyhow::bail;
use clap::Args;

use super::super::confirm::{can_ask, is_confirmed};
use super::super::{CommandSettings, say};
use crate::{channel, database};

/// Remove a channel; what waits for it goes to another channel of its tenant, or waits for one
#[derive(Debug, Args)]
pub struct RemoveCommand {
    /// Its name
    name: String,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    settings: CommandSettings,
}

impl RemoveCommand {
    /// Removes it, if somebody who is asked agrees.
    pub async fn execute(self) -> anyhow::Result<()> {
        let Self {
            name,
            yes,
            settings,
        } = self;
        let config = settings.load()?;
        if !yes {
            if !can_ask() {
                bail!("removing channel {name} cannot be undone: say --yes");
            }
            if !is_confirmed(&format!("Remove channel {name}?")) {
                bail!("channel {name} is kept");
            }
        }
        let mut client = database::connect_command(&config).await?;
        match channel::remove(&mut client, &name).await? {
            Some(removed) => say(&format!(
                "removed channel {name}; notifications that waited for it: {}",
                removed.waiting
            )),
            None => {
                bail!("there is no channel {name}; zapgres channel list names those there are")
            }
        }
        Ok(())
    }
}
