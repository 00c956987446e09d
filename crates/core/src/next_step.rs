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

#[cfg(test)]
mod tests {
    use super::*;
    use ErrorClass::{
        ChannelAuth, ChannelDown, OptedOut, RecipientInvalid, Rejected, SourceError, Throttled,
        Transient, Uncertain, WindowClosed,
    };

    fn step(class: ErrorClass, attempts_made: u32, retry_after: Option<u64>) -> NextStep {
        let error = SendError {
            class,
            message: String::new(),
            retry_after: retry_after.map(Duration::from_secs),
            reached_provider: true,
        };
        next_step(&error, attempts_made, &RetryPolicy::default(), 0.5)
    }

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// O5: retry with backoff, limit of attempts, final failure.
    #[test]
    fn every_class_has_its_step_before_and_at_the_limit() {
        let retry = NextStep::RetryAfter(seconds(20));
        let wait = NextStep::WaitForChannel;
        let table = [
            (Transient, retry, NextStep::GiveUp),
            (SourceError, retry, NextStep::GiveUp),
            (
                Uncertain,
                NextStep::MarkUncertain {
                    retry_after: seconds(20),
                },
                NextStep::GiveUp,
            ),
            (Throttled, wait(seconds(20)), wait(seconds(1800))),
            (ChannelDown, wait(seconds(20)), wait(seconds(1800))),
            (ChannelAuth, wait(seconds(60)), wait(seconds(1800))),
            (RecipientInvalid, NextStep::GiveUp, NextStep::GiveUp),
            (WindowClosed, NextStep::GiveUp, NextStep::GiveUp),
            (OptedOut, NextStep::GiveUp, NextStep::GiveUp),
            (Rejected, NextStep::GiveUp, NextStep::GiveUp),
        ];
        assert_eq!(table.len(), ErrorClass::ALL.len());
        for (class, early, at_limit) in table {
            assert_eq!(step(class, 2, None), early, "{class}");
            assert_eq!(step(class, 8, None), at_limit, "{class}");
        }
        assert_eq!(
            step(Transient, 7, None),
            NextStep::RetryAfter(seconds(1800))
        );
    }

    #[test]
    fn the_providers_wish_lengthens_a_wait_and_never_shortens_it() {
        assert_eq!(
            step(Throttled, 1, Some(90)),
            NextStep::WaitForChannel(seconds(90))
        );
        assert_eq!(
            step(Throttled, 1, Some(1)),
            NextStep::WaitForChannel(seconds(5))
        );
        assert_eq!(
            step(Transient, 1, Some(7200)),
            NextStep::RetryAfter(seconds(7200))
        );
    }

    #[test]
    fn a_channel_that_was_never_reached_is_waited_for_without_an_attempt() {
        assert_eq!(
            step(ChannelDown, 0, None),
            NextStep::WaitForChannel(seconds(5))
        );
    }
}
