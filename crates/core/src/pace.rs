//! How fast a channel may send: rates with a small burst, for the channel and for each recipient, and a random pause
//! between two messages, as a person at a phone would leave.

mod bucket;
mod pacer;
mod parse;
mod recipients;

use std::time::Duration;

use bucket::Limit;

pub use pacer::{Pacer, Reservation, Wait};
pub use parse::{PaceError, parse_delay, parse_rate};

use crate::backoff::unit_interval;

const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);
/// A sixth of a minute's messages may leave at once: those of 10 s.
const MINUTE_BURST_PART: u32 = 6;

/// Pace of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pace {
    /// Messages per minute at most, and after a quiet time those of 10 s at once (at least one); `None`: no limit.
    /// Zero counts as one.
    pub per_minute: Option<u32>,
    /// Messages per second at most, and after a quiet time as many at once; `None`: no limit. Zero counts as one.
    pub per_second: Option<u32>,
    /// Shortest pause between two messages.
    pub delay_min: Duration,
    /// Longest pause between two messages.
    pub delay_max: Duration,
    /// How fast one recipient may get messages; `None`: no limit.
    pub recipient: Option<RecipientLimit>,
}

/// How fast one recipient may get messages, as providers limit a pair of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecipientLimit {
    /// Time between two messages, on average.
    pub interval: Duration,
    /// Messages that may follow each other at once after a quiet time. Zero counts as one.
    pub burst: u32,
}

impl Pace {
    /// Messages that may leave at once after a quiet time, by the limits of the channel.
    #[must_use]
    pub fn burst(&self) -> u32 {
        self.minute_limit().burst().min(self.second_limit().burst())
    }

    fn minute_limit(&self) -> Limit {
        Limit::rate(self.per_minute, MINUTE, MINUTE_BURST_PART)
    }

    fn second_limit(&self) -> Limit {
        Limit::rate(self.per_second, SECOND, 1)
    }

    fn recipient_limit(&self) -> Option<Limit> {
        let limit = self.recipient?;
        Some(Limit::new(limit.interval, limit.burst))
    }

    fn has_pause(&self) -> bool {
        !self.delay_min.max(self.delay_max).is_zero()
    }

    fn pause(&self, unit: f64) -> Duration {
        let range = self.delay_max.saturating_sub(self.delay_min);
        (self.delay_min + range.mul_f64(unit_interval(unit)))
            .min(self.delay_max.max(self.delay_min))
    }
}
