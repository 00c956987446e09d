//! What a batch of receipts changes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use zapgres_core::error_class::ErrorClass;
use zapgres_core::receipt::{Effect, Kind, News, apply};
use zapgres_core::status::Status;

use super::find::{Found, Match};
use crate::run::log_row::Level;

/// A receipt, and the delivery that it came in.
#[derive(Debug, Clone)]
pub(super) struct Told {
    /// Place of the delivery in its batch.
    pub event: usize,
    pub channel_id: i64,
    pub tenant_id: String,
    pub provider_message_id: String,
    /// Notification and attempt, where the provider repeats our own name of the message.
    pub reference: Option<(i64, i32)>,
    pub kind: Kind,
    pub at: Option<DateTime<Utc>>,
}

/// What became of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    /// What it tells is known.
    Done,
    /// It is about nothing that is known yet.
    Unmatched,
    /// It has its turn when an attempt was answered, or when somebody lets go of a notification.
    Waits,
}

/// A notification as it is now.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Change {
    pub status: Status,
    pub sent_at: Option<DateTime<Utc>>,
    pub delivered_at: Option<DateTime<Utc>>,
    pub read_at: Option<DateTime<Utc>>,
    pub failed_at: Option<DateTime<Utc>>,
    pub error_class: Option<String>,
    pub last_error: Option<String>,
    pub provider_message_id: Option<String>,
    /// It is sent again, as a template.
    pub is_requeued: bool,
    /// An earlier attempt that was accepted, and the provider's id.
    pub remembered: Option<(i32, String)>,
}

/// A row for the log.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Log {
    pub notification_id: i64,
    pub tenant_id: Option<String>,
    pub source_id: Option<i64>,
    pub channel_id: i64,
    pub level: Level,
    pub event: &'static str,
    pub attempt: i32,
    pub error_class: Option<ErrorClass>,
    pub detail: Option<String>,
}

/// What was found out of a message that was accepted: whose it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Name {
    pub channel_id: i64,
    pub provider_message_id: String,
    pub notification_id: i64,
    pub attempt: i32,
}

/// What is to be written.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub notifications: BTreeMap<i64, Change>,
    pub logs: Vec<Log>,
    pub names: BTreeSet<Name>,
    /// Channels with notifications that are sent again.
    pub requeued: BTreeSet<i64>,
}

/// Applies receipts in their order, and tells what became of each.
pub(super) fn fold(
    told: &[Told],
    matches: &[Option<Match>],
    found: &mut HashMap<i64, Option<Found>>,
    now: DateTime<Utc>,
) -> (Vec<Fate>, Changes) {
    let mut changes = Changes::default();
    let fates = told.iter().zip(matches).map(|(receipt, matched)| {
        let Some(matched) = matched else {
            return Fate::Unmatched;
        };
        match found.get_mut(&matched.notification_id) {
            // It has left by retention.
            None => Fate::Done,
            Some(None) => Fate::Waits,
            Some(Some(found)) => changes.take(receipt, matched, found, now),
        }
    });
    (fates.collect(), changes)
}

impl Changes {
    fn take(
        &mut self,
        receipt: &Told,
        matched: &Match,
        found: &mut Found,
        now: DateTime<Utc>,
    ) -> Fate {
        let news = News {
            attempt: matched.attempt,
            kind: receipt.kind.clone(),
            at: receipt.at,
        };
        if matches!(receipt.kind, Kind::Failed(_))
            && found.has_another(&receipt.provider_message_id)
        {
            return Fate::Done;
        }
        let before = found.standing.status;
        let effect = match apply(&mut found.standing, &news, now) {
            Ok(effect) => effect,
            Err(error) => {
                tracing::debug!(%error, "a receipt of what was never tried");
                return Fate::Done;
            }
        };
        if effect == Effect::Wait {
            return Fate::Waits;
        }
        if !matched.is_noted {
            self.names.insert(Name {
                channel_id: receipt.channel_id,
                provider_message_id: receipt.provider_message_id.clone(),
                notification_id: matched.notification_id,
                attempt: matched.attempt,
            });
        }
        if effect == Effect::Nothing {
            return Fate::Done;
        }
        found.explain(before);
        self.logs.push(log(receipt, matched, found, effect));
        self.note(receipt, matched, found, effect);
        Fate::Done
    }

    fn note(&mut self, receipt: &Told, matched: &Match, found: &mut Found, effect: Effect) {
        let known = self.notifications.remove(&matched.notification_id);
        let is_latest = matched.attempt >= found.standing.attempt;
        let mut change = found.change();
        if let Some(known) = known {
            change.provider_message_id = known.provider_message_id;
            change.is_requeued = known.is_requeued;
            change.remembered = known.remembered;
        }
        if is_latest && !matched.is_noted {
            let id = Some(receipt.provider_message_id.clone());
            change.provider_message_id.clone_from(&id);
            found.provider_message_id = id;
        }
        match effect {
            Effect::Requeued => {
                change.is_requeued = true;
                self.requeued.extend(found.channel_id);
            }
            Effect::Remembered => {
                change.remembered = Some((matched.attempt, receipt.provider_message_id.clone()));
            }
            Effect::Nothing | Effect::Changed | Effect::Wait => {}
        }
        self.notifications.insert(matched.notification_id, change);
    }
}

impl Found {
    /// Whether another message than this one was accepted last: the number of an attempt that was given back is used again,
    /// and the provider may tell of both.
    fn has_another(&self, provider_message_id: &str) -> bool {
        let has_message = matches!(
            self.standing.status,
            Status::Sent | Status::Delivered | Status::Read
        );
        let accepted = self.provider_message_id.as_deref();
        has_message && accepted.is_some_and(|accepted| accepted != provider_message_id)
    }

    /// The error that is shown: that of the receipt, none of what went forward, or what was shown before.
    fn explain(&mut self, before: Status) {
        if let Some(failure) = &self.standing.failure {
            self.error_class = Some(failure.class.as_str().to_owned());
            self.last_error = Some(failure.message.clone());
        } else if self.standing.status != before {
            self.error_class = None;
            self.last_error = None;
        }
    }

    fn change(&self) -> Change {
        let standing = &self.standing;
        Change {
            status: standing.status,
            sent_at: standing.sent_at,
            delivered_at: standing.delivered_at,
            read_at: standing.read_at,
            failed_at: standing.failed_at,
            error_class: self.error_class.clone(),
            last_error: self.last_error.clone(),
            provider_message_id: None,
            is_requeued: false,
            remembered: None,
        }
    }
}

fn log(receipt: &Told, matched: &Match, found: &Found, effect: Effect) -> Log {
    let (level, event) = match (&receipt.kind, effect) {
        (Kind::Sent, _) => (Level::Success, "sent"),
        (Kind::Delivered, _) => (Level::Success, "delivered"),
        (Kind::Read, _) => (Level::Success, "read"),
        (Kind::Failed(_), Effect::Requeued) => (Level::Retry, "failed"),
        (Kind::Failed(_), _) => (Level::Error, "failed"),
    };
    let failure = match &receipt.kind {
        Kind::Failed(failure) => Some(failure),
        Kind::Sent | Kind::Delivered | Kind::Read => None,
    };
    Log {
        notification_id: matched.notification_id,
        tenant_id: found.tenant_id.clone(),
        source_id: found.source_id,
        channel_id: receipt.channel_id,
        level,
        event,
        attempt: matched.attempt,
        error_class: failure.map(|failure| failure.class),
        detail: failure.map(|failure| failure.message.clone()),
    }
}
