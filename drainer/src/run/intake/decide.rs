//! What becomes of a captured notification after a look at it. Pure: the database is asked before and after.
//!
//! Three steps, because each needs to know more: about the order ([`consider`]), its company ([`compose`]), and what to
//! do with the message ([`conclude`]). A step ends early with the [`Decision`] as its error.

mod compose;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};
use zapgres_core::decision;
use zapgres_core::phone::PhoneNumber;
use zapgres_core::settle::{self, Look, SettleInput};

use super::audience::Audience;
use super::claim::Captured;
use super::context::{Answer, Context};
use super::mode;
use super::rules::Held;
use super::source::{Mode, Source};
use crate::run::channels::Choice;

pub(crate) use compose::{compose, text};

/// Why a notification waits whose text cannot be rendered.
pub(crate) const TEMPLATE_ERROR: &str = decision::TEMPLATE_ERROR;
/// Longest id of a company, in bytes: it is part of indexes.
const TENANT_CAP_BYTES: usize = 500;
/// The end of time as far as PostgreSQL's calendar and everybody else's agree on how to write it: the year 9999.
const END_OF_TIME_SECONDS: i64 = 253_402_300_799;
/// Tenant of a database without companies.
const DEFAULT_TENANT: &str = "default";
/// Shortest and longest pause between two looks at something that a person has to mend.
const MEND_MIN: Duration = Duration::from_secs(2);
const MEND_MAX: Duration = Duration::from_secs(60);

/// What becomes of a notification.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Decision {
    /// It waits, and is looked at again.
    Again {
        at: DateTime<Utc>,
        reason: &'static str,
        hash: Option<String>,
        /// What somebody has to mend.
        error: Option<String>,
        /// The company that keeps it waiting.
        tenant_id: Option<String>,
    },
    /// It is not sent.
    Skip {
        reason: &'static str,
        message: Box<Message>,
        detail: Option<String>,
    },
    /// It waited in vain.
    Expire {
        reason: &'static str,
        error: Option<String>,
    },
    /// It is ready to be sent; without a channel it waits for one.
    Send {
        message: Box<Message>,
        channel: Option<Choice>,
    },
}

/// What is known of the message.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Message {
    pub tenant_id: Option<String>,
    /// E.164.
    pub recipient: Option<String>,
    pub body: Option<String>,
    pub template_version: Option<String>,
    /// What of it is for the row's payload.
    pub payload: Option<Value>,
    pub hash: Option<String>,
    /// Chosen, though it is not sent.
    pub channel_id: Option<i64>,
    /// It is ready, and has to wait.
    pub held: Option<Held>,
}

impl Message {
    /// Puts this into the row's payload.
    pub(crate) fn note(&mut self, name: &str, value: Value) {
        let payload = self
            .payload
            .get_or_insert_with(|| Value::Object(Map::new()));
        payload[name] = value;
    }
}

/// An order that is complete and recent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Candidate {
    pub tenant_id: String,
    pub recipient: Option<String>,
    pub values: Value,
    pub hash: String,
    /// Whom it is for,
    pub audience: Audience,
    /// and who else is told of the same.
    pub others: Vec<Audience>,
}

/// A message that could be sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Composed {
    pub tenant_id: String,
    pub phone: PhoneNumber,
    pub body: String,
    pub template_version: String,
    pub payload: Option<Value>,
    pub hash: String,
    pub channel: Option<Choice>,
}

impl Decision {
    /// Skipped before anything was known of the message.
    pub(crate) fn skip(reason: &'static str) -> Self {
        Self::Skip {
            reason,
            message: Box::default(),
            detail: None,
        }
    }
}

/// Whether to ask the context query at all.
pub(crate) fn before_asking(row: &Captured, source: Option<&Source>) -> Result<(), Decision> {
    let source = source.ok_or_else(|| Decision::skip(decision::SOURCE_OFF))?;
    if source.mode == Mode::Off {
        return Err(Decision::skip(decision::SOURCE_OFF));
    }
    if row.told.unreadable.is_some() {
        let cause = row.told.unreadable.clone();
        return Err(mend(row, source, decision::CONTEXT_ERROR, cause));
    }
    if !source.has_context_query && row.told.context.is_none() {
        return Err(mend(row, source, decision::NO_CONTEXT_QUERY, None));
    }
    Ok(())
}

/// Looks at the order.
pub(crate) fn consider(
    row: &Captured,
    source: &Source,
    answer: Answer,
) -> Result<Candidate, Decision> {
    let context = match answer {
        Answer::Found(context) => context,
        Answer::Failed(cause) => {
            return Err(mend(row, source, decision::CONTEXT_ERROR, Some(cause)));
        }
        Answer::Absent => {
            let again =
                settle::look_for_absent(row.created_at, row.now, source.settle, source.max_settle);
            return Err(again.map_or_else(
                || Decision::skip(decision::ORDER_GONE),
                |at| Decision::Again {
                    at,
                    reason: decision::ORDER_GONE,
                    hash: None,
                    error: None,
                    tenant_id: None,
                },
            ));
        }
    };
    let hash = hash(&context);
    if is_too_old(row, source, context.created_at) {
        return Err(Decision::skip(decision::TOO_OLD));
    }
    let look = settle::decide(SettleInput {
        captured_at: row.created_at,
        now: row.now,
        previous_hash: row.context_hash.as_deref(),
        hash: &hash,
        ready: context.ready,
        settle: source.settle,
        max_settle: source.max_settle,
    });
    if let Look::LookAgainAt(at) = look {
        let reason = if context.ready {
            decision::SETTLING
        } else {
            decision::NOT_READY
        };
        return Err(unless_expired(row, source, at, reason, Some(hash), None));
    }
    if context
        .tenant
        .as_ref()
        .is_some_and(|id| id.len() > TENANT_CAP_BYTES)
    {
        let cause = format!("the company's id is longer than {TENANT_CAP_BYTES} bytes");
        return Err(mend(row, source, decision::CONTEXT_ERROR, Some(cause)));
    }
    let (audience, others) = audiences(row, source)?;
    let tenant = row.told.tenant.clone().or(context.tenant);
    Ok(Candidate {
        tenant_id: tenant.unwrap_or_else(|| DEFAULT_TENANT.to_owned()),
        recipient: row.told.recipient.clone().or(context.recipient),
        values: context.values,
        hash,
        audience,
        others,
    })
}

/// Whom the notification is for, and who else is to be told: nobody, where it is for one audience already.
fn audiences(row: &Captured, source: &Source) -> Result<(Audience, Vec<Audience>), Decision> {
    let mut told = source.audiences.of_event(&row.event);
    if let Some(name) = &row.told.audience {
        told.retain(|audience| audience.name == *name);
        // Whoever announces to an audience may give its recipient, too.
        if told.is_empty() && row.told.recipient.is_some() {
            let name = name.clone();
            told.push(Audience {
                name,
                ..Audience::customer()
            });
        }
    }
    let mut told = told.into_iter();
    let first = told
        .next()
        .ok_or_else(|| Decision::skip(decision::NO_AUDIENCE))?;
    Ok((first, told.collect()))
}

/// Respects the source's mode. The recipient's wish is respected when the decision has been written.
pub(crate) fn conclude(composed: Composed, mode: Mode) -> Decision {
    let mut message = Box::new(Message {
        tenant_id: Some(composed.tenant_id),
        recipient: Some(composed.phone.as_e164().to_owned()),
        body: Some(composed.body),
        template_version: Some(composed.template_version),
        payload: composed.payload,
        hash: Some(composed.hash),
        ..Message::default()
    });
    match mode {
        Mode::Live => Decision::Send {
            message,
            channel: composed.channel,
        },
        Mode::Shadow => {
            message.channel_id = composed.channel.as_ref().map(|chosen| chosen.channel_id);
            Decision::Skip {
                reason: decision::SHADOW,
                detail: Some(mode::unsent(&message, composed.channel.as_ref())),
                message,
            }
        }
        Mode::Off => Decision::Skip {
            reason: decision::SOURCE_OFF,
            message,
            detail: None,
        },
    }
}

/// What was decided cannot be written: the database refuses it.
pub(crate) fn refused(row: &Captured, source: Option<&Source>, cause: String) -> Decision {
    match source {
        Some(source) => mend(row, source, decision::WRITE_ERROR, Some(cause)),
        None => Decision::skip(decision::SOURCE_OFF),
    }
}

/// By the order's own time; where no column tells it, by what its key was known to be older than.
fn is_too_old(row: &Captured, source: &Source, created_at: Option<DateTime<Utc>>) -> bool {
    match (created_at, source.old_key, row.subject.parse::<i64>()) {
        (Some(created_at), ..) => created_at < earlier(row.now, source.max_age),
        (None, Some(old_key), Ok(key)) => key <= old_key,
        _ => false,
    }
}

/// Something has to be mended before it can be sent: looked at again at intervals that grow with its age.
fn mend(row: &Captured, source: &Source, reason: &'static str, error: Option<String>) -> Decision {
    let age = (row.now - row.created_at).to_std().unwrap_or_default();
    let at = later(row.now, (age / 4).clamp(MEND_MIN, MEND_MAX));
    unless_expired(row, source, at, reason, None, error)
}

/// It waits, unless its time is over.
pub(crate) fn unless_expired(
    row: &Captured,
    source: &Source,
    at: DateTime<Utc>,
    reason: &'static str,
    hash: Option<String>,
    error: Option<String>,
) -> Decision {
    if row.now >= later(row.due(), source.expires_after) {
        return Decision::Expire { reason, error };
    }
    Decision::Again {
        at,
        reason,
        hash,
        error,
        tenant_id: None,
    }
}

/// `time + wait`, at most the end of time.
pub(crate) fn later(time: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
    let end = DateTime::from_timestamp(END_OF_TIME_SECONDS, 0).unwrap_or(DateTime::<Utc>::MAX_UTC);
    let wait = TimeDelta::from_std(wait).ok();
    wait.and_then(|wait| time.checked_add_signed(wait))
        .map_or(end, |later| later.min(end))
}

fn earlier(time: DateTime<Utc>, by: Duration) -> DateTime<Utc> {
    let by = TimeDelta::from_std(by).ok();
    by.and_then(|by| time.checked_sub_signed(by))
        .unwrap_or(DateTime::<Utc>::MIN_UTC)
}

/// Tells whether the order changed between two looks. Another build may hash otherwise: that costs one more look.
fn hash(context: &Context) -> String {
    let mut hasher = DefaultHasher::new();
    context.tenant.hash(&mut hasher);
    context.recipient.hash(&mut hasher);
    context.values.to_string().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests;
