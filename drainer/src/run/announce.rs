//! Tells other daemons which of their channels have something to send.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deadpool_postgres::Client;
use tokio::sync::Notify;

use super::daemon::Daemon;
use crate::database::DatabaseError;

/// Announcements take a lock of the whole server: what comes in this time goes together.
const GATHER: Duration = Duration::from_millis(5);
/// PostgreSQL takes less than 8000 bytes, and an id has at most 20 with its comma.
const CHANNELS_AT_A_TIME: usize = 350;

/// Nothing is lost with such an announcement: lanes also look on a timer. So it does not wait for the disk.
const ANNOUNCE_CHANNELS: &str = "-- announce_channels
select pg_catalog.set_config('synchronous_commit', 'off', true), pg_catalog.pg_notify('zapgres_lanes', $1)";

/// Channels of other daemons that have something new.
#[derive(Debug, Default)]
pub(crate) struct Announcements {
    channels: Mutex<BTreeSet<i64>>,
    added: Notify,
}

impl Announcements {
    /// The lane of a channel that is not here has something to look at.
    pub(crate) fn add(&self, channel_id: i64) {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        channels.insert(channel_id);
        drop(channels);
        self.added.notify_one();
    }

    fn take(&self) -> Vec<i64> {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *channels).into_iter().collect()
    }
}

/// Announces what is added, until shutdown.
pub(crate) async fn run(daemon: Arc<Daemon>) {
    let work = async {
        loop {
            daemon.announcements.added.notified().await;
            tokio::time::sleep(GATHER).await;
            let channels = daemon.announcements.take();
            if let Err(error) = announce(&daemon, &channels).await {
                tracing::debug!(%error, "other daemons are not told; they look by themselves");
            }
        }
    };
    daemon.shutdown.run_until_cancelled(work).await;
}

async fn announce(daemon: &Daemon, channels: &[i64]) -> Result<(), DatabaseError> {
    let client: Client = daemon.client().await?;
    for some in channels.chunks(CHANNELS_AT_A_TIME) {
        let ids: Vec<String> = some.iter().map(i64::to_string).collect();
        super::statement::rows(&client, ANNOUNCE_CHANNELS, &[&ids.join(",")]).await?;
    }
    Ok(())
}
