//! The right to send for a channel, and until when.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use zapgres_core::lease::{START_WINDOW, margin};

use super::boot_clock;

/// Until when this process may act on its leases, by the boot clock: all end together, and one renewal is for all.
#[derive(Debug)]
pub(crate) struct LeaseEnd {
    /// Nanoseconds.
    until: AtomicU64,
    margin: Duration,
}

impl LeaseEnd {
    /// A lease of `lease`, asked for at `asked_at`.
    pub(crate) fn new(asked_at: Duration, lease: Duration) -> Self {
        let end = Self {
            until: AtomicU64::new(0),
            margin: margin(lease),
        };
        end.renew(asked_at, lease);
        end
    }

    /// It lasts for `lease` from when that was asked for: what the server granted, it granted later.
    pub(crate) fn renew(&self, asked_at: Duration, lease: Duration) {
        let until = u64::try_from((asked_at + lease).as_nanos()).unwrap_or(u64::MAX);
        self.until.store(until, Ordering::Relaxed);
    }

    /// It is lost.
    pub(crate) fn lose(&self) {
        self.until.store(0, Ordering::Relaxed);
    }

    fn left(&self, now: Duration) -> Duration {
        Duration::from_nanos(self.until.load(Ordering::Relaxed)).saturating_sub(now)
    }
}

/// The right to send for one channel. Clones are the same lease.
#[derive(Debug, Clone)]
pub(crate) struct Lease {
    pub channel_id: i64,
    /// Raised with every owner: what an earlier one wants to mark is refused.
    pub epoch: i64,
    end: Arc<LeaseEnd>,
    /// The channel goes to somebody else, or has gone.
    revoked: CancellationToken,
}

impl Lease {
    /// The lease of `epoch`, which lasts as long as `end` says.
    pub(crate) fn new(channel_id: i64, epoch: i64, end: Arc<LeaseEnd>) -> Self {
        Self {
            channel_id,
            epoch,
            end,
            revoked: CancellationToken::new(),
        }
    }

    /// Nobody has sent for the channel before.
    pub(crate) const fn is_first(&self) -> bool {
        self.epoch == 1
    }

    /// Whether attempts may be marked now: enough of the lease is left to begin their requests.
    pub(crate) fn allows_marking(&self) -> bool {
        !self.is_revoked() && self.end.left(boot_clock::now()) > self.end.margin
    }

    /// Whether the request of an attempt may begin whose mark was asked for at `marked_at`, by the boot clock. Not any
    /// more when the process slept in between: somebody else may be sending.
    pub(crate) fn allows_start(&self, marked_at: Duration) -> bool {
        let now = boot_clock::now();
        self.end.left(now) > Duration::ZERO && now.saturating_sub(marked_at) < START_WINDOW
    }

    /// Nothing more is to be marked.
    pub(crate) fn revoke(&self) {
        self.revoked.cancel();
    }

    /// Whether nothing more is to be marked.
    pub(crate) fn is_revoked(&self) -> bool {
        self.revoked.is_cancelled()
    }

    /// Waits until nothing more is to be marked.
    pub(crate) async fn revoked(&self) {
        self.revoked.cancelled().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(asked_before: Duration, lease: Duration) -> Lease {
        let asked_at = boot_clock::now().saturating_sub(asked_before);
        Lease::new(1, 1, Arc::new(LeaseEnd::new(asked_at, lease)))
    }

    /// T9: a lane stops before its lease can run out.
    #[test]
    fn nothing_is_marked_in_the_margin_and_nothing_begun_after_the_end() {
        let minute = Duration::from_secs(60);
        let young = lease(Duration::ZERO, minute);
        assert!(young.allows_marking() && young.allows_start(boot_clock::now()));
        let old = lease(Duration::from_secs(56), minute);
        assert!(!old.allows_marking() && old.allows_start(boot_clock::now()));
        let over = lease(minute, minute);
        assert!(!over.allows_start(boot_clock::now()));
        over.end.renew(boot_clock::now(), minute);
        assert!(over.allows_marking());
        over.end.lose();
        assert!(!over.allows_marking() && !over.allows_start(boot_clock::now()));
    }

    /// T9: a process that slept between mark and request does not send.
    #[test]
    fn a_request_begins_soon_after_its_mark_or_never() {
        let lease = lease(Duration::ZERO, Duration::from_secs(60));
        let slept = boot_clock::now().saturating_sub(START_WINDOW);
        assert!(!lease.allows_start(slept));
    }

    #[test]
    fn a_revoked_lease_lets_requests_of_what_is_marked_begin() {
        let lease = lease(Duration::ZERO, Duration::from_secs(60));
        lease.revoke();
        assert!(!lease.allows_marking() && lease.allows_start(boot_clock::now()));
    }
}
