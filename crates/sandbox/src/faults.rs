//! Faults to order: which one strikes a request.

mod fault;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

pub(crate) use fault::StatusAnswer;
use fault::{Fault, FaultKind};

use crate::messages::Failure;
use crate::provider::Provider;

/// Faults that can be in force at once.
const FAULT_LIMIT: usize = 1_000;

/// What a send shall do.
#[derive(Debug, PartialEq)]
pub(crate) struct Verdict {
    /// Wait so long first.
    pub(crate) delay: Duration,
    /// Then do this.
    pub(crate) action: Action,
}

/// What a send shall do after its delay.
#[derive(Debug, PartialEq)]
pub(crate) enum Action {
    /// Accept, as without a fault.
    Accept,
    /// Hang up without accepting.
    DropBefore,
    /// Accept, and hang up instead of answering.
    DropAfter,
    /// Answer so, without accepting.
    Answer(StatusAnswer),
    /// Accept, and tell later that it failed.
    FailLater(Failure),
    /// Refuse until the window ends.
    RateLimited { retry_after: Duration },
    /// Refuse: nobody has this number.
    NotOnWhatsapp,
}

/// Whom a request is for, as filters see it.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) provider: Provider,
    pub(crate) instance: &'a str,
    /// The address at the provider, so that all spellings of a number are one.
    pub(crate) address: &'a str,
}

/// The faults in force, in the order in which they were given.
#[derive(Default)]
pub(crate) struct FaultBook(Mutex<Book>);

#[derive(Default)]
struct Book {
    faults: Vec<FaultInForce>,
    last_id: u64,
}

struct FaultInForce {
    id: u64,
    fault: Fault,
    hits: u64,
    /// Of a rate limit: when its window began, and what passed in it.
    window: Option<(DateTime<Utc>, u64)>,
}

impl FaultBook {
    /// Adds what a `POST /sandbox/faults` asks for, all or nothing; returns the faults added.
    ///
    /// # Errors
    /// One line that says which fault is wrong, and how.
    pub(crate) fn add(&self, body: &[u8]) -> Result<Vec<Value>, String> {
        let faults = fault::parse(body)?;
        let mut book = self.lock();
        book.faults.retain(|fault| !fault.is_spent());
        if book.faults.len() + faults.len() > FAULT_LIMIT {
            return Err(format!(
                "there may be at most {FAULT_LIMIT} faults at once; clear them with DELETE"
            ));
        }
        let first_new = book.faults.len();
        for fault in faults {
            book.last_id += 1;
            let id = book.last_id;
            book.faults.push(FaultInForce {
                id,
                fault,
                hits: 0,
                window: None,
            });
        }
        Ok(book.faults[first_new..]
            .iter()
            .map(FaultInForce::to_json)
            .collect())
    }

    /// The faults given, with how often each struck.
    pub(crate) fn list(&self) -> Vec<Value> {
        self.lock()
            .faults
            .iter()
            .map(FaultInForce::to_json)
            .collect()
    }

    /// Ends all faults and says how many.
    pub(crate) fn clear(&self) -> usize {
        std::mem::take(&mut self.lock().faults).len()
    }

    /// Decides about a send, and uses the faults that strike up.
    pub(crate) fn strike(&self, target: Target<'_>, now: DateTime<Utc>) -> Verdict {
        let mut delay = Duration::ZERO;
        for fault in &mut self.lock().faults {
            if fault.is_spent() || !fault.fault.matches(target) {
                continue;
            }
            match fault.strike(now) {
                Some(Struck::Delay(more)) => delay += more,
                Some(Struck::Action(action)) => return Verdict { delay, action },
                None => {}
            }
        }
        Verdict {
            delay,
            action: Action::Accept,
        }
    }

    /// Whether a look-up of this number shall say that nobody has it. Uses nothing up.
    pub(crate) fn hides(&self, target: Target<'_>) -> bool {
        self.lock().faults.iter().any(|fault| {
            !fault.is_spent()
                && matches!(fault.fault.kind, FaultKind::NotOnWhatsapp {})
                && fault.fault.matches(target)
        })
    }

    /// Whether this instance shall have no history of messages. Uses nothing up.
    pub(crate) fn forgets(&self, provider: Provider, instance: &str) -> bool {
        self.lock().faults.iter().any(|fault| {
            !fault.is_spent()
                && matches!(fault.fault.kind, FaultKind::NoHistory {})
                && fault.fault.is_for(provider, instance)
        })
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Struck {
    Delay(Duration),
    Action(Action),
}

impl FaultInForce {
    fn is_spent(&self) -> bool {
        self.fault
            .times
            .is_some_and(|times| self.hits >= times.get())
    }

    fn strike(&mut self, now: DateTime<Utc>) -> Option<Struck> {
        let struck = match &self.fault.kind {
            FaultKind::Status(answer) => Struck::Action(Action::Answer(answer.clone())),
            FaultKind::Delay { ms } => Struck::Delay(Duration::from_millis(*ms)),
            FaultKind::DropBefore {} => Struck::Action(Action::DropBefore),
            FaultKind::DropAfter {} => Struck::Action(Action::DropAfter),
            FaultKind::FailLater { code } => {
                Struck::Action(Action::FailLater(Failure { code: *code }))
            }
            FaultKind::NotOnWhatsapp {} => Struck::Action(Action::NotOnWhatsapp),
            FaultKind::NoHistory {} => return None,
            FaultKind::RateLimit { limit, window_ms } => {
                let (limit, window) = (*limit, Duration::from_millis(*window_ms));
                let retry_after = self.over_limit(limit, window, now)?;
                Struck::Action(Action::RateLimited { retry_after })
            }
        };
        self.hits += 1;
        Some(struck)
    }

    /// How long until the window ends, when it is full already; else one more passes in it.
    fn over_limit(&mut self, limit: u64, length: Duration, now: DateTime<Utc>) -> Option<Duration> {
        let length = TimeDelta::from_std(length).unwrap_or(TimeDelta::MAX);
        let (began, passed) = self
            .window
            .filter(|(began, _)| (TimeDelta::zero()..length).contains(&(now - *began)))
            .unwrap_or((now, 0));
        if passed >= limit {
            return Some((length - (now - began)).to_std().unwrap_or_default());
        }
        self.window = Some((began, passed + 1));
        None
    }

    fn to_json(&self) -> Value {
        let mut json = self.fault.to_json();
        json["id"] = self.id.into();
        json["hits"] = self.hits.into();
        json["remaining"] = self
            .fault
            .times
            .map_or(Value::Null, |times| (times.get() - self.hits).into());
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: Target<'_> = Target {
        provider: Provider::Evolution,
        instance: "loja",
        address: "5511987654321@s.whatsapp.net",
    };
    const RUI: Target<'_> = Target {
        provider: Provider::Evolution,
        instance: "padaria",
        address: "5511912345678@s.whatsapp.net",
    };

    fn book(faults: &str) -> FaultBook {
        let book = FaultBook::default();
        book.add(faults.as_bytes()).unwrap();
        book
    }

    fn at(milliseconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_700_000_000_000 + milliseconds).unwrap()
    }

    fn action(book: &FaultBook, target: Target<'_>) -> Action {
        book.strike(target, at(0)).action
    }

    #[test]
    fn filters_choose_the_instance_and_the_recipient_in_any_spelling() {
        let by_instance = book(r#"{"kind":"drop_before","instance":"loja"}"#);
        assert_eq!(action(&by_instance, ANA), Action::DropBefore);
        assert_eq!(action(&by_instance, RUI), Action::Accept);
        let by_recipient = book(r#"{"kind":"drop_after","recipient":"+55 (11) 98765-4321"}"#);
        assert_eq!(action(&by_recipient, ANA), Action::DropAfter);
        assert_eq!(action(&by_recipient, RUI), Action::Accept);
    }

    #[test]
    fn times_are_used_up_by_what_the_fault_strikes() {
        let book = book(r#"{"kind":"drop_before","instance":"loja","times":2}"#);
        assert_eq!(action(&book, RUI), Action::Accept);
        assert_eq!(action(&book, ANA), Action::DropBefore);
        assert_eq!(book.list()[0]["remaining"], 1);
        assert_eq!(action(&book, ANA), Action::DropBefore);
        assert_eq!(action(&book, ANA), Action::Accept);
        assert_eq!(book.list()[0]["hits"], 2);
    }

    #[test]
    fn delays_add_up_and_the_first_other_fault_decides() {
        let book = book(
            r#"[{"kind":"delay","ms":200},{"kind":"delay","ms":50},{"kind":"drop_after","times":1},
                {"kind":"drop_before"}]"#,
        );
        let first = book.strike(ANA, at(0));
        assert_eq!(
            (first.delay, first.action),
            (Duration::from_millis(250), Action::DropAfter)
        );
        assert_eq!(action(&book, ANA), Action::DropBefore);
    }

    #[test]
    fn a_rate_limit_lets_its_number_pass_per_window_and_says_how_long_to_wait() {
        let book = book(r#"{"kind":"rate_limit","limit":2,"window_ms":1000}"#);
        for milliseconds in [0, 300] {
            assert_eq!(book.strike(ANA, at(milliseconds)).action, Action::Accept);
        }
        let refused = book.strike(ANA, at(400)).action;
        assert_eq!(
            refused,
            Action::RateLimited {
                retry_after: Duration::from_millis(600)
            }
        );
        assert_eq!(book.strike(ANA, at(1000)).action, Action::Accept);
        assert_eq!(book.list()[0]["hits"], 1);
    }

    #[test]
    fn a_clock_set_back_does_not_lock_a_rate_limit() {
        let book = book(r#"{"kind":"rate_limit","limit":1,"window_ms":1000}"#);
        assert_eq!(book.strike(ANA, at(0)).action, Action::Accept);
        assert_eq!(book.strike(ANA, at(-60_000)).action, Action::Accept);
    }

    #[test]
    fn looking_a_hidden_number_up_uses_nothing_up() {
        let book = book(r#"{"kind":"not_on_whatsapp","recipient":"5511987654321","times":1}"#);
        assert!(book.hides(ANA) && book.hides(ANA) && !book.hides(RUI));
        assert_eq!(action(&book, ANA), Action::NotOnWhatsapp);
        assert!(!book.hides(ANA));
    }

    #[test]
    fn too_many_faults_are_refused_and_spent_ones_do_not_count() {
        let book = FaultBook::default();
        let one = r#"{"kind":"drop_before","times":1}"#;
        let many = format!("[{}]", vec![one; FAULT_LIMIT].join(","));
        book.add(many.as_bytes()).unwrap();
        assert!(
            book.add(one.as_bytes())
                .unwrap_err()
                .contains("at most 1000 faults")
        );
        assert_eq!(action(&book, ANA), Action::DropBefore);
        book.add(one.as_bytes()).unwrap();
        assert_eq!(book.clear(), FAULT_LIMIT);
        assert_eq!(action(&book, ANA), Action::Accept);
    }
}
