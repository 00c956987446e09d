//! What the service manager is told: ready, alive, stopping (`sd_notify(3)`). Without one, nothing happens.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sd_notify::NotifyState;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// The main loop is asked for progress this many times per watchdog period.
const PINGS_PER_PERIOD: u32 = 3;

/// Tells the service manager how the daemon is doing. Clones speak for the same daemon.
#[derive(Debug, Clone)]
pub struct ServiceNotifier {
    last_progress: Arc<Mutex<Instant>>,
}

impl Default for ServiceNotifier {
    /// A notifier for the service manager that started this process, if one did.
    fn default() -> Self {
        Self {
            last_progress: Arc::new(Mutex::new(Instant::now())),
        }
    }
}

impl ServiceNotifier {
    /// The daemon works: it listens, has its connections and its lock. `status` is shown by `systemctl status`.
    pub fn ready(&self, status: &str) {
        tell(&[NotifyState::Ready, NotifyState::Status(status)]);
    }

    /// Shows `status` in `systemctl status`.
    pub fn status(&self, status: &str) {
        tell(&[NotifyState::Status(status)]);
    }

    /// The daemon lets its requests end and then stops.
    pub fn stopping(&self) {
        tell(&[NotifyState::Stopping]);
    }

    /// The main loop went round once. Called at least every few seconds, also while it waits for PostgreSQL.
    pub fn progress(&self) {
        if let Ok(mut last) = self.last_progress.lock() {
            *last = Instant::now();
        }
    }

    /// Pings the service manager's watchdog, if there is one, for as long as the main loop makes progress.
    ///
    /// Goes on until `stop`: a stop takes time, in which the process must not be killed as stuck.
    pub async fn run_watchdog(self, stop: CancellationToken) {
        let Some(period) = sd_notify::watchdog_enabled() else {
            return;
        };
        info!(
            period_ms = u64::try_from(period.as_millis()).unwrap_or(u64::MAX),
            "watchdog is on"
        );
        while stop
            .run_until_cancelled(tokio::time::sleep(period / PINGS_PER_PERIOD))
            .await
            .is_some()
        {
            if self.is_alive(Instant::now(), period) {
                tell(&[NotifyState::Watchdog]);
            } else {
                warn!("the main loop makes no progress: the watchdog is left to act");
            }
        }
    }

    fn is_alive(&self, now: Instant, period: Duration) -> bool {
        self.last_progress
            .lock()
            .is_ok_and(|last| now.saturating_duration_since(*last) < period)
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        warn!(%error, "the service manager could not be told");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_without_progress_counts_as_stuck_after_a_period() {
        let notifier = ServiceNotifier::default();
        notifier.progress();
        let period = Duration::from_secs(30);
        let later = |seconds| Instant::now() + Duration::from_secs(seconds);
        assert!(notifier.is_alive(later(20), period));
        assert!(!notifier.is_alive(later(31), period));
    }

    #[test]
    fn progress_of_a_clone_counts() {
        let notifier = ServiceNotifier::default();
        let before = *notifier.last_progress.lock().unwrap();
        while Instant::now() <= before {}
        notifier.clone().progress();
        assert!(*notifier.last_progress.lock().unwrap() > before);
    }
}
