//! Gives out the moments at which a channel may send.

use std::sync::Arc;
use std::time::Duration;

use super::Pace;
use super::bucket::{Bucket, Limit};
use super::recipients::Recipients;

/// What is reserved is counted by the references to one of these, so that it is given back by dropping it.
pub(super) type Held = Arc<()>;

/// How many are reserved; the counter's own reference is not.
pub(super) fn held(counter: &Held) -> u32 {
    u32::try_from(Arc::strong_count(counter) - 1).unwrap_or(u32::MAX)
}

/// Gives out the moments at which a channel may send. Times are durations since any fixed start.
///
/// A message is first reserved, then marked in the database, and leaves some time later or not at all. The limits hold
/// for when messages *leave*: in any window of length `w`, for the channel by minute and by second and for each
/// recipient, at most `burst + w × rate`. What is reserved and dropped costs nothing. Time must not go back from call to
/// call.
#[derive(Debug)]
pub struct Pacer {
    pace: Pace,
    per_minute: Bucket,
    per_second: Bucket,
    recipients: Recipients,
    /// End of the random pause after the last message.
    rested_at: Duration,
    reserved: Held,
}

/// Leave for one message. Dropped, it is given back.
#[derive(Debug)]
#[must_use = "dropped, the leave is given back"]
pub struct Reservation {
    recipient: Box<str>,
    _channel: Held,
    _recipient: Option<Held>,
}

/// Why a message may not leave yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// The channel sends nothing before that time.
    Channel(Duration),
    /// This recipient gets nothing before that time; others may.
    Recipient(Duration),
    /// The pause begins with a message that is reserved: ask again when it has left or is given back.
    Reserved,
}

impl Pacer {
    /// For a channel that nobody ever sent on: the whole burst may leave.
    #[must_use]
    pub fn fresh(pace: Pace, now: Duration) -> Self {
        Self {
            pace,
            per_minute: Bucket::full(now),
            per_second: Bucket::full(now),
            recipients: Recipients::new(Bucket::full(now)),
            rested_at: now,
            reserved: Arc::default(),
        }
    }

    /// For a channel that somebody else may have sent on until `now`: as if everything had just been used, by the
    /// channel and to each recipient.
    #[must_use]
    pub fn taking_over(pace: Pace, now: Duration) -> Self {
        Self {
            pace,
            per_minute: Bucket::empty(&pace.minute_limit(), now),
            per_second: Bucket::empty(&pace.second_limit(), now),
            recipients: Recipients::new(unknown(&pace, now)),
            rested_at: now.saturating_add(pace.delay_min),
            reserved: Arc::default(),
        }
    }

    /// Keeps to `pace` from now on. A limit that is changed by it starts empty.
    pub fn follow(&mut self, pace: Pace, now: Duration) {
        if pace.minute_limit() != self.pace.minute_limit() {
            self.per_minute = Bucket::empty(&pace.minute_limit(), now);
        }
        if pace.second_limit() != self.pace.second_limit() {
            self.per_second = Bucket::empty(&pace.second_limit(), now);
        }
        if pace.recipient != self.pace.recipient {
            self.recipients = Recipients::new(unknown(&pace, now));
        }
        self.pace = pace;
    }

    /// Whether a message to `recipient` may leave now, or else what for and until when it waits. `delay` is the message's
    /// own: the channel is silent for that long before it, besides the random pause.
    ///
    /// # Errors
    /// When it has to wait.
    pub fn check(&self, recipient: &str, delay: Duration, now: Duration) -> Result<(), Wait> {
        let reserved = held(&self.reserved);
        if reserved > 0 && (self.pace.has_pause() || !delay.is_zero()) {
            return Err(Wait::Reserved);
        }
        let rested = self.rested_at.saturating_add(delay);
        let channel = self.channel_earliest(reserved, now).max(rested);
        if channel > now {
            return Err(Wait::Channel(channel));
        }
        match self.recipient_earliest(recipient, now) {
            Some(at) if at > now => Err(Wait::Recipient(at)),
            _ => Ok(()),
        }
    }

    /// Reserves what [`Self::check`] allows.
    ///
    /// # Errors
    /// When it has to wait.
    pub fn reserve(
        &mut self,
        recipient: &str,
        delay: Duration,
        now: Duration,
    ) -> Result<Reservation, Wait> {
        self.check(recipient, delay, now)?;
        let limited = self.pace.recipient_limit().is_some();
        Ok(Reservation {
            recipient: recipient.into(),
            _channel: self.reserved.clone(),
            _recipient: limited.then(|| self.recipients.hold(recipient, now)),
        })
    }

    /// The reserved message leaves now. `unit` is a random number from 0.0 to 1.0 that picks the pause after it between
    /// `delay_min` and `delay_max`.
    pub fn leave(&mut self, reservation: Reservation, now: Duration, unit: f64) {
        self.per_minute.take(&self.pace.minute_limit(), now);
        self.per_second.take(&self.pace.second_limit(), now);
        if let Some(limit) = self.pace.recipient_limit() {
            self.recipients.take(&limit, &reservation.recipient, now);
        }
        self.rested_at = now.saturating_add(self.pace.pause(unit));
    }

    fn channel_earliest(&self, reserved: u32, now: Duration) -> Duration {
        let by = |bucket: &Bucket, limit: Limit| bucket.earliest(&limit, reserved, now);
        by(&self.per_minute, self.pace.minute_limit())
            .max(by(&self.per_second, self.pace.second_limit()))
    }

    fn recipient_earliest(&self, recipient: &str, now: Duration) -> Option<Duration> {
        let limit = self.pace.recipient_limit()?;
        Some(self.recipients.earliest(&limit, recipient, now))
    }
}

/// The bucket of recipients that somebody else may have written to.
fn unknown(pace: &Pace, now: Duration) -> Bucket {
    match pace.recipient_limit() {
        Some(limit) => Bucket::empty(&limit, now),
        None => Bucket::full(now),
    }
}

#[cfg(test)]
mod tests;
