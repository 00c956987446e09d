//! What to do after a failed attempt: the one place that decides between retrying, waiting and
//! giving up.

use std::time::Duration;

use crate::backoff::Backoff;
use crate::error_class::{ErrorClass, SendError, ThrottleScope};

/// A wrong credential is mended by a person, not by asking again at once.
const CHANNEL_AUTH_WAIT: Duration = Duration::from_secs(60);

/// How often and at which intervals to try.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// Attempts that reach a provider before a notification has failed.
    pub max_attempts: u32,
    /// Attempts without an answer before a notification has failed. Each may have been a delivery: Evolution API goes on
    /// with a request whose client has given up.
    pub max_unanswered: u32,
    /// Waits between them.
    pub backoff: Backoff,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 8,
            max_unanswered: 3,
            backoff: Backoff::default(),
        }
    }
}

/// Attempts that a notification has had, the one that is judged included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// Those that reached, or may have reached, a provider.
    pub made: u32,
    /// Those among them that were left without an answer.
    pub unanswered: u32,
    /// There is an approved template for the message that has not been tried.
    pub template_left: bool,
}

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// Certainly not sent: try this notification again after the wait.
    RetryAfter(Duration),
    /// The channel is the obstacle: it rests for the wait, its notifications are kept and lose no
    /// attempt by it; only `expires_at` ends them.
    WaitForChannel(Duration),
    /// The recipient has got too much: this notification waits and loses no attempt by it; only `expires_at` ends it.
    WaitForRecipient(Duration),
    /// The message may have been sent: mark it, and reconcile or repeat it after the wait.
    MarkUncertain {
        /// Wait before that.
        retry_after: Duration,
    },
    /// Free text is refused: the approved template is sent instead, at once.
    SendTemplate,
    /// It has failed for good.
    GiveUp,
    /// It has failed for good, but may have been sent, even more than once.
    GiveUpUncertain,
}

/// The next step after `error`.
///
/// `unit` is a random number from 0.0 to 1.0 for the jitter. The provider's
/// `retry_after` lengthens a wait and never shortens it.
#[must_use]
pub fn next_step(
    error: &SendError,
    attempts: Attempts,
    policy: &RetryPolicy,
    unit: f64,
) -> NextStep {
    let asked_for = error.retry_after.unwrap_or_default();
    let wait = policy.backoff.delay(attempts.made, unit).max(asked_for);
    let exhausted = attempts.made >= policy.max_attempts;
    match error.class {
        ErrorClass::Uncertain => after_silence(attempts, policy, asked_for, unit),
        ErrorClass::WindowClosed if attempts.template_left => NextStep::SendTemplate,
        ErrorClass::RecipientInvalid
        | ErrorClass::WindowClosed
        | ErrorClass::OptedOut
        | ErrorClass::Rejected => NextStep::GiveUp,
        ErrorClass::Throttled if error.scope == ThrottleScope::Recipient => {
            NextStep::WaitForRecipient(wait)
        }
        ErrorClass::Throttled | ErrorClass::ChannelDown => NextStep::WaitForChannel(wait),
        ErrorClass::ChannelAuth => NextStep::WaitForChannel(wait.max(CHANNEL_AUTH_WAIT)),
        ErrorClass::Transient | ErrorClass::SourceError if exhausted => NextStep::GiveUp,
        ErrorClass::Transient | ErrorClass::SourceError => NextStep::RetryAfter(wait),
    }
}

/// Whether an attempt that ended so counts as one. Not when it reached no provider, nor when what was in its way was not
/// the message: those who wait for that must not have fewer attempts afterwards.
#[must_use]
pub fn costs_attempt(error: &SendError) -> bool {
    match error.class {
        ErrorClass::Throttled | ErrorClass::ChannelDown | ErrorClass::ChannelAuth => false,
        ErrorClass::Uncertain => true,
        _ => error.reached_provider,
    }
}

/// A repeat begins at the second step of the backoff: what was silent is given time to deliver what it has.
fn after_silence(
    attempts: Attempts,
    policy: &RetryPolicy,
    asked_for: Duration,
    unit: f64,
) -> NextStep {
    if attempts.unanswered >= policy.max_unanswered || attempts.made >= policy.max_attempts {
        return NextStep::GiveUpUncertain;
    }
    NextStep::MarkUncertain {
        retry_after: policy
            .backoff
            .delay(attempts.unanswered.saturating_add(1), unit)
            .max(asked_for),
    }
}

#[cfg(test)]
mod tests;
