//! When what failed in an outage is tried again: as soon as the channel works, but less and less often where it works only
//! now and then. Pure.

use std::time::Duration;

use tokio::time::Instant;
use zapgres_core::backoff::Backoff;

/// What failed in the last moment of an outage is written by then.
const LAST_FAILURES: Duration = Duration::from_secs(2);
/// A channel that has worked for so long is not in the trouble any more that it was in.
const WORKED_FOR: Duration = Duration::from_secs(5 * 60);

/// When a channel's failed messages are made due. Each time costs all of them an attempt where the provider serves but a
/// few, so these times lie as far apart as the attempts of one message.
#[derive(Debug, Default)]
pub(super) struct Hastening {
    /// Since when the channel works; none: it does not, or was not seen to begin.
    works_since: Option<Instant>,
    /// How often in this trouble.
    times: u32,
    not_before: Option<Instant>,
    /// The next times, the last one first.
    due: Vec<Instant>,
}

impl Hastening {
    /// The channel does not work any more.
    pub(super) fn opened(&mut self, now: Instant) {
        let worked = self
            .works_since
            .take()
            .map_or(Duration::ZERO, |since| now - since);
        if worked >= WORKED_FOR.max(self.spacing()) {
            self.times = 0;
            self.not_before = None;
        }
        self.due.clear();
    }

    /// The channel works again.
    pub(super) fn closed(&mut self, now: Instant) {
        self.works_since = Some(now);
        let first = self.not_before.map_or(now, |at| at.max(now));
        self.due = vec![first + LAST_FAILURES, first];
    }

    /// When it is time.
    pub(super) fn next(&self) -> Option<Instant> {
        self.due.last().copied()
    }

    /// When it is time: how long ago that began to work which now tries again what had failed before.
    pub(super) fn is_due(&self, now: Instant) -> Option<Duration> {
        let works_since = self.works_since?;
        self.next()
            .is_some_and(|at| at <= now)
            .then(|| now - works_since)
    }

    /// It is done.
    pub(super) fn done(&mut self, now: Instant) {
        let was_first = self.due.len() > 1;
        self.due.pop();
        if was_first {
            self.times = self.times.saturating_add(1);
            self.not_before = Some(now + self.spacing());
        }
    }

    fn spacing(&self) -> Duration {
        Backoff::default().delay(self.times, 0.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Times at which a channel hastens that works for one second in two, for so long.
    fn flapping(hastening: &mut Hastening, begin: Instant, seconds: u64) -> Vec<u64> {
        let mut times = Vec::new();
        for second in (0..seconds).step_by(2) {
            let now = begin + Duration::from_secs(second);
            hastening.opened(now);
            hastening.closed(now + Duration::from_secs(1));
            for half in 2..4 {
                let now = now + half * Duration::from_millis(500);
                if hastening.is_due(now).is_some() {
                    hastening.done(now);
                    times.push(second + 1);
                }
            }
        }
        times
    }

    /// O5: at once after an outage.
    #[test]
    fn what_failed_is_due_when_the_channel_works_and_once_more_for_what_was_written_late() {
        let mut hastening = Hastening::default();
        let now = Instant::now();
        assert_eq!(hastening.is_due(now), None);
        hastening.opened(now);
        assert_eq!((hastening.next(), hastening.is_due(now)), (None, None));
        hastening.closed(now);
        assert_eq!(hastening.is_due(now), Some(Duration::ZERO));
        hastening.done(now);
        assert_eq!(hastening.is_due(now), None);
        let later = now + LAST_FAILURES;
        assert_eq!(hastening.is_due(later), Some(LAST_FAILURES));
        hastening.done(later);
        assert_eq!(hastening.next(), None);
    }

    /// O5: attempts stay bounded over time where the provider serves but a few.
    #[test]
    fn a_channel_that_works_now_and_then_hastens_as_seldom_as_one_message_is_retried() {
        let mut hastening = Hastening::default();
        let times = flapping(&mut hastening, Instant::now(), 3600);
        assert_eq!(times.len(), 7, "{times:?}");
        let waits: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let backoff = [5, 20, 80, 320, 1280, 1800];
        assert!(
            waits
                .iter()
                .zip(backoff)
                .all(|(wait, least)| *wait >= least),
            "{waits:?}"
        );
    }

    #[test]
    fn the_next_outage_is_another_one() {
        let mut hastening = Hastening::default();
        let begin = Instant::now();
        flapping(&mut hastening, begin, 30);
        let now = begin + Duration::from_secs(30) + WORKED_FOR;
        hastening.opened(now);
        hastening.closed(now);
        assert_eq!(hastening.is_due(now), Some(Duration::ZERO));
    }
}
