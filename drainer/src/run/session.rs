//! The time during which this process is a daemon of the database: from taking its name to losing it.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder, Retryable};
use deadpool_postgres::Client;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::assign::waiting_tenants;
use super::daemon::{Daemon, KnownDatabase};
use super::encoding::is_western_only;
use super::keeper::{Keeper, Loss};
use super::listener::Listener;
use super::name_lock::{NameLock, NameLockError};
use crate::database::{self, DatabaseError};
use crate::installation::{self, InstallationError};
use crate::service_notify::ServiceNotifier;

const REOPEN_MIN: Duration = Duration::from_millis(500);
/// PostgreSQL restarts within seconds: waiting longer would cost more than asking. Jitter at most doubles it.
const REOPEN_MAX: Duration = Duration::from_secs(2);

/// Name, leases and wake-ups. Dropping it closes the gate and lets another daemon in.
pub(crate) struct Session {
    /// Cancelled when name, leases or listening are lost.
    pub lost: CancellationToken,
    _end: DropGuard,
    keeper: JoinHandle<()>,
}

/// Why this process may not be a daemon of the database, or can't be.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The database can't be worked with.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// It is a copy.
    #[error(transparent)]
    Installation(#[from] InstallationError),
    /// It has a daemon of this name already.
    #[error(transparent)]
    Name(#[from] NameLockError),
}

impl Session {
    /// Checks the database, takes the name, listens, and joins the daemons at work; then opens the gate.
    pub(crate) async fn open(daemon: &Arc<Daemon>) -> Result<Self, SessionError> {
        let url = &daemon.config.database.url;
        let client = daemon.client().await?;
        database::check_extension(&client, url).await?;
        installation::check(&client).await?;
        daemon.note_database(known_database(&client).await?);
        let lock = NameLock::acquire(&daemon.config).await?;
        // Before the first query: what is captured from now on is either found by it or announced.
        let listener = Listener::open(&daemon.config, daemon.clone()).await?;
        let waiting = waiting_tenants(&client)
            .await
            .map_err(DatabaseError::from)?;
        daemon.wait_for_channel(waiting);
        drop(client);
        let keeper = Keeper::begin(daemon.clone(), lock, listener).await?;
        Ok(Self::begin(daemon, keeper))
    }

    fn begin(daemon: &Arc<Daemon>, keeper: Keeper) -> Self {
        daemon.gate.send_replace(true);
        let lost = CancellationToken::new();
        let end = CancellationToken::new();
        let watcher = watch(daemon.clone(), keeper, lost.clone(), end.clone());
        Self {
            lost,
            _end: end.drop_guard(),
            keeper: tokio::spawn(watcher),
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

    /// Gives leases and name back.
    pub(crate) async fn close(self) {
        drop(self._end);
        self.keeper.await.ok();
    }
}

async fn known_database(client: &Client) -> Result<KnownDatabase, DatabaseError> {
    Ok(KnownDatabase {
        installation: installation::mark(client).await?.into(),
        western_only: is_western_only(client).await?,
    })
}

async fn watch(
    daemon: Arc<Daemon>,
    mut keeper: Keeper,
    lost: CancellationToken,
    end: CancellationToken,
) {
    let why = end.run_until_cancelled(keeper.lost()).await;
    daemon.gate.send_replace(false);
    lost.cancel();
    match why {
        Some(Loss::Lease) => tracing::warn!(
            "the lease has run out and others have taken the channels over; beginning anew"
        ),
        Some(Loss::Database(error)) => tracing::warn!(%error, "lost the database"),
        None => keeper.leave().await,
    }
    daemon.leases.lose();
}
