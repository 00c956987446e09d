//! In which order a channel sends what is due: by priority, and what has waited longer moves up.

use chrono::{DateTime, TimeDelta, Utc};

/// One step of priority is worth as much waiting.
const STEP: TimeDelta = TimeDelta::minutes(1);
/// Priorities go from -10 to 10: so 20 minutes of waiting outweigh any.
const MOST: i16 = 10;

/// `priority` within -10 to 10.
#[must_use]
pub fn clamp(priority: i16) -> i16 {
    priority.clamp(-MOST, MOST)
}

/// The time by which due notifications are ordered, smallest first: a minute before `next_attempt_at` for each step of
/// priority. It does not change while a notification waits, so an order by it needs no second look.
#[must_use]
pub fn effective_time(next_attempt_at: DateTime<Utc>, priority: i16) -> DateTime<Utc> {
    let advantage = STEP * i32::from(clamp(priority));
    // Only the ends of time, which no notification has, are out of range.
    next_attempt_at
        .checked_sub_signed(advantage)
        .unwrap_or(next_attempt_at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    /// Q1: a step of priority is worth a minute.
    #[test]
    fn a_higher_priority_comes_first_until_another_has_waited_longer() {
        let urgent = effective_time(at(59), 1);
        assert!(urgent < effective_time(at(0), 0));
        let later = effective_time(at(61), 1);
        assert!(later > effective_time(at(0), 0));
    }

    #[test]
    fn priorities_beyond_ten_are_worth_ten() {
        assert_eq!(
            [-11, -10, 0, 10, i16::MAX].map(clamp),
            [-10, -10, 0, 10, 10]
        );
        assert_eq!(effective_time(at(0), i16::MAX), at(-600));
        assert_eq!(effective_time(at(0), i16::MIN), at(600));
        let end = DateTime::<Utc>::MAX_UTC;
        assert_eq!(effective_time(end, i16::MIN), end);
    }

    proptest! {
        /// Q1: within a priority, in order of time; and nothing is overtaken by what became due 20 minutes later.
        #[test]
        fn nothing_waits_for_ever(
            first in 0_i64..10_000, second in 0_i64..10_000, one in any::<i16>(), other in any::<i16>(),
        ) {
            prop_assert_eq!(
                effective_time(at(first), one).cmp(&effective_time(at(second), one)),
                first.cmp(&second)
            );
            if second - first > 20 * 60 {
                prop_assert!(effective_time(at(first), one) < effective_time(at(second), other));
            }
        }
    }
}
