//! What this daemon has marked `processing` and not yet written the outcome of.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::lane::mark::Mark;

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

/// What is known of a notification's attempt.
#[derive(Debug, Clone, Copy)]
struct Entry {
    number: i32,
    channel_id: i64,
    progress: Progress,
    /// None: it may not be marked.
    mark: Option<Mark>,
}

/// Notifications whose outcome this process knows or will know. Rescue leaves them alone, and no lane takes them: an
/// attempt that is given back frees its number, so the old one must be written before a new one begins.
#[derive(Debug, Default)]
pub(crate) struct InFlight {
    attempts: Mutex<HashMap<i64, Entry>>,
    ended: Notify,
}

impl InFlight {
    /// Remembers attempts of a channel that are about to be marked.
    pub(crate) fn begin(&self, channel_id: i64, attempts: impl IntoIterator<Item = Attempt>) {
        let sending = attempts.into_iter().map(|(id, number)| {
            let progress = Progress::Sending;
            let entry = Entry {
                number,
                channel_id,
                progress,
                mark: None,
            };
            (id, entry)
        });
        self.attempts().extend(sending);
    }

    /// An attempt is marked.
    pub(crate) fn mark(&self, (id, number): Attempt, mark: Mark) {
        if let Some(entry) = self.attempts().get_mut(&id) {
            entry.number = number;
            entry.mark = Some(mark);
        }
    }

    /// Whether the attempt of a notification is marked.
    pub(crate) fn is_marked(&self, id: i64) -> bool {
        let attempts = self.attempts();
        attempts.get(&id).is_some_and(|entry| entry.mark.is_some())
    }

    /// The outcome of an attempt is known. Returns its number and its mark.
    pub(crate) fn know(&self, id: i64) -> Option<(i32, Mark)> {
        let mut attempts = self.attempts();
        let entry = attempts.get_mut(&id)?;
        entry.progress = Progress::Known;
        entry.mark.map(|mark| (entry.number, mark))
    }

    /// Forgets notifications whose outcome is written, or which were not marked after all.
    pub(crate) fn end(&self, ids: impl IntoIterator<Item = i64>) {
        let mut attempts = self.attempts();
        for id in ids {
            attempts.remove(&id);
        }
        drop(attempts);
        self.ended.notify_waiters();
    }

    /// Forgets attempts of a channel whose requests ended without a word: rescue finds them in the queue table.
    pub(crate) fn abandon(&self, channel_id: i64) {
        self.attempts()
            .retain(|_, entry| entry.channel_id != channel_id || entry.progress == Progress::Known);
        self.ended.notify_waiters();
    }

    /// Waits until no attempt of the channel is left without a written outcome.
    pub(crate) async fn written(&self, channel_id: i64) {
        loop {
            let ended = self.ended.notified();
            let mut ended = std::pin::pin!(ended);
            // Heard from here on, also before it is awaited.
            ended.as_mut().enable();
            if self
                .attempts()
                .values()
                .all(|entry| entry.channel_id != channel_id)
            {
                return;
            }
            ended.await;
        }
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
            .filter(|(_, entry)| entry.progress == Progress::Sending);
        sending.map(|(id, entry)| (*id, entry.number)).collect()
    }

    fn attempts(&self) -> MutexGuard<'_, HashMap<i64, Entry>> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[test]
    fn a_notification_is_in_flight_until_its_outcome_is_written() {
        let in_flight = InFlight::default();
        in_flight.begin(1, [(7, 1), (8, 1)]);
        in_flight.end([8]);
        assert_eq!(in_flight.ids(), [7]);
        in_flight.know(7);
        assert!(in_flight.contains(7));
        in_flight.end([7]);
        assert!(!in_flight.contains(7));
    }

    #[test]
    fn an_attempt_with_known_outcome_is_not_sending_any_more() {
        let in_flight = InFlight::default();
        in_flight.begin(1, [(7, 1), (8, 3)]);
        in_flight.know(7);
        assert_eq!(in_flight.sending(), [(8, 3)]);
    }

    /// A channel goes to another daemon only when nothing of it is in flight here.
    #[tokio::test]
    async fn a_channel_is_written_when_its_last_outcome_is() {
        let in_flight = InFlight::default();
        in_flight.begin(1, [(7, 1)]);
        in_flight.begin(2, [(8, 1)]);
        in_flight.written(3).await;
        let written = in_flight.written(1);
        tokio::pin!(written);
        in_flight.end([8]);
        assert!(timeout(Duration::ZERO, &mut written).await.is_err());
        in_flight.end([7]);
        written.await;
    }

    /// O5: a lane that has come to an unexpected end keeps nobody from its channel.
    #[tokio::test]
    async fn what_is_abandoned_is_left_to_rescue_and_what_is_known_is_written() {
        let in_flight = InFlight::default();
        in_flight.begin(1, [(7, 1), (8, 1)]);
        in_flight.begin(2, [(9, 1)]);
        in_flight.know(8);
        in_flight.abandon(1);
        assert!(!in_flight.contains(7) && in_flight.contains(8) && in_flight.contains(9));
        in_flight.end([8]);
        in_flight.written(1).await;
    }
}
