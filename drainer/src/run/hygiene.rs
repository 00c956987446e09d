//! Keeping house in the database: old rows leave, and whoever keeps the server from clearing away dead ones is named.

mod horizon;
mod retention;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::daemon::Daemon;
use crate::database::DatabaseError;
use horizon::Horizon;
use settings::Settings;

pub(crate) use horizon::{LOAD_LIMIT, SNAPSHOTS};

/// A snapshot that turns old is noticed this long after, at the latest.
const LOOK_INTERVAL: Duration = Duration::from_secs(60);
/// A daemon that has just begun has better to do.
const FIRST_LOOK: Duration = Duration::from_secs(2);
/// Rows become old one by one; nobody waits for them to go.
const RETENTION_INTERVAL: Duration = Duration::from_secs(600);

/// Works at intervals, until shutdown.
pub(crate) async fn run(daemon: Arc<Daemon>) {
    let work = async {
        tokio::time::sleep(FIRST_LOOK).await;
        let mut horizon = Horizon::default();
        let mut settings = Settings::default();
        let mut next_retention = Instant::now();
        loop {
            if !daemon.may_send().await {
                return;
            }
            note("reading the settings", settings.look(&daemon).await);
            note("the search for old snapshots", horizon.look(&daemon).await);
            if Instant::now() >= next_retention {
                note("removing old rows", retention::retain(&daemon).await);
                next_retention = Instant::now() + RETENTION_INTERVAL;
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    };
    daemon.shutdown.run_until_cancelled(work).await;
}

/// It is tried again; a database that is away is told by the session that lost it.
fn note(what: &str, result: Result<(), DatabaseError>) {
    match result {
        Ok(()) => {}
        Err(error @ DatabaseError::ConnectionLost(_)) => {
            tracing::debug!(%error, "{what} was interrupted");
        }
        Err(error) => tracing::warn!(%error, "{what} failed; it is repeated"),
    }
}
