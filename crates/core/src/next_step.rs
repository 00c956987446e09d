//! What to do after a failed attempt: the one place that decides between retrying, waiting and
//! giving up.

use std::time::Duration;

use crate::backoff::Backoff;
use crate::error_class::{ErrorClass, SendError};

/// A wrong credential is mended by a person, not by asking again at once.
const CHANNEL_AUTH_WAIT: Duration = Duration::from_secs(60);

/// How often and at which intervals to try.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// Attempts that reach a provider before a notification has failed.
    pub max_attempts: u32,
    /// Waits between them.
    pub backoff: Backoff,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 8,
            backoff: Backoff::default(),
        }
    }
}

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// Certainly not sent: try this notification again after the wait.
    RetryAfter(Duration),
    /// The channel is the obstacle: it rests for the wait, its notifications are kept and lose no
    /// attempt by it; only `expires_at` ends them.
    WaitForChannel(Duration),
    /// The message may have been sent: mark it, and reconcile or repeat it after the wait.
    MarkUncertain {
        /// Wait before that.
        retry_after: Duration,
    },
    /// It has failed for good.
    GiveUp,
}

/// The next step after `error`.
///
/// `attempts_made` counts the attempts that reached, or may have reached, a provider, this one
/// included if it did. `unit` is a random number from 0.0 to 1.0 for the jitter. The provider's
/// `retry_after` lengthens a wait and never shortens it.
#[must_use]
pub fn next_step(
    error: &SendError,
    attempts_made: u32,
    policy: &RetryPolicy,
    unit: f64,
) -> NextStep {
    let asked_for = error.retry_after.unwrap_or_default();
    let wait = policy.backoff.delay(attempts_made, unit).max(asked_for);
    let exhausted = attempts_made >= policy.max_attempts;
    match error.class {
        ErrorClass::RecipientInvalid
        | ErrorClass::WindowClosed
        | ErrorClass::OptedOut
        | ErrorClass::Rejected => NextStep::GiveUp,
        ErrorClass::Throttled | ErrorClass::ChannelDown => NextStep::WaitForChannel(wait),
        ErrorClass::ChannelAuth => NextStep::WaitForChannel(wait.max(CHANNEL_AUTH_WAIT)),
        ErrorClass::Transient | ErrorClass::SourceError | ErrorClass::Uncertain if exhausted => {
            NextStep::GiveUp
        }
        ErrorClass::Uncertain => NextStep::MarkUncertain { retry_after: wait },
        ErrorClass::Transient | ErrorClass::SourceError => NextStep::RetryAfter(wait),
    }
}
