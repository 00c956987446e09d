//! What an attempt's answer means for its notification and its channel. Pure.

use std::time::Duration;

use zapgres_core::breaker::Reading;
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::next_step::{Attempts, NextStep, RetryPolicy, costs_attempt, next_step};
use zapgres_core::status::{self, Status, StatusEvent};
use zapgres_providers::Accepted;

use super::mark::Marked;
use crate::run::complete::Outcome;
use crate::run::log_row::Level;

/// An outcome to write, and what the answer says of the channel.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Verdict {
    pub outcome: Outcome,
    pub reading: Option<Reading>,
}

/// Judges the answer to an attempt that took `took`. `unit` is a random number from 0.0 to 1.0.
pub(crate) fn judge(
    channel_id: i64,
    marked: &Marked,
    answer: Result<Accepted, SendError>,
    took: Duration,
    unit: f64,
) -> Verdict {
    let duration_ms = Some(i32::try_from(took.as_millis()).unwrap_or(i32::MAX));
    match answer {
        Ok(accepted) => {
            let outcome = Outcome {
                provider_message_id: Some(accepted.provider_message_id),
                duration_ms,
                level: Level::Success,
                ..outcome(
                    channel_id,
                    (marked.id, marked.attempt),
                    StatusEvent::Accepted,
                    "sent",
                )
            };
            Verdict {
                outcome,
                reading: Some(Reading::Works),
            }
        }
        Err(error) => {
            let outcome = after_error(channel_id, marked, &error, unit);
            let outcome = Outcome {
                error_class: Some(error.class.as_str()),
                last_error: Some(last_error(&outcome, &error)),
                duration_ms,
                ..outcome
            };
            Verdict {
                outcome,
                reading: Reading::of_error(&error),
            }
        }
    }
}

fn after_error(channel_id: i64, marked: &Marked, error: &SendError, unit: f64) -> Outcome {
    let outcome = |event, log| Outcome {
        give_back: !costs_attempt(error),
        ..outcome(channel_id, (marked.id, marked.attempt), event, log)
    };
    let mut policy = RetryPolicy::default();
    if let Some(max_attempts) = marked.max_attempts.and_then(|max| u32::try_from(max).ok()) {
        policy.max_attempts = max_attempts;
    }
    match next_step(error, attempts(marked, error), &policy, unit) {
        NextStep::RetryAfter(wait) | NextStep::WaitForRecipient(wait) => Outcome {
            wait_seconds: Some(wait.as_secs_f64()),
            ..outcome(StatusEvent::RetryScheduled, "retrying")
        },
        // Due at once: the breaker says when its channel takes it, and another channel may take it before.
        NextStep::WaitForChannel(_) => Outcome {
            wait_seconds: Some(0.0),
            reason: Some("channel_down"),
            ..outcome(StatusEvent::RetryScheduled, "retrying")
        },
        NextStep::SendTemplate => Outcome {
            wait_seconds: Some(0.0),
            give_back: true,
            use_template: true,
            reason: Some("window_closed"),
            ..outcome(StatusEvent::RetryScheduled, "retrying")
        },
        NextStep::MarkUncertain { retry_after } => Outcome {
            wait_seconds: Some(retry_after.as_secs_f64()),
            ..outcome(StatusEvent::AnswerLost, "uncertain")
        },
        NextStep::GiveUp | NextStep::GiveUpUncertain => Outcome {
            level: Level::Error,
            ..outcome(StatusEvent::GaveUp, "failed")
        },
    }
}

fn attempts(marked: &Marked, error: &SendError) -> Attempts {
    let made = marked.attempt - i32::from(!error.reached_provider);
    let unanswered = marked.unanswered + i32::from(error.class == ErrorClass::Uncertain);
    Attempts {
        made: u32::try_from(made).unwrap_or(0),
        unanswered: u32::try_from(unanswered).unwrap_or(0),
        template_left: !marked.template_used && matches!(marked.stored.template(), Some(Ok(_))),
    }
}

/// What the provider said; a person who decides about a failure must know that it may be none.
fn last_error(outcome: &Outcome, error: &SendError) -> String {
    if outcome.status == Status::Failed.as_str() && error.class == ErrorClass::Uncertain {
        return format!("{}; given up, but it may have arrived", error.message);
    }
    error.message.clone()
}

/// The provider has the message of an attempt that was left without an answer.
pub(crate) fn found(channel_id: i64, attempt: (i64, i32), accepted: Accepted) -> Outcome {
    Outcome {
        provider_message_id: Some(accepted.provider_message_id),
        level: Level::Success,
        ..outcome(channel_id, attempt, StatusEvent::Accepted, "reconciled")
    }
}

fn outcome(
    channel_id: i64,
    (id, attempt): (i64, i32),
    event: StatusEvent,
    log: &'static str,
) -> Outcome {
    Outcome {
        id,
        attempt,
        status: status::next(Status::Processing, event)
            .unwrap_or(Status::Uncertain)
            .as_str(),
        give_back: false,
        use_template: false,
        wait_seconds: None,
        reason: None,
        error_class: None,
        last_error: None,
        provider_message_id: None,
        duration_ms: None,
        level: Level::Retry,
        event: Some(log),
        channel_id,
    }
}

#[cfg(test)]
mod tests {
    use zapgres_core::error_class::ThrottleScope;

    use super::super::address::Known;
    use super::super::stored::Stored;
    use super::*;

    fn marked(attempt: i32) -> Marked {
        Marked {
            id: 7,
            attempt,
            max_attempts: Some(3),
            stored: Stored {
                recipient_kind: "phone".to_owned(),
                recipient: "+5511987654321".to_owned(),
                kind: "text".to_owned(),
                body: Some("Oi".to_owned()),
                payload: None,
            },
            known: Known::Nothing,
            template_used: false,
            repeat: false,
            unanswered: 0,
        }
    }

    fn failed(class: ErrorClass, reached_provider: bool, attempt: i32) -> Verdict {
        failed_again(class, reached_provider, &marked(attempt))
    }

    fn failed_again(class: ErrorClass, reached_provider: bool, marked: &Marked) -> Verdict {
        let error = SendError {
            class,
            message: "no".to_owned(),
            scope: ThrottleScope::Channel,
            retry_after: None,
            reached_provider,
        };
        judge(1, marked, Err(error), Duration::from_millis(12), 0.5)
    }

    #[test]
    fn an_accepted_message_is_sent() {
        let accepted = Accepted {
            provider_message_id: "3EB0".to_owned(),
            recipient_address: None,
        };
        let verdict = judge(1, &marked(1), Ok(accepted), Duration::from_millis(12), 0.5);
        assert_eq!(
            (verdict.outcome.status, verdict.outcome.duration_ms),
            ("sent", Some(12))
        );
        assert_eq!(verdict.reading, Some(Reading::Works));
    }

    /// O5: retried with a wait, given up after the last attempt.
    #[test]
    fn a_transient_error_is_retried_until_attempts_are_used_up() {
        let first = failed(ErrorClass::Transient, true, 1).outcome;
        assert_eq!((first.status, first.give_back), ("retrying", false));
        assert!(first.wait_seconds.is_some());
        assert_eq!(
            failed(ErrorClass::Transient, true, 3).outcome.status,
            "failed"
        );
    }

    #[test]
    fn an_attempt_that_reached_nobody_is_given_back() {
        let verdict = failed(ErrorClass::ChannelDown, false, 3);
        assert_eq!(
            (verdict.outcome.status, verdict.outcome.give_back),
            ("retrying", true)
        );
        assert_eq!(verdict.outcome.wait_seconds, Some(0.0));
        assert!(matches!(verdict.reading, Some(Reading::Obstacle { .. })));
    }

    /// B2: a lost answer is neither a success nor a failure.
    #[test]
    fn a_lost_answer_is_uncertain_and_counts_and_the_channel_rests() {
        let Verdict { outcome, reading } = failed(ErrorClass::Uncertain, true, 1);
        assert_eq!((outcome.status, outcome.give_back), ("uncertain", false));
        assert_eq!(outcome.wait_seconds, Some(20.0));
        assert!(matches!(reading, Some(Reading::Failed { rest }) if !rest.is_zero()));
    }

    /// B2: given up after the third attempt without an answer, and said to be in doubt.
    #[test]
    fn the_last_lost_answer_says_that_the_message_may_have_arrived() {
        let marked = Marked {
            max_attempts: Some(8),
            repeat: true,
            unanswered: 2,
            ..marked(3)
        };
        let Verdict { outcome, reading } = failed_again(ErrorClass::Uncertain, true, &marked);
        assert_eq!((outcome.status, outcome.level), ("failed", Level::Error));
        assert_eq!(outcome.error_class, Some("uncertain"));
        assert!(outcome.last_error.unwrap().contains("may have arrived"));
        assert!(matches!(reading, Some(Reading::Failed { .. })));
    }

    #[test]
    fn a_refusal_is_final_and_says_why() {
        let outcome = failed(ErrorClass::Rejected, true, 1).outcome;
        assert_eq!(outcome.last_error.as_deref(), Some("no"));
        assert_eq!((outcome.status, outcome.level), ("failed", Level::Error));
    }

    /// C1: a closed window costs no attempt where a template is left, and ends the message where none is.
    #[test]
    fn a_closed_window_leads_to_the_template() {
        let without = failed(ErrorClass::WindowClosed, true, 1).outcome;
        assert_eq!((without.status, without.use_template), ("failed", false));
        let mut marked = marked(1);
        marked.stored.payload = Some(serde_json::json!({
            "template": {"name": "pedido", "language": "pt_BR"},
        }));
        let with = failed_again(ErrorClass::WindowClosed, true, &marked).outcome;
        assert_eq!(
            (with.status, with.use_template, with.give_back),
            ("retrying", true, true)
        );
        marked.template_used = true;
        let again = failed_again(ErrorClass::WindowClosed, true, &marked).outcome;
        assert_eq!((again.status, again.use_template), ("failed", false));
    }
}
