//! The lanes of this process, one per channel with something to send.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use super::daemon::Daemon;
use super::lane::{Lane, Ready};

/// Lanes by channel. A lane begins with its channel's first notification and stays: it keeps the channel's pace.
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
    /// Notifications that have just become ready, in their order.
    pub ready: Vec<Ready>,
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

    /// Lets the channel's lane look for something to send.
    pub(crate) fn wake(&self, channel_id: i64) {
        self.tell(channel_id, |news| news.look = true);
    }

    /// Gives the channel's lane what has just become ready, which spares it a look.
    pub(crate) fn hand(&self, channel_id: i64, ready: Vec<Ready>) {
        self.tell(channel_id, |news| news.ready.extend(ready));
    }

    fn tell(&self, channel_id: i64, what: impl FnOnce(&mut News)) {
        let Some(daemon) = self.daemon.get().and_then(Weak::upgrade) else {
            return;
        };
        if daemon.shutdown.is_cancelled() {
            return;
        }
        let mut inboxes = self.inboxes.lock().unwrap_or_else(PoisonError::into_inner);
        let inbox = inboxes.entry(channel_id).or_insert_with(|| {
            let inbox = Arc::new(Inbox::default());
            self.tasks
                .spawn(Lane::new(daemon, channel_id, inbox.clone()).run());
            inbox
        });
        what(&mut inbox.news());
        inbox.wake.notify_one();
    }

    /// Waits until every lane has ended, which they do after shutdown.
    pub(crate) async fn ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}
