//! When an order is complete enough to be announced.
//!
//! Applications insert an order, its items and add-ons in separate transactions, so no single event
//! marks the end. An order counts as complete when two looks, a settle time apart, saw the same.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// Shortest pause between two looks at an order that is not ready.
const NOT_READY_MIN: Duration = Duration::from_secs(1);
/// Longest pause between two looks at an order that is not ready.
const NOT_READY_MAX: Duration = Duration::from_secs(60);

/// What one look at an order found.
#[derive(Debug, Clone, Copy)]
pub struct SettleInput<'a> {
    /// When its first item was captured.
    pub captured_at: DateTime<Utc>,
    /// When it was looked at.
    pub now: DateTime<Utc>,
    /// Hash of the context at the previous look; `None` at the first.
    pub previous_hash: Option<&'a str>,
    /// Hash of the context now.
    pub hash: &'a str,
    /// Whether the source's `ready_when` holds.
    pub ready: bool,
    /// Quiet time of the source; zero: complete at the first look.
    pub settle: Duration,
    /// An order that keeps changing is complete this long after its capture.
    pub max_settle: Duration,
}

/// What to do after a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Announce it as it is.
    Complete,
    /// Keep the hash and look again at this time.
    LookAgainAt(DateTime<Utc>),
}

/// Decides after a look at an order that is visible.
///
/// Calls have to be at least the settle time apart, which they are when the caller waits for the
/// returned time. An order that is not ready is looked at at intervals that grow with its age
/// from the settle time (at least 1 s) to 1 min; only the notification's expiry ends that.
#[must_use]
pub fn decide(input: SettleInput<'_>) -> Look {
    let SettleInput {
        captured_at,
        now,
        settle,
        max_settle,
        ..
    } = input;
    if !input.ready {
        return Look::LookAgainAt(later(now, pause(captured_at, now, settle)));
    }
    let deadline = later(captured_at, max_settle);
    let unchanged = input.previous_hash == Some(input.hash);
    if settle.is_zero() || unchanged || now >= deadline {
        return Look::Complete;
    }
    Look::LookAgainAt(later(now, settle).min(deadline))
}

/// When to look again for an order that the context query did not return: its transaction may not
/// be visible yet. `None`: `max_settle` is over, it is gone.
#[must_use]
pub fn look_for_absent(
    captured_at: DateTime<Utc>,
    now: DateTime<Utc>,
    settle: Duration,
    max_settle: Duration,
) -> Option<DateTime<Utc>> {
    let deadline = later(captured_at, max_settle);
    (now < deadline).then(|| later(now, settle.max(NOT_READY_MIN)).min(deadline))
}

/// A quarter of the order's age, within the limits.
fn pause(captured_at: DateTime<Utc>, now: DateTime<Utc>, settle: Duration) -> Duration {
    let age = (now - captured_at).to_std().unwrap_or_default();
    let shortest = settle.max(NOT_READY_MIN);
    (age / 4).clamp(shortest, shortest.max(NOT_READY_MAX))
}

/// `time + wait`, at most the end of time.
fn later(time: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(wait)
        .ok()
        .and_then(|wait| time.checked_add_signed(wait))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}
