//! The channels that this daemon may send for. Daemons share them evenly, and need nobody to tell them how.

mod statement;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio_postgres::{Client, Error};
use zapgres_core::lease::target;

use super::boot_clock;
use super::daemon::Daemon;
use super::lease::{Lease, LeaseEnd};
use super::registry::{self, LEASES};

/// Who this process is while a session lasts, and until when.
#[derive(Debug, Clone)]
pub(crate) struct Membership {
    pub instance: String,
    pub end: Arc<LeaseEnd>,
}

/// What this daemon holds.
#[derive(Debug, Default)]
pub(crate) struct Leases {
    /// Somebody joined, left, or gave a channel away; or a lane has ended.
    pub look: Notify,
    membership: Mutex<Option<Membership>>,
    held: Mutex<HashMap<i64, Lease>>,
    /// Lanes have ended that were to give their channel away: every outcome is written.
    given_up: Mutex<Vec<Lease>>,
}

impl Leases {
    /// Who this process is; none: it may send nothing.
    pub(crate) fn membership(&self) -> Option<Membership> {
        lock(&self.membership).clone()
    }

    /// The channels whose lanes are at work here.
    pub(crate) fn channels(&self) -> Vec<i64> {
        lock(&self.held).keys().copied().collect()
    }

    /// Everything is lost: others may be sending by now.
    pub(crate) fn lose(&self) {
        if let Some(membership) = lock(&self.membership).take() {
            membership.end.lose();
        }
        for (_, lease) in lock(&self.held).drain() {
            lease.revoke();
        }
        lock(&self.given_up).clear();
    }

    /// The lane of `lease` has ended, and every outcome of it is written.
    pub(crate) fn give_up(&self, lease: Lease) {
        lock(&self.given_up).push(lease);
        self.look.notify_one();
    }

    /// Enters this daemon among those at work.
    pub(crate) async fn join(&self, daemon: &Daemon, client: &Client) -> Result<(), Error> {
        let config = &daemon.config.daemon;
        let asked_at = boot_clock::now();
        let instance = registry::join(client, &config.name, config.lease).await?;
        let end = Arc::new(LeaseEnd::new(asked_at, config.lease));
        *lock(&self.membership) = Some(Membership { instance, end });
        Ok(())
    }

    /// Renews the lease; false: it is lost.
    pub(crate) async fn renew(&self, daemon: &Daemon, client: &Client) -> Result<bool, Error> {
        let Some(Membership { instance, end }) = self.membership() else {
            return Ok(false);
        };
        let config = &daemon.config.daemon;
        let asked_at = boot_clock::now();
        let renewed = registry::renew(client, &config.name, &instance, config.lease).await?;
        if renewed {
            end.renew(asked_at, config.lease);
        }
        Ok(renewed)
    }

    /// Frees everything and takes this daemon out.
    pub(crate) async fn leave(&self, daemon: &Daemon, client: &Client) -> Result<(), Error> {
        let membership = self.membership();
        self.lose();
        match membership {
            Some(Membership { instance, .. }) => {
                registry::leave(client, &daemon.config.daemon.name, &instance).await
            }
            None => Ok(()),
        }
    }

    /// Gives away what is too much, and takes what is free, until all daemons hold as many.
    pub(crate) async fn balance(&self, daemon: &Arc<Daemon>, client: &Client) -> Result<(), Error> {
        let name = &daemon.config.daemon.name;
        for gone in registry::bury(client, name).await? {
            tracing::warn!(
                daemon = gone,
                "a daemon gives no sign of life; its channels are taken over"
            );
        }
        self.release(name, client).await?;
        let fleet = statement::fleet(client, name).await?;
        if fleet.without_state {
            statement::add_states(client).await?;
        }
        let in_database = statement::held(client, name).await?;
        self.drop_stolen(&in_database);
        self.free_unknown(name, client, in_database).await?;
        let wanted = target(fleet.channels, fleet.daemons, fleet.rank);
        self.give_surplus(wanted, &fleet.unusable);
        let missing = wanted.saturating_sub(self.kept());
        if missing > 0 && !daemon.shutdown.is_cancelled() {
            self.take(daemon, client, missing).await?;
        }
        Ok(())
    }

    async fn take(&self, daemon: &Arc<Daemon>, client: &Client, count: usize) -> Result<(), Error> {
        let Some(Membership { instance, end }) = self.membership() else {
            return Ok(());
        };
        let name = &daemon.config.daemon.name;
        let taken = statement::acquire(client, name, &instance, count).await?;
        if taken.is_empty() {
            return Ok(());
        }
        tracing::info!(count = taken.len(), "channels taken over");
        let leases = taken
            .into_iter()
            .map(|(channel_id, epoch)| Lease::new(channel_id, epoch, end.clone()));
        let leases: Vec<Lease> = leases.collect();
        // Before the lanes begin, so that they see what was left in flight.
        let rescued = daemon.rescue(daemon.answer_limit()).await;
        for lease in leases {
            lock(&self.held).insert(lease.channel_id, lease.clone());
            daemon.lanes.begin(lease);
        }
        if let Err(error) = rescued {
            tracing::warn!(%error, "what was left in flight on channels taken over is looked for later");
        }
        Ok(())
    }

    /// Channels that are not being given away.
    fn kept(&self) -> usize {
        let held = lock(&self.held);
        held.values().filter(|lease| !lease.is_revoked()).count()
    }

    /// Lets lanes end, their requests too, until no more than `wanted` are left and none of a channel that is not used.
    fn give_surplus(&self, wanted: usize, unusable: &[i64]) {
        let held = lock(&self.held);
        let (gone, mut kept): (Vec<&Lease>, Vec<&Lease>) = held
            .values()
            .filter(|lease| !lease.is_revoked())
            .partition(|lease| unusable.contains(&lease.channel_id));
        kept.sort_by_key(|lease| lease.channel_id);
        let surplus = kept.split_off(wanted.min(kept.len()));
        if !surplus.is_empty() {
            tracing::info!(count = surplus.len(), "channels go to other daemons");
        }
        for lease in gone.into_iter().chain(surplus) {
            lease.revoke();
        }
    }

    /// What the database says belongs to somebody else: nothing of it could be marked.
    fn drop_stolen(&self, in_database: &HashMap<i64, i64>) {
        let mut held = lock(&self.held);
        held.retain(|channel_id, lease| {
            let ours = in_database.get(channel_id) == Some(&lease.epoch);
            if !ours {
                lease.revoke();
            }
            ours
        });
    }

    /// Frees what is this daemon's and has no lane: the answer to a statement was lost.
    async fn free_unknown(
        &self,
        name: &str,
        client: &Client,
        in_database: HashMap<i64, i64>,
    ) -> Result<(), Error> {
        let mut unknown = in_database;
        unknown.retain(|channel_id, _| !lock(&self.held).contains_key(channel_id));
        if unknown.is_empty() {
            return Ok(());
        }
        statement::release(client, name, unknown).await
    }

    /// Frees the channels whose lanes have ended.
    async fn release(&self, name: &str, client: &Client) -> Result<(), Error> {
        let given_up: Vec<Lease> = lock(&self.given_up).clone();
        if given_up.is_empty() {
            return Ok(());
        }
        let epochs = given_up.iter().map(|lease| (lease.channel_id, lease.epoch));
        statement::release(client, name, epochs).await?;
        let is_done = |lease: &Lease| {
            given_up
                .iter()
                .any(|done| (done.channel_id, done.epoch) == (lease.channel_id, lease.epoch))
        };
        lock(&self.given_up).retain(|lease| !is_done(lease));
        lock(&self.held).retain(|_, lease| !is_done(lease));
        registry::announce(client, LEASES).await
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
