//! Keeps what makes this process a daemon of the database: name, lease, wake-ups.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use zapgres_core::lease::renewal_interval;

use super::daemon::Daemon;
use super::listener::Listener;
use super::name_lock::NameLock;
use crate::database::DatabaseError;

/// Leaving is a courtesy: without it, the lease runs out.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(2);

/// Longest time without a look whether channels are to be taken or given away.
const LOOK_INTERVAL_MAX: Duration = Duration::from_secs(1);
/// Pause after a renewal that did not work.
const RENEWAL_RETRY: Duration = Duration::from_secs(1);

/// Name, lease and wake-ups of a daemon.
pub(crate) struct Keeper {
    daemon: Arc<Daemon>,
    lock: NameLock,
    listener: Listener,
    next_renewal: Instant,
    /// Trouble that was told.
    trouble: String,
}

/// Why this process is not a daemon of the database any more.
pub(crate) enum Loss {
    /// Others have taken its channels over.
    Lease,
    /// A session has ended.
    Database(DatabaseError),
}

impl Keeper {
    /// Enters the daemon among those at work, and takes its channels.
    pub(crate) async fn begin(
        daemon: Arc<Daemon>,
        lock: NameLock,
        listener: Listener,
    ) -> Result<Self, DatabaseError> {
        let next_renewal = Instant::now() + renewal_interval(daemon.config.daemon.lease);
        daemon.leases.join(&daemon, &lock.session).await?;
        let mut keeper = Self {
            daemon,
            lock,
            listener,
            next_renewal,
            trouble: String::new(),
        };
        keeper.balance().await;
        Ok(keeper)
    }

    /// Keeps everything until it is lost. Says why.
    pub(crate) async fn lost(&mut self) -> Loss {
        loop {
            let daemon = self.daemon.clone();
            let next_look = (Instant::now()
                + daemon.config.wake.poll_interval.min(LOOK_INTERVAL_MAX))
            .min(self.next_renewal);
            tokio::select! {
                why = self.lock.lost() => return Loss::Database(why),
                why = self.listener.lost() => return Loss::Database(why),
                () = daemon.leases.look.notified() => {}
                () = sleep_until(next_look) => {}
            }
            if Instant::now() >= self.next_renewal && !self.renew().await {
                return Loss::Lease;
            }
            self.balance().await;
        }
    }

    /// Renews the lease; false: it is lost.
    async fn renew(&mut self) -> bool {
        let interval = renewal_interval(self.daemon.config.daemon.lease);
        match self
            .daemon
            .leases
            .renew(&self.daemon, &self.lock.session)
            .await
        {
            Ok(renewed) => {
                self.next_renewal = Instant::now() + interval;
                renewed
            }
            Err(error) => {
                self.next_renewal = Instant::now() + interval.min(RENEWAL_RETRY);
                self.tell(&error.into());
                true
            }
        }
    }

    async fn balance(&mut self) {
        let balanced = self
            .daemon
            .leases
            .balance(&self.daemon, &self.lock.session)
            .await;
        match balanced {
            Ok(()) => self.trouble.clear(),
            Err(error) => self.tell(&error.into()),
        }
    }

    /// The end of the session is told by whoever notices it.
    fn tell(&mut self, error: &DatabaseError) {
        let text = error.to_string();
        if text != self.trouble && !self.lock.session.is_closed() {
            tracing::warn!(error = text, "leases cannot be kept; trying again");
            self.trouble = text;
        }
    }

    /// Frees the channels.
    pub(crate) async fn leave(&self) {
        let leave = self.daemon.leases.leave(&self.daemon, &self.lock.session);
        match tokio::time::timeout(LEAVE_TIMEOUT, leave).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let error = DatabaseError::from(error);
                tracing::warn!(%error, "channels are not given back; their lease runs out");
            }
            Err(_) => tracing::warn!("channels are not given back; their lease runs out"),
        }
    }
}
