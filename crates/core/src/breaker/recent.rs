//! The last answers on a channel.

use std::collections::VecDeque;
use std::time::Duration;

/// Older answers say nothing about the channel.
const AGE: Duration = Duration::from_secs(5 * 60);
/// As many are looked at: with all of a busy channel's five minutes, an outage would be noticed minutes after it began.
const MOST: usize = 20;
/// Fewer are too few to tell.
const FEWEST: usize = 10;
/// Of a hundred answers, as many failures are an outage.
const OUTAGE_PERCENT: usize = 70;

/// The last answers, each a failure or not.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<(Duration, bool)>);

impl Recent {
    pub(super) fn add(&mut self, has_failed: bool, now: Duration) {
        self.0.push_back((now, has_failed));
        let begin = now.saturating_sub(AGE);
        while self.0.len() > MOST || self.0.front().is_some_and(|(at, _)| *at < begin) {
            self.0.pop_front();
        }
    }

    /// Whether so many have failed that the channel cannot be working.
    pub(super) fn is_outage(&self) -> bool {
        let failures = self.0.iter().filter(|(_, has_failed)| *has_failed).count();
        self.0.len() >= FEWEST && failures * 100 >= self.0.len() * OUTAGE_PERCENT
    }
}
