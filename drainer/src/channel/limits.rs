//! How much a channel may send.

use std::time::Duration;

/// The longest time that PostgreSQL's intervals and everybody's patience take.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// How much a channel may send; none: no such limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Messages per minute, at most.
    pub rate_per_minute: Option<u32>,
    /// Messages per second, at most.
    pub rate_per_second: Option<i32>,
    /// Time between two messages to one recipient, on average.
    pub recipient_interval: Option<Duration>,
    /// Messages to one recipient that may follow each other at once.
    pub recipient_burst: Option<i32>,
    /// Messages per day, at most.
    pub daily_cap: Option<i32>,
    /// How the first days' cap grows.
    pub warm_up: Option<WarmUp>,
    /// Shortest and longest random pause between two messages.
    pub delay: (Duration, Duration),
    /// Percent of the recipients that it serves.
    pub share: i16,
}

/// A new number's daily cap grows to the usual one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WarmUp {
    /// Messages allowed on the first day.
    pub from: i32,
    /// Days until the usual cap is allowed.
    pub days: i32,
}

/// Limits that no channel can keep, or that mean something else than they say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// The first day's cap is above the usual one.
    #[error(
        "--warm-up begins with {from} messages a day, above the daily cap of {cap}; give a lower number, or a higher --daily-cap"
    )]
    WarmUpAboveCap {
        /// Messages allowed on the first day.
        from: i32,
        /// Messages allowed on any day.
        cap: i32,
    },
    /// A minute's limit is never reached.
    #[error(
        "--per-second {per_second} allows more than --rate {per_minute}/min ever does; give a lower one, or a higher --rate"
    )]
    SecondAboveMinute {
        /// Messages per second.
        per_second: i32,
        /// Messages per minute.
        per_minute: u32,
    },
    /// A pause is longer than anything can wait.
    #[error("--delay is longer than a day; give pauses such as 1s..3s")]
    DelayTooLong,
}

impl Limits {
    /// Looks whether they can hold together.
    ///
    /// # Errors
    /// What contradicts what.
    pub fn check(&self) -> Result<(), LimitError> {
        if let (Some(WarmUp { from, .. }), Some(cap)) = (self.warm_up, self.daily_cap)
            && from > cap
        {
            return Err(LimitError::WarmUpAboveCap { from, cap });
        }
        if let (Some(per_second), Some(per_minute)) = (self.rate_per_second, self.rate_per_minute)
            && u32::try_from(per_second).is_ok_and(|per_second| per_second > per_minute)
        {
            return Err(LimitError::SecondAboveMinute {
                per_second,
                per_minute,
            });
        }
        if self.delay.1 > DAY {
            return Err(LimitError::DelayTooLong);
        }
        Ok(())
    }
}

/// Reads a time that is longer than nothing, such as `6s`.
///
/// # Errors
/// What a time must be like.
pub fn parse_interval(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text.trim())
        .ok()
        .filter(|time| !time.is_zero() && *time <= LONGEST)
        .ok_or_else(|| "write a time longer than nothing, such as 6s".to_owned())
}

/// Reads a warm-up such as `20..14`: from 20 messages a day to the daily cap in 14 days.
///
/// # Errors
/// What it must be like.
pub fn parse_warm_up(text: &str) -> Result<WarmUp, String> {
    let count = |part: &str| part.trim().parse().ok().filter(|count: &i32| *count > 0);
    text.split_once("..")
        .and_then(|(from, days)| {
            Some(WarmUp {
                from: count(from)?,
                days: count(days)?,
            })
        })
        .ok_or_else(|| {
            "write the first day's messages and the days until the cap, both above 0, such as 20..14"
                .to_owned()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits {
            rate_per_minute: Some(30),
            rate_per_second: None,
            recipient_interval: None,
            recipient_burst: None,
            daily_cap: Some(100),
            warm_up: None,
            delay: (Duration::ZERO, Duration::ZERO),
            share: 100,
        }
    }

    #[test]
    fn a_warm_up_is_a_start_and_days() {
        assert_eq!(parse_warm_up("20..14"), Ok(WarmUp { from: 20, days: 14 }));
        for bad in ["20", "0..14", "20..0", "..", "20..-1", "a..b", "20..14d"] {
            assert!(parse_warm_up(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_interval_is_longer_than_nothing() {
        assert_eq!(parse_interval("6s"), Ok(Duration::from_secs(6)));
        for bad in ["0s", "6", "-1s", "900years"] {
            assert!(parse_interval(bad).is_err(), "{bad}");
        }
    }

    /// Bad input: impossible limits.
    #[test]
    fn limits_that_contradict_each_other_are_refused() {
        assert_eq!(limits().check(), Ok(()));
        let warm_up = |from| Limits {
            warm_up: Some(WarmUp { from, days: 7 }),
            ..limits()
        };
        assert_eq!(warm_up(100).check(), Ok(()));
        assert!(matches!(
            warm_up(101).check(),
            Err(LimitError::WarmUpAboveCap { .. })
        ));
        let per_second = |rate| Limits {
            rate_per_second: Some(rate),
            ..limits()
        };
        assert_eq!(per_second(30).check(), Ok(()));
        assert!(matches!(
            per_second(31).check(),
            Err(LimitError::SecondAboveMinute { .. })
        ));
        let slow = Limits {
            delay: (Duration::ZERO, Duration::from_secs(90_000)),
            ..limits()
        };
        assert_eq!(slow.check(), Err(LimitError::DelayTooLong));
    }
}
