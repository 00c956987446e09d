//! Reads what providers have delivered: receipts move notifications forward, messages go into the history, news of a
//! connection lets somebody look. Whichever daemon comes first does it, whoever leases the channel.

mod apply;
mod batch;
mod claim;
mod conclude;
mod connection;
mod find;
mod history;
mod receipts;

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Client;
use tokio_postgres::error::SqlState;

use super::daemon::Daemon;
use crate::database::DatabaseError;
use crate::metrics::Conclusion;
use batch::{Batch, Worked};
use claim::Event;
use conclude::Verdict;

/// Deliveries read in one transaction.
const BATCH: usize = 200;
const TROUBLE_PAUSE: Duration = Duration::from_secs(1);

/// How a round ended.
enum Round {
    /// There may be more.
    Full,
    /// Nothing more is due.
    Empty,
    /// Something in it is what the server refuses: read one by one, as many as there were.
    Refused(usize),
}

/// Reads what is due, until shutdown.
pub(crate) async fn run(daemon: Arc<Daemon>) {
    let mut trouble = String::new();
    let mut one_by_one = 0_usize;
    while daemon.may_send().await {
        let limit = if one_by_one > 0 { 1 } else { BATCH };
        one_by_one = one_by_one.saturating_sub(1);
        let pause = match round(&daemon, limit).await {
            Ok(Round::Full) => continue,
            Ok(Round::Refused(count)) => {
                one_by_one = count;
                continue;
            }
            Ok(Round::Empty) => {
                one_by_one = 0;
                trouble.clear();
                daemon.config.wake.poll_interval
            }
            Err(error) => {
                let text = error.to_string();
                let is_lost = matches!(error, DatabaseError::ConnectionLost(_));
                // The session tells when the server is gone.
                if text != trouble && !is_lost {
                    tracing::warn!(error = text, "deliveries cannot be read now; trying again");
                    trouble = text;
                }
                TROUBLE_PAUSE
            }
        };
        tokio::select! {
            () = daemon.shutdown.cancelled() => {}
            () = daemon.inbound.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn round(daemon: &Arc<Daemon>, limit: usize) -> Result<Round, DatabaseError> {
    let mut client = daemon.client().await?;
    let transaction = client.transaction().await?;
    let events = claim::claim(&transaction, limit).await?;
    if events.is_empty() {
        return Ok(Round::Empty);
    }
    let batch = Batch::read(&events, daemon.database());
    let worked = match batch.work(&transaction, &events).await {
        Ok(worked) => worked,
        Err(error) if is_about_contents(&error) => {
            transaction.rollback().await?;
            return put_away(daemon, &client, &events, error).await;
        }
        Err(error) => return Err(error.into()),
    };
    transaction.commit().await?;
    tell(daemon, &worked);
    Ok(Round::Full)
}

/// Classes of errors that say nothing of what is written: connection, transaction state, conflicts, resources, locks, an
/// operator, the system.
const CIRCUMSTANCES: [&str; 8] = ["08", "25", "40", "53", "55", "57", "58", "XX"];
/// Classes of errors that say that a value will never be stored: data, integrity.
const VALUES: [&str; 2] = ["22", "23"];

fn is_of(error: &tokio_postgres::Error, classes: &[&str]) -> bool {
    let code = error.code().map(SqlState::code);
    code.is_some_and(|code| classes.iter().any(|class| code.starts_with(class)))
}

/// Whether the server refused what was to be written, perhaps because of a single delivery.
fn is_about_contents(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some() && !is_of(error, &CIRCUMSTANCES)
}

/// Finds the one that is refused, and puts it away: for good, or until somebody has mended what refuses it.
async fn put_away(
    daemon: &Daemon,
    client: &Client,
    events: &[Event],
    error: tokio_postgres::Error,
) -> Result<Round, DatabaseError> {
    let [event] = events else {
        return Ok(Round::Refused(events.len()));
    };
    let is_final = is_of(&error, &VALUES);
    let verdict = match is_final {
        true => Verdict::Concluded(Conclusion::Refused),
        false => Verdict::again(event.attempts),
    };
    conclude::conclude(client, &[(event.id, verdict)]).await?;
    daemon
        .metrics
        .processed(Conclusion::Refused, u64::from(is_final));
    let error = DatabaseError::from(error);
    tracing::error!(%error, event_id = event.id, is_final, "the database refuses what a delivery tells");
    Ok(Round::Full)
}

fn tell(daemon: &Arc<Daemon>, worked: &Worked) {
    for (outcome, count) in &worked.conclusions {
        daemon.metrics.processed(*outcome, *count);
    }
    for channel_id in &worked.requeued {
        daemon.wake_lane(*channel_id);
    }
}
