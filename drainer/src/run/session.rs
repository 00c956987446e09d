//! The time during which this process is the database's daemon: from taking the lock to losing it.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder, Retryable};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::assign::waiting_tenants;
use super::daemon::Daemon;
use super::listener::Listener;
use super::recover::recover;
use crate::database::{self, DatabaseError};
use crate::installation::{self, InstallationError};
use crate::service_notify::ServiceNotifier;
use crate::single_daemon::{SingleDaemon, SingleDaemonError};

const REOPEN_MIN: Duration = Duration::from_millis(500);
/// PostgreSQL restarts within seconds: waiting longer would cost more than asking. Jitter at most doubles it.
const REOPEN_MAX: Duration = Duration::from_secs(2);

/// Lock and wake-ups. Dropping it closes the gate and lets another daemon in.
pub(crate) struct Session {
    /// Cancelled when lock or listening is lost.
    pub lost: CancellationToken,
    _end: DropGuard,
    watcher: JoinHandle<()>,
}

/// Why this process may not be the database's daemon, or can't be.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The database can't be worked with.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// It is a copy.
    #[error(transparent)]
    Installation(#[from] InstallationError),
    /// It has a daemon already.
    #[error(transparent)]
    SingleDaemon(#[from] SingleDaemonError),
}

impl Session {
    /// Checks the database, takes the lock, listens, and recovers what was left in flight; then opens the gate.
    pub(crate) async fn open(daemon: &Arc<Daemon>) -> Result<Self, SessionError> {
        let url = &daemon.config.database.url;
        let client = daemon.client().await?;
        database::check_extension(&client, url).await?;
        installation::check(&client).await?;
        let lock = SingleDaemon::acquire(&daemon.config).await?;
        // Before the first query: what is captured from now on is either found by it or announced.
        let listener = Listener::open(&daemon.config, daemon.clone()).await?;
        let in_flight = daemon.in_flight.ids();
        recover(&client, &in_flight, Duration::ZERO)
            .await
            .map_err(DatabaseError::from)?;
        let waiting = waiting_tenants(&client)
            .await
            .map_err(DatabaseError::from)?;
        daemon.wait_for_channel(waiting);
        Ok(Self::begin(daemon, lock, listener))
    }

    fn begin(daemon: &Arc<Daemon>, lock: SingleDaemon, listener: Listener) -> Self {
        daemon.gate.send_replace(true);
        let lost = CancellationToken::new();
        let end = CancellationToken::new();
        let watcher = watch(daemon.clone(), lock, listener, lost.clone(), end.clone());
        Self {
            lost,
            _end: end.drop_guard(),
            watcher: tokio::spawn(watcher),
        }
    }

    /// Opens a session again, however long it takes.
    pub(crate) async fn reopen(daemon: &Arc<Daemon>, notifier: &ServiceNotifier) -> Self {
        let mut said = String::new();
        loop {
            let pauses = ExponentialBuilder::default()
                .with_min_delay(REOPEN_MIN)
                .with_max_delay(REOPEN_MAX)
                .with_jitter()
                .without_max_times();
            let attempt = || Self::open(daemon);
            let opened = attempt.retry(pauses.build()).notify(|error, _| {
                notifier.progress();
                let text = error.to_string();
                if text != said {
                    tracing::warn!(error = text, "waiting for the database");
                    said = text;
                }
            });
            if let Ok(session) = opened.await {
                tracing::info!("working with the database again");
                return session;
            }
        }
    }

    /// Gives the lock back.
    pub(crate) async fn close(self) {
        drop(self._end);
        self.watcher.await.ok();
    }
}

async fn watch(
    daemon: Arc<Daemon>,
    mut lock: SingleDaemon,
    mut listener: Listener,
    lost: CancellationToken,
    end: CancellationToken,
) {
    let why = tokio::select! {
        why = lock.lost() => Some(why),
        why = listener.lost() => Some(why),
        () = end.cancelled() => None,
    };
    daemon.gate.send_replace(false);
    lost.cancel();
    if let Some(why) = why {
        tracing::warn!(error = %why, "lost the database");
    }
}
