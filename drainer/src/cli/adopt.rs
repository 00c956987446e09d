//! `zapgres adopt`.

use clap::Args;

use super::{CommandSettings, confirm, say};
use crate::{database, installation};

/// Let this database send, after it was restored from a dump or its server was copied
///
/// Make sure that the original no longer sends, or its customers get every waiting message twice. Orders made before the
/// adoption that are not in the queue stay unannounced.
#[derive(Debug, Args)]
pub struct AdoptCommand {
    /// Do not ask, even on a terminal
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    settings: CommandSettings,
}

impl AdoptCommand {
    /// Adopts the database.
    pub async fn execute(self) -> anyhow::Result<()> {
        let config = self.settings.load()?;
        let mut client = database::connect_command(&config).await?;
        if !self.yes && confirm::can_ask() && !is_confirmed(installation::pending(&client).await?) {
            anyhow::bail!("not adopted; run it again when this database is the one to send");
        }
        let adoption = installation::adopt(&mut client).await?;
        let pending = adoption.pending;
        say(&if adoption.already_ours {
            format!(
                "this database was this server's already; {pending} notifications wait to be sent"
            )
        } else {
            format!(
                "adopted: zapgres run will now send from here; {pending} notifications wait to be sent"
            )
        });
        Ok(())
    }
}

fn is_confirmed(pending: i64) -> bool {
    confirm::is_confirmed(&format!(
        "{pending} notifications will be sent from here. Go on?"
    ))
}
