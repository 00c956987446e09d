//! The lanes of this process, one per channel that it may send for.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use futures_util::FutureExt;
use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use super::daemon::Daemon;
use super::lane::{Lane, Ready};
use super::lease::Lease;

/// A lane may wait long for the database, or for leave to send, and must not fill the memory.
const READY_MAX: usize = 10_000;

/// Lanes by channel. A lane begins and ends with the lease of its channel, and keeps the channel's pace.
#[derive(Default)]
pub(crate) struct Lanes {
    daemon: OnceLock<Weak<Daemon>>,
    inboxes: Mutex<HashMap<i64, Arc<Inbox>>>,
    tasks: TaskTracker,
}

/// What others tell a lane.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    /// There is something new.
    pub wake: Notify,
    news: Mutex<News>,
}

/// What a lane was told since it last asked.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// There may be something in the queue table that nobody handed over.
    pub look: bool,
    /// Something is due, which the lane may know.
    pub reminder: bool,
    /// Notifications that have just become ready, in their order.
    pub ready: Vec<Ready>,
}

impl News {
    /// Adds what has just become ready; where it is too much to keep, the lane has to look.
    fn add(&mut self, ready: Vec<Ready>) {
        if self.ready.len() + ready.len() > READY_MAX {
            self.ready = Vec::new();
            self.look = true;
        } else {
            self.ready.extend(ready);
        }
    }
}

impl Inbox {
    /// Takes what is new.
    pub(crate) fn take(&self) -> News {
        std::mem::take(&mut *self.news())
    }

    fn news(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lanes {
    /// Lanes need the daemon that owns them.
    pub(crate) fn attach(&self, daemon: &Arc<Daemon>) {
        // Set once: a second daemon has lanes of its own.
        self.daemon.get_or_init(|| Arc::downgrade(daemon));
    }

    /// Begins to send for a channel.
    pub(crate) fn begin(&self, lease: Lease) {
        let Some(daemon) = self.daemon.get().and_then(Weak::upgrade) else {
            return;
        };
        let (channel_id, epoch, first) = (lease.channel_id, lease.epoch, lease.is_first());
        tracing::debug!(channel_id, epoch, first, "a lane begins");
        let inbox = Arc::new(Inbox::default());
        // Whatever became ready before.
        inbox.news().look = true;
        self.inboxes().insert(lease.channel_id, inbox.clone());
        self.tasks.spawn(async move {
            let lane = Lane::new(daemon.clone(), lease.clone(), inbox.clone());
            // Nothing of the lane is used afterwards.
            if AssertUnwindSafe(lane.run()).catch_unwind().await.is_err() {
                tracing::error!(
                    channel_id,
                    "a lane has come to an unexpected end; another one takes its channel"
                );
                daemon.in_flight.abandon(channel_id);
            }
            daemon.lanes.end(lease.channel_id, &inbox);
            let written = daemon.in_flight.written(lease.channel_id);
            // A stop gives everything back at once, and does not wait for this.
            if daemon.shutdown.run_until_cancelled(written).await.is_some() {
                daemon.leases.give_up(lease);
            }
        });
    }

    /// Takes a lane out that has ended, unless it has a successor.
    fn end(&self, channel_id: i64, inbox: &Arc<Inbox>) {
        let mut inboxes = self.inboxes();
        if inboxes
            .get(&channel_id)
            .is_some_and(|current| Arc::ptr_eq(current, inbox))
        {
            inboxes.remove(&channel_id);
        }
    }

    /// Lets the channel's lane, if it is here, look for something to send.
    pub(crate) fn wake(&self, channel_id: i64) -> bool {
        self.tell(channel_id, |news| news.look = true)
    }

    /// Tells the channel's lane, if it is here, that something is due: perhaps it was not told.
    pub(crate) fn remind(&self, channel_id: i64) -> bool {
        self.tell(channel_id, |news| news.reminder = true)
    }

    /// Gives the channel's lane, if it is here, what has just become ready, which spares it a look.
    pub(crate) fn hand(&self, channel_id: i64, ready: Vec<Ready>) -> bool {
        self.tell(channel_id, |news| news.add(ready))
    }

    fn tell(&self, channel_id: i64, what: impl FnOnce(&mut News)) -> bool {
        let inboxes = self.inboxes();
        let Some(inbox) = inboxes.get(&channel_id) else {
            return false;
        };
        what(&mut inbox.news());
        inbox.wake.notify_one();
        true
    }

    fn inboxes(&self) -> MutexGuard<'_, HashMap<i64, Arc<Inbox>>> {
        self.inboxes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until every lane has ended, which they do after shutdown.
    pub(crate) async fn ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::DateTime;

    use super::*;

    #[test]
    fn a_lane_that_takes_nothing_is_told_to_look_instead() {
        let row = Ready {
            id: 1,
            priority: 0,
            unanswered: false,
            attempts: 0,
            recipient: String::new(),
            subject: String::new(),
            next_attempt_at: DateTime::UNIX_EPOCH,
            delay: Duration::ZERO,
        };
        let mut news = News::default();
        news.add(vec![row.clone(); READY_MAX]);
        assert!(!news.look && news.ready.len() == READY_MAX);
        news.add(vec![row]);
        assert!(news.look && news.ready.is_empty());
    }
}
