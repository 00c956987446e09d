//! What a lane tells about its attempts: one line for each.

use zapgres_core::status::Status;

use super::mark::Marked;
use super::verdict::Verdict;

/// Tells about an attempt.
pub(crate) fn attempt(channel: &str, marked: &Marked, verdict: &Verdict) {
    let outcome = &verdict.outcome;
    let (notification_id, attempt, repeat) = (marked.id, marked.attempt, marked.repeat);
    let duration_ms = outcome.duration_ms;
    let error = outcome.last_error.as_deref();
    let error_class = outcome.error_class;
    if outcome.status == Status::Sent.as_str() {
        tracing::info!(
            channel,
            notification_id,
            attempt,
            duration_ms,
            repeat,
            "notification sent"
        );
    } else if outcome.status == Status::Failed.as_str() {
        tracing::error!(
            channel,
            notification_id,
            attempt,
            duration_ms,
            error_class,
            error,
            "notification failed"
        );
    } else {
        tracing::warn!(
            channel,
            notification_id,
            attempt,
            duration_ms,
            error_class,
            error,
            status = outcome.status,
            "notification not sent yet"
        );
    }
}
