//! Outcomes whose own rows are in the way: each is tried again after a pause of its own, so that none holds up others.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::time::Instant;

use super::{BATCH, RETRY_MAX, RETRY_MIN, Report};

/// Reports that go into one statement; at most one per notification.
#[derive(Default)]
pub(super) struct Batch {
    pub reports: Vec<Report>,
    /// How long each has waited since it was tried last; none: it is new.
    pub pauses: HashMap<i64, Duration>,
}

/// What could not be written of a batch, for reasons of its own.
#[derive(Default)]
pub(super) struct Rest {
    /// Somebody holds their rows.
    pub locked: Vec<Report>,
    /// What the server said to each.
    pub refused: Vec<(Report, String)>,
}

/// What waits to be tried again.
#[derive(Default)]
pub(super) struct Aside {
    waiting: Vec<Late>,
    /// One batch at a time: the other place is for what is new.
    is_tried: bool,
}

struct Late {
    report: Report,
    pause: Duration,
    at: Instant,
}

impl Aside {
    /// What is due, when it may be tried.
    pub(super) fn take(&mut self, now: Instant) -> Batch {
        let mut batch = Batch::default();
        if self.is_tried {
            return batch;
        }
        let mut ids = HashSet::new();
        let mut left = Vec::new();
        for late in self.waiting.drain(..) {
            let id = late.report.id();
            if late.at <= now && batch.reports.len() < BATCH && ids.insert(id) {
                batch.reports.push(late.report);
                batch.pauses.insert(id, late.pause);
            } else {
                left.push(late);
            }
        }
        self.waiting = left;
        self.is_tried = !batch.reports.is_empty();
        batch
    }

    /// Takes in what is left of a batch with these pauses; with some, it was one of [`Self::take`].
    pub(super) fn put(&mut self, rest: Rest, pauses: &HashMap<i64, Duration>, now: Instant) {
        self.retried(pauses);
        let mut held = 0_usize;
        for report in rest.locked {
            let before = pauses.get(&report.id()).copied();
            let pause = self.wait(report, before, now);
            held += usize::from(before < Some(RETRY_MAX) && pause == RETRY_MAX);
        }
        if held > 0 {
            tracing::warn!(
                count = held,
                "outcomes cannot be written: somebody holds a lock on their notifications; trying until they are"
            );
        }
        for (report, error) in rest.refused {
            let before = pauses.get(&report.id()).copied();
            if before.is_none() {
                tracing::error!(
                    error,
                    notification_id = report.id(),
                    "the outcome of an attempt is refused; trying until it is not"
                );
            }
            self.wait(report, before, now);
        }
    }

    /// A batch with these pauses is not being written any more.
    pub(super) fn retried(&mut self, pauses: &HashMap<i64, Duration>) {
        self.is_tried &= pauses.is_empty();
    }

    fn wait(&mut self, report: Report, before: Option<Duration>, now: Instant) -> Duration {
        let pause = before.map_or(RETRY_MIN, |before| (before * 2).min(RETRY_MAX));
        let at = now + pause;
        self.waiting.push(Late { report, pause, at });
        pause
    }

    /// When there is something to try.
    pub(super) fn next_time(&self) -> Option<Instant> {
        let times = self.waiting.iter().map(|late| late.at);
        times.min().filter(|_| !self.is_tried)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(id: i64) -> Report {
        Report::Unsent {
            id,
            channel_id: 1,
            epoch: 1,
        }
    }

    fn locked(ids: impl IntoIterator<Item = i64>) -> Rest {
        Rest {
            locked: ids.into_iter().map(report).collect(),
            refused: Vec::new(),
        }
    }

    /// O9: what was put aside first does not wait longer because of what comes later.
    #[tokio::test]
    async fn each_waits_for_itself() {
        let begin = Instant::now();
        let mut aside = Aside::default();
        aside.put(locked([7]), &HashMap::new(), begin);
        let mut now = begin + RETRY_MIN;
        for _ in 0..10 {
            let batch = aside.take(now);
            assert_eq!(batch.reports, [report(7)]);
            assert!(aside.take(now).reports.is_empty(), "one batch at a time");
            aside.put(locked([7]), &batch.pauses, now);
            now = aside.next_time().unwrap();
        }
        let last = now;
        aside.put(locked([8]), &HashMap::new(), last - RETRY_MAX);
        let batch = aside.take(last - RETRY_MAX + RETRY_MIN);
        assert_eq!(batch.reports, [report(8)]);
        aside.put(Rest::default(), &batch.pauses, last);
        assert_eq!(aside.next_time(), Some(last));
        assert_eq!(aside.take(last).reports, [report(7)]);
        assert!(aside.is_empty());
    }

    #[tokio::test]
    async fn one_of_a_notification_at_a_time_and_no_more_than_a_batch() {
        let now = Instant::now();
        let mut aside = Aside::default();
        aside.put(locked([7, 7]), &HashMap::new(), now);
        aside.put(locked(100..2000), &HashMap::new(), now);
        let batch = aside.take(now + RETRY_MAX);
        let seven = |batch: &Batch| {
            let ids = batch.reports.iter().map(Report::id);
            ids.filter(|id| *id == 7).count()
        };
        assert_eq!((batch.reports.len(), seven(&batch)), (BATCH, 1));
        aside.retried(&batch.pauses);
        assert_eq!(seven(&aside.take(now + RETRY_MAX)), 1);
    }
}
