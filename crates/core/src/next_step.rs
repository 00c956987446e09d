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
        /// How long the channel rests: other messages must not run into the same silence.
        channel_rest: Duration,
    },
    /// It has failed for good.
    GiveUp,
    /// It has failed for good, but may have been sent, even more than once. The channel rests as for `MarkUncertain`.
    GiveUpUncertain {
        /// How long the channel rests.
        channel_rest: Duration,
    },
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
        ErrorClass::Uncertain => after_silence(attempts, policy, unit),
        ErrorClass::RecipientInvalid
        | ErrorClass::WindowClosed
        | ErrorClass::OptedOut
        | ErrorClass::Rejected => NextStep::GiveUp,
        ErrorClass::Throttled | ErrorClass::ChannelDown => NextStep::WaitForChannel(wait),
        ErrorClass::ChannelAuth => NextStep::WaitForChannel(wait.max(CHANNEL_AUTH_WAIT)),
        ErrorClass::Transient | ErrorClass::SourceError if exhausted => NextStep::GiveUp,
        ErrorClass::Transient | ErrorClass::SourceError => NextStep::RetryAfter(wait),
    }
}

/// A repeat begins at the second step of the backoff: what was silent is given time to deliver what it has.
fn after_silence(attempts: Attempts, policy: &RetryPolicy, unit: f64) -> NextStep {
    let channel_rest = policy.backoff.delay(1, unit);
    if attempts.unanswered >= policy.max_unanswered || attempts.made >= policy.max_attempts {
        return NextStep::GiveUpUncertain { channel_rest };
    }
    NextStep::MarkUncertain {
        retry_after: policy
            .backoff
            .delay(attempts.unanswered.saturating_add(1), unit),
        channel_rest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ErrorClass::{
        ChannelAuth, ChannelDown, OptedOut, RecipientInvalid, Rejected, SourceError, Throttled,
        Transient, Uncertain, WindowClosed,
    };

    fn step(class: ErrorClass, made: u32, retry_after: Option<u64>) -> NextStep {
        let unanswered = u32::from(class == Uncertain);
        step_after(class, Attempts { made, unanswered }, retry_after)
    }

    fn step_after(class: ErrorClass, attempts: Attempts, retry_after: Option<u64>) -> NextStep {
        let error = SendError {
            class,
            message: String::new(),
            retry_after: retry_after.map(Duration::from_secs),
            reached_provider: true,
        };
        next_step(&error, attempts, &RetryPolicy::default(), 0.5)
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
                    channel_rest: seconds(5),
                },
                NextStep::GiveUpUncertain {
                    channel_rest: seconds(5),
                },
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

    /// B2: each attempt without an answer may have been a delivery, so there are few of them, whatever else was tried.
    #[test]
    fn the_third_silence_is_the_last() {
        let steps = [(1, 1), (5, 2), (6, 3)]
            .map(|(made, unanswered)| step_after(Uncertain, Attempts { made, unanswered }, None));
        let channel_rest = seconds(5);
        let again = |retry_after| NextStep::MarkUncertain {
            retry_after,
            channel_rest,
        };
        let last = NextStep::GiveUpUncertain { channel_rest };
        assert_eq!(steps, [again(seconds(20)), again(seconds(80)), last]);
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
