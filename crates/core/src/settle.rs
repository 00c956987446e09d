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

#[cfg(test)]
mod tests {
    use super::*;

    const CAPTURED: DateTime<Utc> = DateTime::<Utc>::UNIX_EPOCH;

    fn at(milliseconds: u64) -> DateTime<Utc> {
        CAPTURED + Duration::from_millis(milliseconds)
    }

    /// A look with the default times (2 s and 10 s).
    fn look(milliseconds: u64, previous_hash: Option<&str>, hash: &str, ready: bool) -> Look {
        decide(SettleInput {
            captured_at: CAPTURED,
            now: at(milliseconds),
            previous_hash,
            hash,
            ready,
            settle: Duration::from_secs(2),
            max_settle: Duration::from_secs(10),
        })
    }

    fn again_at(milliseconds: u64) -> Look {
        Look::LookAgainAt(at(milliseconds))
    }

    #[test]
    fn an_order_that_stays_the_same_is_complete_at_the_second_look() {
        assert_eq!(look(5, None, "a", true), again_at(2005));
        assert_eq!(look(2005, Some("a"), "a", true), Look::Complete);
    }

    #[test]
    fn an_order_that_keeps_changing_is_complete_after_the_longest_time() {
        assert_eq!(look(2005, Some("a"), "b", true), again_at(4005));
        assert_eq!(look(8500, Some("b"), "c", true), again_at(10_000));
        assert_eq!(look(10_000, Some("c"), "d", true), Look::Complete);
        assert_eq!(look(600_000, None, "a", true), Look::Complete);
    }

    #[test]
    fn without_settle_time_the_first_look_is_enough() {
        let input = SettleInput {
            captured_at: CAPTURED,
            now: CAPTURED,
            previous_hash: None,
            hash: "a",
            ready: true,
            settle: Duration::ZERO,
            max_settle: Duration::ZERO,
        };
        assert_eq!(decide(input), Look::Complete);
        let not_ready = SettleInput {
            ready: false,
            ..input
        };
        assert_eq!(decide(not_ready), again_at(1000));
    }

    #[test]
    fn an_order_that_is_not_ready_is_looked_at_ever_less_often() {
        assert_eq!(look(0, None, "a", false), again_at(2000));
        assert_eq!(look(2000, Some("a"), "a", false), again_at(4000));
        assert_eq!(look(40_000, Some("a"), "a", false), again_at(50_000));
        assert_eq!(look(3_600_000, Some("a"), "a", false), again_at(3_660_000));
    }

    #[test]
    fn an_order_that_is_not_visible_is_looked_for_until_the_longest_time() {
        let look = |now, settle| {
            look_for_absent(
                CAPTURED,
                at(now),
                Duration::from_millis(settle),
                Duration::from_secs(10),
            )
        };
        assert_eq!(look(0, 2000), Some(at(2000)));
        assert_eq!(look(0, 0), Some(at(1000)));
        assert_eq!(look(9500, 2000), Some(at(10_000)));
        assert_eq!(look(10_000, 2000), None);
    }

    #[test]
    fn a_clock_that_goes_back_and_endless_times_do_no_harm() {
        let input = SettleInput {
            captured_at: at(5000),
            now: CAPTURED,
            previous_hash: None,
            hash: "a",
            ready: false,
            settle: Duration::MAX,
            max_settle: Duration::MAX,
        };
        assert_eq!(decide(input), Look::LookAgainAt(DateTime::<Utc>::MAX_UTC));
        let ready = SettleInput {
            ready: true,
            ..input
        };
        assert_eq!(decide(ready), Look::LookAgainAt(DateTime::<Utc>::MAX_UTC));
    }
}
