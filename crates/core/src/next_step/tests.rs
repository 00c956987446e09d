use proptest::prelude::*;

use super::*;
use ErrorClass::{
    ChannelAuth, ChannelDown, OptedOut, RecipientInvalid, Rejected, SourceError, Throttled,
    Transient, Uncertain, WindowClosed,
};

fn step(class: ErrorClass, made: u32, retry_after: Option<u64>) -> NextStep {
    let unanswered = u32::from(class == Uncertain);
    step_after(
        class,
        Attempts {
            made,
            unanswered,
            template_left: false,
        },
        retry_after,
    )
}

fn step_after(class: ErrorClass, attempts: Attempts, retry_after: Option<u64>) -> NextStep {
    let error = SendError {
        class,
        message: String::new(),
        scope: ThrottleScope::Channel,
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
            },
            NextStep::GiveUpUncertain,
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
    let steps = [(1, 1), (5, 2), (6, 3)].map(|(made, unanswered)| {
        step_after(
            Uncertain,
            Attempts {
                made,
                unanswered,
                template_left: false,
            },
            None,
        )
    });
    let again = |retry_after| NextStep::MarkUncertain { retry_after };
    let last = NextStep::GiveUpUncertain;
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

#[test]
fn a_throttled_recipient_holds_up_only_its_own_notification() {
    let error = SendError {
        scope: ThrottleScope::Recipient,
        ..error(Throttled, true, Some(90))
    };
    let attempts = Attempts {
        template_left: false,
        made: 1,
        unanswered: 0,
    };
    let step = next_step(&error, attempts, &RetryPolicy::default(), 0.5);
    assert_eq!(step, NextStep::WaitForRecipient(seconds(90)));
    assert!(!costs_attempt(&error));
}

fn error(class: ErrorClass, reached_provider: bool, retry_after: Option<u64>) -> SendError {
    SendError {
        class,
        message: String::new(),
        scope: ThrottleScope::Channel,
        retry_after: retry_after.map(seconds),
        reached_provider,
    }
}

fn any_error() -> impl Strategy<Value = SendError> {
    let retry_after = prop_oneof![3 => Just(None), 1 => (0_u64..100_000).prop_map(Some)];
    let class = prop::sample::select(&ErrorClass::ALL[..]);
    (class, any::<bool>(), any::<bool>(), retry_after).prop_map(
        |(class, is_recipients, reached_provider, retry_after)| SendError {
            scope: if is_recipients {
                ThrottleScope::Recipient
            } else {
                ThrottleScope::Channel
            },
            ..error(class, reached_provider || class == Uncertain, retry_after)
        },
    )
}

/// What a notification's row says of its attempts.
#[derive(Debug, Clone, Copy, Default)]
struct Row {
    attempts: u32,
    unanswered: u32,
}

impl Row {
    /// One attempt that ends with `error`; the row after it.
    fn attempt(self, error: &SendError, policy: &RetryPolicy, unit: f64) -> (NextStep, Self) {
        let attempts = Attempts {
            template_left: false,
            made: self.attempts + u32::from(error.reached_provider),
            unanswered: self.unanswered + u32::from(error.class == Uncertain),
        };
        let row = Self {
            attempts: self.attempts + u32::from(costs_attempt(error)),
            unanswered: attempts.unanswered,
        };
        (next_step(error, attempts, policy, unit), row)
    }
}

fn wait(step: NextStep) -> Option<Duration> {
    match step {
        NextStep::RetryAfter(wait)
        | NextStep::WaitForChannel(wait)
        | NextStep::WaitForRecipient(wait) => Some(wait),
        NextStep::MarkUncertain { retry_after } => Some(retry_after),
        NextStep::SendTemplate | NextStep::GiveUp | NextStep::GiveUpUncertain => None,
    }
}

proptest! {
    /// O5: whatever goes wrong, attempts are bounded; what costs none waits, so that expiry ends it before long.
    #[test]
    fn every_sequence_of_failures_ends_or_waits(
        errors in prop::collection::vec((any_error(), 0.0_f64..=1.0), 1..200), max_attempts in 1_u32..12, max_unanswered in 1_u32..5,
    ) {
        let policy = RetryPolicy { max_attempts, max_unanswered, ..RetryPolicy::default() };
        let mut row = Row::default();
        for (error, unit) in &errors {
            let (step, after) = row.attempt(error, &policy, *unit);
            prop_assert!(after.attempts <= max_attempts && after.unanswered <= max_unanswered);
            prop_assert!(error.reached_provider || after.attempts == row.attempts, "an attempt that reached nobody");
            let Some(wait) = wait(step) else { return Ok(()) };
            prop_assert!(wait >= seconds(4) && wait >= error.retry_after.unwrap_or_default());
            prop_assert!(after.attempts < max_attempts && after.unanswered < max_unanswered, "no attempt is left");
            row = after;
        }
    }

    /// B2: after an attempt that may have been a delivery, only marked repeats follow.
    #[test]
    fn silence_is_never_taken_for_a_failure(made in 1_u32..12, unanswered in 1_u32..5, unit in 0.0_f64..=1.0) {
        let step = next_step(&error(Uncertain, true, None), Attempts { made, unanswered, template_left: false }, &RetryPolicy::default(), unit);
        let is_marked = matches!(step, NextStep::MarkUncertain { .. } | NextStep::GiveUpUncertain);
        prop_assert!(is_marked);
    }
}

/// C1: outside the time for free text the approved template goes, once; without one the message has failed.
#[test]
fn a_closed_window_is_answered_with_the_template_once() {
    let step = |template_left| {
        let attempts = Attempts {
            made: 1,
            unanswered: 0,
            template_left,
        };
        next_step(
            &error(WindowClosed, true, None),
            attempts,
            &RetryPolicy::default(),
            0.5,
        )
    };
    assert_eq!(
        (step(true), step(false)),
        (NextStep::SendTemplate, NextStep::GiveUp)
    );
}
