//! The lanes of this process, one per channel with something to send.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use super::daemon::Daemon;
use super::lane::Lane;

/// Lanes by channel. A lane begins with its channel's first notification and stays: it keeps the channel's pace.
#[derive(Default)]
pub(crate) struct Lanes {
    daemon: OnceLock<Weak<Daemon>>,
    wakes: Mutex<HashMap<i64, Arc<Notify>>>,
    tasks: TaskTracker,
}

impl Lanes {
    /// Lanes need the daemon that owns them.
    pub(crate) fn attach(&self, daemon: &Arc<Daemon>) {
        // Set once: a second daemon has lanes of its own.
        self.daemon.get_or_init(|| Arc::downgrade(daemon));
    }

    /// Lets the channel's lane look for something to send.
    pub(crate) fn wake(&self, channel_id: i64) {
        let Some(daemon) = self.daemon.get().and_then(Weak::upgrade) else {
            return;
        };
        if daemon.shutdown.is_cancelled() {
            return;
        }
        let mut wakes = self.wakes.lock().unwrap_or_else(PoisonError::into_inner);
        let wake = wakes.entry(channel_id).or_insert_with(|| {
            let wake = Arc::new(Notify::new());
            self.tasks
                .spawn(Lane::new(daemon, channel_id, wake.clone()).run());
            wake
        });
        wake.notify_one();
    }

    /// Waits until every lane has ended, which they do after shutdown.
    pub(crate) async fn ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}
