//! How fast a channel may send: a rate with a small burst, and a random pause between two messages,
//! as a person at a phone would leave.

use std::time::Duration;

use crate::backoff::unit_interval;

/// Messages that may leave within a moment are those of this much time.
const BURST_TIME: Duration = Duration::from_secs(10);
const MINUTE: Duration = Duration::from_secs(60);

/// Pace of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Messages per minute at most; `None`: no limit. Zero counts as one.
    pub per_minute: Option<u32>,
    /// Shortest pause between two messages.
    pub delay_min: Duration,
    /// Longest pause between two messages.
    pub delay_max: Duration,
}

impl Pace {
    /// Messages that may be sent at once after a quiet time: what the rate allows in 10 s, at
    /// least one.
    #[must_use]
    pub fn burst(&self) -> u32 {
        let per_minute = self.per_minute.unwrap_or(u32::MAX);
        let share = MINUTE.as_secs() / BURST_TIME.as_secs();
        (u64::from(per_minute) / share)
            .max(1)
            .try_into()
            .unwrap_or(u32::MAX)
    }

    /// Time between two messages at the full rate, rounded up.
    fn interval(&self) -> Duration {
        match self.per_minute {
            None => Duration::ZERO,
            Some(rate) => {
                let nanos = (MINUTE.as_nanos() as u64).div_ceil(u64::from(rate.max(1)));
                Duration::from_nanos(nanos)
            }
        }
    }

    fn pause(&self, unit: f64) -> Duration {
        let range = self.delay_max.saturating_sub(self.delay_min);
        (self.delay_min + range.mul_f64(unit_interval(unit)))
            .min(self.delay_max.max(self.delay_min))
    }
}

/// Gives out the times at which a channel may send. Times are durations since any fixed start.
///
/// In any window of length `w` it gives out at most `burst + w × rate` times. It starts with one
/// message allowed and the rest of the burst empty: whoever sent on this channel before may have
/// used it.
#[derive(Debug, Clone)]
pub struct Pacer {
    pace: Pace,
    /// When the bucket will be full again (the "theoretical arrival time" of GCRA).
    full_at: Duration,
    last: Option<Duration>,
}

impl Pacer {
    /// A pacer that starts at `now`.
    #[must_use]
    pub fn new(pace: Pace, now: Duration) -> Self {
        let used = pace.interval().saturating_mul(pace.burst() - 1);
        Self {
            pace,
            full_at: now.saturating_add(used),
            last: None,
        }
    }

    /// Takes the next slot and returns its time, `now` or later: wait until then, send one message.
    ///
    /// `unit` is a random number from 0.0 to 1.0 that picks the pause since the previous message
    /// between `delay_min` and `delay_max`.
    pub fn next_at(&mut self, now: Duration, unit: f64) -> Duration {
        let interval = self.pace.interval();
        let tolerance = interval.saturating_mul(self.pace.burst() - 1);
        let rested = self
            .last
            .map_or(now, |last| last.saturating_add(self.pace.pause(unit)));
        let slot = now.max(rested).max(self.full_at.saturating_sub(tolerance));
        self.full_at = self.full_at.max(slot).saturating_add(interval);
        self.last = Some(slot);
        slot
    }
}

/// A pace that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaceError {
    /// Not a rate.
    #[error(
        "rate \"{0}\" is not understood: write a whole number above 0 and a unit, such as 30/min or 2/s"
    )]
    Rate(String),
    /// Not a delay.
    #[error("delay \"{0}\" is not understood: write one time or a range, such as 0s, 2s or 1s..3s")]
    Delay(String),
    /// The range goes backwards.
    #[error("delay \"{0}\" ends before it begins: write the shorter time first, such as 1s..3s")]
    DelayOrder(String),
}

/// Reads a rate such as `30/min` or `2/s` as messages per minute.
///
/// # Errors
/// When it is anything else, zero, or too large.
pub fn parse_rate(text: &str) -> Result<u32, PaceError> {
    let error = || PaceError::Rate(text.to_owned());
    let (count, unit) = text.split_once('/').ok_or_else(error)?;
    let per_unit = match unit.trim() {
        "min" => 1,
        "s" => 60,
        _ => return Err(error()),
    };
    let count: u32 = count.trim().parse().map_err(|_| error())?;
    count
        .checked_mul(per_unit)
        .filter(|rate| *rate > 0)
        .ok_or_else(error)
}

/// Reads a delay such as `1s..3s`, `500ms` or `0s` as its shortest and longest time.
///
/// # Errors
/// When a time is not understood, or the range goes backwards.
pub fn parse_delay(text: &str) -> Result<(Duration, Duration), PaceError> {
    let time = |part: &str| {
        humantime::parse_duration(part.trim()).map_err(|_| PaceError::Delay(text.to_owned()))
    };
    let (min, max) = match text.split_once("..") {
        Some((min, max)) => (time(min)?, time(max)?),
        None => (time(text)?, time(text)?),
    };
    if min > max {
        return Err(PaceError::DelayOrder(text.to_owned()));
    }
    Ok((min, max))
}

#[cfg(test)]
mod tests;
