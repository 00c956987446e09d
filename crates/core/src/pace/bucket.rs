//! A token bucket, kept as one time: when it will be full again (the "theoretical arrival time" of GCRA).

use std::time::Duration;

/// One message per `interval`; after a quiet time, `burst` at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limit {
    interval: Duration,
    burst: u32,
}

impl Limit {
    /// Zero counts as a burst of one.
    pub(super) fn new(interval: Duration, burst: u32) -> Self {
        Self {
            interval,
            burst: burst.max(1),
        }
    }

    /// `rate` messages per `time`, none: no limit. The burst is a `part` of that; both are at least one.
    pub(super) fn rate(rate: Option<u32>, time: Duration, part: u32) -> Self {
        let Some(rate) = rate else {
            return Self::new(Duration::ZERO, u32::MAX);
        };
        // Rounded up: rounded down, the rate would be exceeded.
        let nanos = time.as_nanos().div_ceil(u128::from(rate.max(1)));
        let interval = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        Self::new(interval, rate / part.max(1))
    }

    pub(super) fn burst(&self) -> u32 {
        self.burst
    }

    /// How much earlier than its regular time a message may leave.
    fn tolerance(&self) -> Duration {
        self.interval.saturating_mul(self.burst - 1)
    }
}

/// A bucket under some [`Limit`], which every call is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bucket {
    full_at: Duration,
}

impl Bucket {
    /// Nothing was sent before: the whole burst may leave.
    pub(super) fn full(now: Duration) -> Self {
        Self { full_at: now }
    }

    /// Others may just have used all of it: the first message may leave one interval from now.
    pub(super) fn empty(limit: &Limit, now: Duration) -> Self {
        let full_at = now.saturating_add(limit.interval.saturating_mul(limit.burst));
        Self { full_at }
    }

    /// When a message may leave after `reserved` others, which leave at `now` or later.
    pub(super) fn earliest(&self, limit: &Limit, reserved: u32, now: Duration) -> Duration {
        let ahead = limit.interval.saturating_mul(reserved);
        let full_at = self.full_at.max(now).saturating_add(ahead);
        full_at.saturating_sub(limit.tolerance()).max(now)
    }

    /// A message leaves.
    pub(super) fn take(&mut self, limit: &Limit, now: Duration) {
        self.full_at = self.full_at.max(now).saturating_add(limit.interval);
    }

    /// Whether it is as if nothing had ever been taken from it.
    pub(super) fn is_full(&self, now: Duration) -> bool {
        self.full_at <= now
    }
}
