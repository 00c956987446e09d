//! What this daemon has marked `processing` and not yet written the outcome of.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One attempt: a notification's id and the number of the attempt.
pub(crate) type Attempt = (i64, i32);

/// How far an attempt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// Its request may be on its way.
    Sending,
    /// Its outcome is known and has to be written.
    Known,
}

/// Notifications whose outcome this process knows or will know. Recovery leaves them alone, and no lane takes them:
/// an attempt that is given back frees its number, so the old one must be written before a new one begins.
#[derive(Debug, Default)]
pub(crate) struct InFlight(Mutex<HashMap<i64, (i32, Progress)>>);

impl InFlight {
    /// Remembers attempts that are about to be marked.
    pub(crate) fn begin(&self, attempts: impl IntoIterator<Item = Attempt>) {
        let sending = attempts
            .into_iter()
            .map(|(id, number)| (id, (number, Progress::Sending)));
        self.attempts().extend(sending);
    }

    /// The outcome of an attempt is known.
    pub(crate) fn know(&self, (id, number): Attempt) {
        self.attempts().insert(id, (number, Progress::Known));
    }

    /// Forgets a notification whose outcome is written, or which was not marked after all.
    pub(crate) fn end(&self, id: i64) {
        self.attempts().remove(&id);
    }

    /// Whether the notification is among them.
    pub(crate) fn contains(&self, id: i64) -> bool {
        self.attempts().contains_key(&id)
    }

    /// The notifications among them.
    pub(crate) fn ids(&self) -> Vec<i64> {
        self.attempts().keys().copied().collect()
    }

    /// Attempts without a known outcome.
    pub(crate) fn sending(&self) -> Vec<Attempt> {
        let attempts = self.attempts();
        let sending = attempts
            .iter()
            .filter(|(_, (_, progress))| *progress == Progress::Sending);
        sending.map(|(id, (number, _))| (*id, *number)).collect()
    }

    fn attempts(&self) -> MutexGuard<'_, HashMap<i64, (i32, Progress)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_is_in_flight_until_its_outcome_is_written() {
        let in_flight = InFlight::default();
        in_flight.begin([(7, 1), (8, 1)]);
        in_flight.end(8);
        assert_eq!(in_flight.ids(), [7]);
        in_flight.know((7, 1));
        assert!(in_flight.contains(7));
        in_flight.end(7);
        assert!(!in_flight.contains(7));
    }

    #[test]
    fn an_attempt_with_known_outcome_is_not_sending_any_more() {
        let in_flight = InFlight::default();
        in_flight.begin([(7, 1), (8, 3)]);
        in_flight.know((7, 1));
        assert_eq!(in_flight.sending(), [(8, 3)]);
    }
}
