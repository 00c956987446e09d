//! What a provider's receipt changes. Receipts come in any order, more than once, and even before the answer to the request;
//! whatever the order, the end is the same.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::error_class::ErrorClass;
use crate::status::{ImpossibleTransition, Status, StatusEvent, next};

/// A notification as far as receipts change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its status.
    pub status: Status,
    /// Number of its last attempt.
    pub attempt: i32,
    /// Attempts that are known to have been accepted.
    pub accepted: BTreeSet<i32>,
    /// Nothing is told to have happened before: when the provider accepted it, else when the attempt began. Providers' clocks
    /// count whole seconds.
    pub not_before: Option<DateTime<Utc>>,
    /// When it was accepted.
    pub sent_at: Option<DateTime<Utc>>,
    /// When it reached the phone.
    pub delivered_at: Option<DateTime<Utc>>,
    /// When it was read.
    pub read_at: Option<DateTime<Utc>>,
    /// When it failed.
    pub failed_at: Option<DateTime<Utc>>,
    /// Why, if it was a receipt that said so.
    pub failure: Option<Failure>,
    /// Whether an approved template can be sent instead, and was not yet.
    pub has_template: bool,
}

/// Why a message was not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Class of the failure.
    pub class: ErrorClass,
    /// One line for operators, numbers masked.
    pub message: String,
}

/// What a receipt tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// The attempt whose message it is about.
    pub attempt: i32,
    /// What happened.
    pub kind: Kind,
    /// When, by the provider's clock; none: just now.
    pub at: Option<DateTime<Utc>>,
}

/// What happened to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// WhatsApp has it.
    Sent,
    /// The phone has it.
    Delivered,
    /// It was read.
    Read,
    /// It was not delivered.
    Failed(Failure),
}

/// What a receipt did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It told nothing new.
    Nothing,
    /// It was applied.
    Changed,
    /// It was applied: the message has failed, and is sent again as a template.
    Requeued,
    /// An earlier attempt was accepted, while a newer one is in flight: to be remembered until that one's answer.
    Remembered,
    /// It has to be told again after the answer to the attempt, which wins over a failure.
    Wait,
}

/// Applies a receipt. `now` is the latest time that anything can have happened.
///
/// # Errors
/// When the notification never had an attempt; nothing has changed then.
pub fn apply(
    standing: &mut Standing,
    news: &News,
    now: DateTime<Utc>,
) -> Result<Effect, ImpossibleTransition> {
    let is_latest = news.attempt >= standing.attempt;
    let is_in_flight = standing.status == Status::Processing;
    let at = time(standing, news, now);
    match &news.kind {
        Kind::Failed(_) if !is_latest => Ok(Effect::Nothing),
        Kind::Failed(_) if is_in_flight => Ok(Effect::Wait),
        Kind::Failed(failure) => fail(standing, news.attempt, failure, at),
        // Told once, it must not undo a failure that was told after it.
        Kind::Sent if standing.accepted.contains(&news.attempt) => Ok(Effect::Nothing),
        Kind::Sent if is_in_flight && !is_latest => {
            standing.accepted.insert(news.attempt);
            Ok(Effect::Remembered)
        }
        Kind::Sent => advance(standing, news.attempt, StatusEvent::Accepted, at),
        Kind::Delivered => {
            let effect = advance(standing, news.attempt, StatusEvent::Delivered, at)?;
            Ok(effect.or(earlier(&mut standing.delivered_at, at)))
        }
        Kind::Read => {
            let effect = advance(standing, news.attempt, StatusEvent::Read, at)?;
            Ok(effect.or(earlier(&mut standing.read_at, at)))
        }
    }
}

impl Effect {
    fn or(self, other: Self) -> Self {
        if self == Self::Nothing { other } else { self }
    }
}

fn time(standing: &Standing, news: &News, now: DateTime<Utc>) -> DateTime<Utc> {
    let at = news.at.unwrap_or(now);
    standing
        .not_before
        .map_or(at, |first| at.max(first))
        .min(now)
}

/// The first of several times counts, however late it is told.
fn earlier(known: &mut Option<DateTime<Utc>>, at: DateTime<Utc>) -> Effect {
    if known.is_some_and(|known| known <= at) {
        return Effect::Nothing;
    }
    *known = Some(at);
    Effect::Changed
}

/// Goes forward. Whatever failed before has not failed.
fn advance(
    standing: &mut Standing,
    attempt: i32,
    event: StatusEvent,
    at: DateTime<Utc>,
) -> Result<Effect, ImpossibleTransition> {
    let status = next(standing.status, event)?;
    standing.accepted.insert(attempt);
    if status == standing.status {
        return Ok(Effect::Nothing);
    }
    standing.status = status;
    standing.sent_at.get_or_insert(at);
    standing.failed_at = None;
    standing.failure = None;
    Ok(Effect::Changed)
}

/// The provider has failed after accepting it.
fn fail(
    standing: &mut Standing,
    attempt: i32,
    failure: &Failure,
    at: DateTime<Utc>,
) -> Result<Effect, ImpossibleTransition> {
    let status = next(standing.status, StatusEvent::DeliveryFailed)?;
    // Given up without an answer, it had another reason to fail until now.
    let is_reason = standing.accepted.insert(attempt) && status == Status::Failed;
    if status == standing.status && !is_reason {
        return Ok(Effect::Nothing);
    }
    standing.status = status;
    standing.failure = Some(failure.clone());
    if failure.class == ErrorClass::WindowClosed && standing.has_template {
        standing.status = next(status, StatusEvent::Requeued { attempted: true })?;
        standing.has_template = false;
        standing.sent_at = None;
        standing.failed_at = None;
        return Ok(Effect::Requeued);
    }
    standing.sent_at.get_or_insert(at);
    standing.failed_at = Some(at);
    Ok(Effect::Changed)
}

#[cfg(test)]
mod tests;
