//! The status of a notification and the one function that decides every change of it.

use std::fmt;
use std::str::FromStr;

/// Status of a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Waits for its first attempt (or for intake).
    Pending,
    /// An attempt is in flight.
    Processing,
    /// The provider has accepted it.
    Sent,
    /// It is on the recipient's phone.
    Delivered,
    /// The recipient has read it.
    Read,
    /// An attempt failed; waits for the next one.
    Retrying,
    /// An attempt left no answer: it may have been sent.
    Uncertain,
    /// Given up.
    Failed,
    /// Withdrawn by a person or program.
    Canceled,
    /// Not to be sent, for a reason stored beside it.
    Skipped,
    /// Not sent in time.
    Expired,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 11] = [
        Self::Pending,
        Self::Processing,
        Self::Sent,
        Self::Delivered,
        Self::Read,
        Self::Retrying,
        Self::Uncertain,
        Self::Failed,
        Self::Canceled,
        Self::Skipped,
        Self::Expired,
    ];

    /// The text stored in the queue's `status` column.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Retrying => "retrying",
            Self::Uncertain => "uncertain",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Skipped => "skipped",
            Self::Expired => "expired",
        }
    }

    /// Whether it may be claimed for an attempt.
    #[must_use]
    pub const fn is_claimable(self) -> bool {
        matches!(self, Self::Pending | Self::Retrying | Self::Uncertain)
    }

    /// Whether nothing more will be sent for it, unless somebody asks for it. Receipts may still move it forward.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !self.is_claimable() && !matches!(self, Self::Processing)
    }

    /// Whether it ended without a message, as far as is known: somebody may want it to be sent after all.
    #[must_use]
    pub const fn is_given_up(self) -> bool {
        matches!(
            self,
            Self::Failed | Self::Canceled | Self::Skipped | Self::Expired
        )
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == text)
            .ok_or_else(|| UnknownStatus(text.to_owned()))
    }
}

/// A text that is no status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown status \"{0}\"")]
pub struct UnknownStatus(pub String);

/// What may happen to a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatusEvent {
    /// Taken for an attempt.
    Claimed,
    /// The provider has it: its answer, a receipt that says so, or reconciliation.
    Accepted,
    /// The attempt certainly sent nothing and another one is due later (also when it was taken and
    /// then not tried: channel down, shutdown).
    RetryScheduled,
    /// The attempt ended without an answer that tells.
    AnswerLost,
    /// No further attempt: refused for good, or attempts used up.
    GaveUp,
    /// Withdrawn.
    Canceled,
    /// Found not to be sent.
    Skipped,
    /// Its time is over.
    Expired,
    /// Somebody wants it to be sent after all.
    Requeued {
        /// Whether an attempt was made before, of which there may still be news.
        attempted: bool,
    },
    /// Receipt: on the phone.
    Delivered,
    /// Receipt: read.
    Read,
    /// Receipt: the provider failed after accepting it. One that is there before the answer has to wait for it, since an
    /// answer wins over a failure.
    DeliveryFailed,
}

impl StatusEvent {
    /// Every event.
    pub const ALL: [Self; 13] = [
        Self::Claimed,
        Self::Accepted,
        Self::RetryScheduled,
        Self::AnswerLost,
        Self::GaveUp,
        Self::Canceled,
        Self::Skipped,
        Self::Expired,
        Self::Requeued { attempted: false },
        Self::Requeued { attempted: true },
        Self::Delivered,
        Self::Read,
        Self::DeliveryFailed,
    ];
}

/// An event that cannot happen in that status: a defect of the caller, or a race that it must
/// settle by reading the row again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a notification that is {from} cannot take the event {event:?}")]
pub struct ImpossibleTransition {
    /// Status it was in.
    pub from: Status,
    /// What was to happen.
    pub event: StatusEvent,
}

/// The status after `event`, which may be the same one: news about a past attempt, late or
/// repeated, never undoes what is known by then.
///
/// # Errors
/// When the event is impossible: a claim, cancellation, skip or expiry of something that does not
/// wait, a retry of something that waits, is in flight or has been sent, or news of an attempt that
/// was never made.
pub fn next(from: Status, event: StatusEvent) -> Result<Status, ImpossibleTransition> {
    let impossible = ImpossibleTransition { from, event };
    let waiting = |to: Status| {
        if from.is_claimable() {
            Ok(to)
        } else {
            Err(impossible)
        }
    };
    match event {
        StatusEvent::Claimed => waiting(Status::Processing),
        StatusEvent::Canceled => waiting(Status::Canceled),
        StatusEvent::Skipped => waiting(Status::Skipped),
        StatusEvent::Expired => waiting(Status::Expired),
        StatusEvent::Requeued { .. } if !from.is_given_up() => Err(impossible),
        StatusEvent::Requeued { attempted: false } => Ok(Status::Pending),
        StatusEvent::Requeued { attempted: true } => Ok(Status::Retrying),
        _ if from == Status::Pending => Err(impossible),
        _ => Ok(after_news(from, event)),
    }
}

/// Where news of an attempt leads that has been made.
fn after_news(from: Status, news: StatusEvent) -> Status {
    use Status::{Delivered, Failed, Processing, Read, Retrying, Sent, Uncertain};
    match (from, news) {
        // Proof of a message wins over whatever was concluded without it, however late it comes.
        (Sent | Delivered | Read, StatusEvent::Accepted) => from,
        (_, StatusEvent::Accepted) => Sent,
        (Delivered | Read, StatusEvent::Delivered) => from,
        (_, StatusEvent::Delivered) => Delivered,
        (_, StatusEvent::Read) => Read,
        (Processing | Uncertain, StatusEvent::RetryScheduled) => Retrying,
        (Processing, StatusEvent::AnswerLost) => Uncertain,
        (Processing | Uncertain | Retrying, StatusEvent::GaveUp) => Failed,
        // Not from retrying: the receipt speaks of an attempt that is to be repeated anyway.
        (Processing | Uncertain | Sent, StatusEvent::DeliveryFailed) => Failed,
        (unchanged, _) => unchanged,
    }
}

#[cfg(test)]
mod tests;
