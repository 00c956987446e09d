//! Asks providers at intervals whether the numbers of this daemon's channels are connected to WhatsApp, and has them
//! connected again.
//!
//! A number that is not connected holds its messages: some providers would take them and keep them, others refuse each.

mod statement;
mod watched;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::daemon::Daemon;
use crate::database::DatabaseError;
use watched::Watched;

/// How often is looked which channels are due. A webhook may have brought one forward.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// Questions at a time. They are short, and must not stand behind those to a provider that is silent.
const AT_A_TIME: usize = 32;

/// Why channels hold their messages, by channel, none where the number is connected; a lane asks before it sends.
#[derive(Debug, Default)]
pub(crate) struct Holds(Mutex<HashMap<i64, Option<String>>>);

impl Holds {
    /// Why the channel holds its messages; none: it does not.
    pub(crate) fn of(&self, channel_id: i64) -> Option<String> {
        self.lock().get(&channel_id).cloned().flatten()
    }

    /// Whether the number was seen connected when the provider was last asked.
    pub(crate) fn is_connected(&self, channel_id: i64) -> bool {
        self.lock().get(&channel_id) == Some(&None)
    }

    /// Takes in what was seen; none: the provider could not be asked. True: that is news.
    fn set(&self, channel_id: i64, seen: Option<Option<String>>) -> bool {
        let mut holds = self.lock();
        let before = match seen.clone() {
            Some(why) => holds.insert(channel_id, why),
            None => holds.remove(&channel_id),
        };
        before != seen
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, Option<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks, until shutdown.
pub(crate) async fn run(daemon: Arc<Daemon>) {
    let work = async {
        let mut watch = Watch::default();
        let mut trouble = String::new();
        while daemon.may_send().await {
            let next_look = Instant::now() + LOOK_INTERVAL;
            let mut has_more = false;
            match watch.look(&daemon).await {
                Ok(more) => {
                    has_more = more;
                    trouble.clear();
                }
                Err(error) => {
                    let text = error.to_string();
                    if text != trouble {
                        tracing::debug!(%error, "the health of channels is not looked after");
                        trouble = text;
                    }
                }
            }
            watch.wait(next_look, has_more).await;
        }
    };
    daemon.shutdown.run_until_cancelled(work).await;
}

/// The channels of this daemon, as far as they were asked about.
#[derive(Default)]
struct Watch {
    resting: HashMap<i64, Watched>,
    asking: JoinSet<Watched>,
    asked: HashSet<i64>,
}

impl Watch {
    /// Begins to ask about what is due; true: there is more of it than may be asked about at a time.
    async fn look(&mut self, daemon: &Arc<Daemon>) -> Result<bool, DatabaseError> {
        let channels = daemon.leases.channels();
        self.forget_others(daemon, &channels);
        if self.asking.is_empty() {
            // A question that ended badly gives nothing back.
            self.asked.clear();
        }
        let client = daemon.client().await?;
        for channel_id in statement::due(&client, &channels).await? {
            if self.asking.len() >= AT_A_TIME {
                return Ok(true);
            }
            if self.asked.insert(channel_id) {
                let watched = self.resting.remove(&channel_id);
                let watched = watched.unwrap_or_else(|| Watched::new(channel_id));
                let daemon = daemon.clone();
                self.asking
                    .spawn(async move { watched.check(&daemon).await });
            }
        }
        Ok(false)
    }

    /// Takes back whose answers are there, until the next look; where more waits, only the first.
    async fn wait(&mut self, next_look: Instant, has_more: bool) {
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(next_look) => return,
                Some(done) = self.asking.join_next() => {
                    self.take_back(done.ok());
                    if has_more {
                        return;
                    }
                }
            }
        }
    }

    fn forget_others(&mut self, daemon: &Daemon, channels: &[i64]) {
        let channels: HashSet<i64> = channels.iter().copied().collect();
        self.resting.retain(|id, _| channels.contains(id));
        daemon.holds.lock().retain(|id, _| channels.contains(id));
    }

    fn take_back(&mut self, watched: Option<Watched>) {
        if let Some(watched) = watched {
            self.asked.remove(&watched.channel_id);
            self.resting.insert(watched.channel_id, watched);
        }
    }
}
