//! What a flush changes in the session while it runs: how long it may wait for locks, all waits together, and how its
//! statements are planned.
use std::time::{Duration, Instant};

use pgrx::pg_sys;

use crate::settings;

/// The time that one flush may spend; while it lives, some of the session's settings are ours.
#[derive(Debug)]
pub struct Budget {
    limit: Duration,
    ends: Instant,
    saved_lock_timeout_ms: i32,
    saved_enable_seqscan: bool,
    saved_jit_enabled: bool,
    saved_read_only: bool,
}

impl Budget {
    /// The least of `zap.lock_timeout`, the user's own `lock_timeout`, and half of `deadlock_timeout`: so the deadlock
    /// checker never has to choose between us and the user.
    pub fn start() -> Self {
        // SAFETY: plain settings variables of this single-threaded backend; they are put back by `drop`.
        unsafe {
            let mut limit = settings::lock_timeout().min(milliseconds(pg_sys::DeadlockTimeout) / 2);
            if pg_sys::LockTimeout > 0 {
                limit = limit.min(milliseconds(pg_sys::LockTimeout));
            }
            let budget = Self {
                limit,
                ends: Instant::now() + limit,
                saved_lock_timeout_ms: pg_sys::LockTimeout,
                saved_enable_seqscan: pg_sys::enable_seqscan,
                saved_jit_enabled: pg_sys::jit_enabled,
                saved_read_only: pg_sys::XactReadOnly,
            };
            // A plan made while the table was empty would read all of it for ever after; and what forbidding that
            // costs on paper must not start the compiler.
            pg_sys::enable_seqscan = false;
            pg_sys::jit_enabled = false;
            // A transaction may turn read-only after it has inserted an order.
            pg_sys::XactReadOnly = false;
            budget
        }
    }

    /// Lets the next statement that writes to the queue wait: a share is kept to write down what was missed.
    pub fn limit_queue_waits(&self) {
        self.limit_waits(self.limit / 4);
    }

    /// Lets the next statement wait for half of that share.
    pub fn limit_gap_waits(&self) {
        self.limit_waits(self.limit / 8);
    }

    /// Lets the next statement wait for what is left.
    pub fn limit_last_waits(&self) {
        self.limit_waits(Duration::ZERO);
    }

    fn limit_waits(&self, reserve: Duration) {
        let left = self
            .ends
            .saturating_duration_since(Instant::now())
            .saturating_sub(reserve);
        // Time spent working on a large batch counts too, so never less than a little: the short locks that the server
        // takes to grow a table are waits as well. And 0 would mean no limit.
        let left = left.max(self.limit / 8).max(Duration::from_millis(1));
        let left_ms = i32::try_from(left.as_millis()).unwrap_or(i32::MAX);
        // SAFETY: a plain settings variable, see `start`.
        unsafe { pg_sys::LockTimeout = left_ms };
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        // SAFETY: see `start`.
        unsafe {
            pg_sys::LockTimeout = self.saved_lock_timeout_ms;
            pg_sys::enable_seqscan = self.saved_enable_seqscan;
            pg_sys::jit_enabled = self.saved_jit_enabled;
            pg_sys::XactReadOnly = self.saved_read_only;
        }
    }
}

fn milliseconds(value: i32) -> Duration {
    Duration::from_millis(u64::try_from(value).unwrap_or(0))
}
