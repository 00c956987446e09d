//! A decision as the row and log rows that record it.

use zapgres_core::decision;
use zapgres_core::status::Status;

use super::claim::Captured;
use super::decide::{Decision, Message, later};
use super::source::Source;
use super::write_back::Written;
use crate::run::channels::Choice;
use crate::run::log_row::{Level, LogRow};

/// The new row and the log rows of one decision.
pub(crate) fn record(
    row: &Captured,
    source: Option<&Source>,
    decision: Decision,
) -> (Written, Vec<LogRow>) {
    let mut logs = Vec::new();
    // What is ready at the first look, as most are, has one row for both.
    if row.is_first_look() && !matches!(decision, Decision::Send { .. }) {
        logs.push(LogRow {
            source_id: row.source_id,
            code: Some(decision::CAPTURED),
            logged_at: Some(row.created_at),
            ..LogRow::info(row.id, "captured")
        });
    }
    let (written, log) = match decision {
        Decision::Again {
            at,
            reason,
            hash,
            error,
            tenant_id,
        } => {
            let written = Written {
                tenant_id: tenant_id.clone(),
                next_attempt_at: Some(at),
                reason: Some(reason),
                context_hash: hash,
                last_error: error.clone(),
                ..unchanged(row)
            };
            // The same again is no news.
            let is_news = row.reason.as_deref() != Some(reason);
            (
                written,
                is_news.then(|| LogRow {
                    tenant_id,
                    ..waiting(row, reason, error)
                }),
            )
        }
        Decision::Skip {
            reason,
            message,
            detail,
        } => {
            let log = LogRow {
                tenant_id: message.tenant_id.clone(),
                code: Some(reason),
                detail: Some(detail.map_or(reason.to_owned(), |why| format!("{reason}: {why}"))),
                ..LogRow::info(row.id, "skipped")
            };
            let written = with_message(row, *message);
            let status = Status::Skipped.as_str();
            (
                Written {
                    status,
                    reason: Some(reason),
                    resolved: true,
                    ..written
                },
                Some(log),
            )
        }
        Decision::Expire { reason, error } => {
            let written = Written {
                status: Status::Expired.as_str(),
                reason: Some(reason),
                last_error: error.clone(),
                resolved: true,
                ..unchanged(row)
            };
            let detail = error.map_or(reason.to_owned(), |why| format!("{reason}: {why}"));
            let log = LogRow {
                level: Level::Error,
                code: Some(reason),
                detail: Some(detail),
                ..LogRow::info(row.id, "expired")
            };
            (written, Some(log))
        }
        Decision::Send { message, channel } => send(row, source, *message, channel),
    };
    logs.extend(log.map(|log| LogRow {
        source_id: row.source_id,
        ..log
    }));
    (written, logs)
}

fn send(
    row: &Captured,
    source: Option<&Source>,
    message: Message,
    channel: Option<Choice>,
) -> (Written, Option<LogRow>) {
    let channel_id = channel.as_ref().map(|chosen| chosen.channel_id);
    let fallback = channel.and_then(|chosen| chosen.fallback);
    let held = message.held;
    let due = held.map_or(row.due(), |held| held.until);
    let reason = match held {
        Some(held) => Some(held.code),
        None => channel_id.is_none().then_some("no_channel"),
    };
    let log = LogRow {
        tenant_id: message.tenant_id.clone(),
        channel_id,
        code: Some(reason.unwrap_or(decision::RESOLVED)),
        detail: held
            .map(|held| format!("{}: until {}", held.code, held.until.format("%FT%TZ")))
            .or(reason.map(str::to_owned))
            .or(fallback),
        duration_ms: row.is_first_look().then(|| milliseconds_since_capture(row)),
        ..LogRow::info(row.id, "resolved")
    };
    let written = Written {
        reason,
        channel_id,
        max_attempts: source.map(|source| source.max_attempts),
        next_attempt_at: Some(due),
        scheduled_at: held.map(|held| held.until),
        expires_at: source.map(|source| later(due, source.expires_after)),
        resolved: true,
        ..with_message(row, message)
    };
    (written, Some(log))
}

fn milliseconds_since_capture(row: &Captured) -> i32 {
    let since = (row.now - row.created_at).num_milliseconds();
    since
        .clamp(0, i32::MAX.into())
        .try_into()
        .unwrap_or(i32::MAX)
}

fn waiting(row: &Captured, reason: &'static str, error: Option<String>) -> LogRow {
    let event = if reason == "settling" {
        "settling"
    } else {
        "waiting"
    };
    let level = if error.is_some() {
        Level::Error
    } else {
        Level::Info
    };
    let detail = error.map_or(reason.to_owned(), |why| format!("{reason}: {why}"));
    LogRow {
        level,
        code: Some(reason),
        detail: Some(detail),
        ..LogRow::info(row.id, event)
    }
}

fn unchanged(row: &Captured) -> Written {
    Written {
        id: row.id,
        status: Status::Pending.as_str(),
        reason: None,
        tenant_id: None,
        recipient: None,
        channel_id: None,
        body: None,
        template_version: None,
        payload: None,
        context_hash: None,
        max_attempts: None,
        next_attempt_at: None,
        scheduled_at: None,
        expires_at: None,
        last_error: None,
        resolved: false,
    }
}

fn with_message(row: &Captured, message: Message) -> Written {
    Written {
        tenant_id: message.tenant_id,
        recipient: message.recipient,
        channel_id: message.channel_id,
        body: message.body,
        template_version: message.template_version,
        payload: message.payload,
        context_hash: message.hash,
        ..unchanged(row)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::DateTime;

    use super::*;

    fn captured(reason: Option<&str>) -> Captured {
        Captured {
            id: 7,
            source_id: Some(1),
            event: "order_received".to_owned(),
            subject: "42".to_owned(),
            created_at: DateTime::UNIX_EPOCH,
            scheduled_at: None,
            next_attempt_at: DateTime::UNIX_EPOCH,
            context_hash: None,
            reason: reason.map(str::to_owned),
            priority: 0,
            told: crate::run::intake::claim::Told::default(),
            delay: Duration::ZERO,
            now: DateTime::UNIX_EPOCH,
        }
    }

    fn again(reason: &'static str) -> Decision {
        Decision::Again {
            at: DateTime::UNIX_EPOCH,
            reason,
            hash: None,
            error: None,
            tenant_id: None,
        }
    }

    fn events(logs: &[LogRow]) -> Vec<&str> {
        logs.iter().map(|log| log.event).collect()
    }

    #[test]
    fn the_first_look_logs_the_capture_with_its_time() {
        let (_, logs) = record(&captured(None), None, again("settling"));
        assert_eq!(events(&logs), ["captured", "settling"]);
        assert_eq!(logs[0].logged_at, Some(DateTime::UNIX_EPOCH));
    }

    #[test]
    fn waiting_for_the_same_is_logged_once() {
        let (written, logs) = record(&captured(Some("not_ready")), None, again("not_ready"));
        assert_eq!(events(&logs), [""; 0]);
        assert!(!written.resolved);
        let (_, logs) = record(&captured(Some("settling")), None, again("not_ready"));
        assert_eq!(events(&logs), ["waiting"]);
    }

    #[test]
    fn what_is_ready_at_the_first_look_has_one_row() {
        let decision = || Decision::Send {
            message: Box::default(),
            channel: None,
        };
        let (_, logs) = record(&captured(None), None, decision());
        assert_eq!(events(&logs), ["resolved"]);
        assert_eq!(logs[0].duration_ms, Some(0));
        let (_, logs) = record(&captured(Some("settling")), None, decision());
        assert_eq!(logs[0].duration_ms, None);
    }

    /// What has no channel is resolved and kept.
    #[test]
    fn a_message_without_channel_waits() {
        let decision = Decision::Send {
            message: Box::default(),
            channel: None,
        };
        let (written, _) = record(&captured(Some("settling")), None, decision);
        assert_eq!(
            (written.status, written.reason),
            ("pending", Some("no_channel"))
        );
        assert!(written.resolved);
    }
}
