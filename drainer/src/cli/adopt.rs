//! `zapgres adopt`.

use std::io::{BufRead, IsTerminal, Write};

use clap::Args;

use super::{CommandSettings, say};
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
        let asks = !self.yes && std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        if asks && !confirmed(installation::pending(&client).await?) {
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

fn confirmed(pending: i64) -> bool {
    let question = format!("{pending} notifications will be sent from here. Go on? [y/N] ");
    let mut out = std::io::stdout();
    if write!(out, "{question}")
        .and_then(|()| out.flush())
        .is_err()
    {
        return false;
    }
    let mut answer = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .is_ok_and(|_| is_yes(&answer))
}

fn is_yes(answer: &str) -> bool {
    ["y", "yes", "s", "sim"].contains(&answer.trim().to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::is_yes;

    #[test]
    fn only_a_clear_yes_counts() {
        assert!(is_yes("Y\n") && is_yes("sim\n"));
        assert!(!is_yes("\n") && !is_yes("no\n") && !is_yes("yeah nah"));
    }
}
