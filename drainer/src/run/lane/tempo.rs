//! When a lane may send: its channel's pace, and rests after the channel was the obstacle.

use tokio::time::{Duration, Instant};
use zapgres_core::pace::{Pace, Pacer, Reservation, Wait};

/// A pacer on the process's clock.
pub(crate) struct Tempo {
    begin: Instant,
    pacer: Option<Pacer>,
    /// When the next message may leave, where one was refused.
    ahead: Option<Duration>,
    /// What may leave and has not left yet.
    reserved: Vec<Reservation>,
    rest_until: Option<Instant>,
    /// The channel was the obstacle last time: one message shows whether it still is.
    probing: bool,
}

impl Tempo {
    /// Without any pace yet.
    pub(crate) fn new(begin: Instant) -> Self {
        Self {
            begin,
            pacer: None,
            ahead: None,
            reserved: Vec::new(),
            rest_until: None,
            probing: false,
        }
    }

    /// Keeps to `pace` from now on.
    pub(crate) fn follow(&mut self, pace: Pace) {
        let now = self.begin.elapsed();
        self.pacer
            .get_or_insert_with(|| Pacer::taking_over(pace, now))
            .follow(pace, now);
    }

    /// How many of `wanted` messages may leave now. What was allowed before and has not left is given back.
    pub(crate) fn allowance(&mut self, wanted: usize) -> usize {
        self.reserved.clear();
        self.ahead = None;
        let Some(pacer) = &mut self.pacer else {
            return 0;
        };
        let now = self.begin.elapsed();
        while self.reserved.len() < wanted {
            match pacer.reserve("", Duration::ZERO, now) {
                Ok(reservation) => self.reserved.push(reservation),
                Err(wait) => {
                    if let Wait::Channel(at) | Wait::Recipient(at) = wait {
                        self.ahead = Some(at);
                    }
                    break;
                }
            }
        }
        self.reserved.len()
    }

    /// So many of those that were allowed leave now; the others are given back.
    pub(crate) fn leave(&mut self, count: usize, random: impl Fn() -> f64) {
        let now = self.begin.elapsed();
        for reservation in self.reserved.drain(..).take(count) {
            if let Some(pacer) = &mut self.pacer {
                pacer.leave(reservation, now, random());
            }
        }
    }

    /// When the next message may leave, if not now.
    pub(crate) fn next_slot(&self) -> Option<Instant> {
        self.ahead.map(|slot| self.begin + slot)
    }

    /// When the rest is over, while there is one.
    pub(crate) fn resting_until(&self) -> Option<Instant> {
        self.rest_until.filter(|until| *until > Instant::now())
    }

    /// The channel is the obstacle: nothing leaves for that long, then one message as a probe.
    pub(crate) fn rest(&mut self, wait: Duration) {
        let until = Instant::now() + wait;
        self.rest_until = Some(self.rest_until.map_or(until, |known| known.max(until)));
        self.probing = true;
    }

    /// The channel works.
    pub(crate) fn works(&mut self) {
        self.probing = false;
    }

    /// Whether the next message is a probe.
    pub(crate) fn is_probing(&self) -> bool {
        self.probing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(per_minute: Option<u32>, delay: u64) -> Pace {
        let delay = Duration::from_secs(delay);
        Pace {
            per_minute,
            delay_min: delay,
            delay_max: delay,
            ..Pace::default()
        }
    }

    #[test]
    fn an_unlimited_channel_sends_all_at_once() {
        let mut tempo = Tempo::new(Instant::now());
        tempo.follow(pace(None, 0));
        assert_eq!(tempo.allowance(10), 10);
        assert_eq!(tempo.next_slot(), None);
    }

    #[test]
    fn a_paced_channel_tells_when_the_next_message_may_leave() {
        let begin = Instant::now();
        let mut tempo = Tempo::new(begin);
        tempo.follow(pace(Some(30), 60));
        assert_eq!(tempo.allowance(10), 0);
        assert!(tempo.next_slot().unwrap() >= begin + Duration::from_secs(60));
    }

    #[test]
    fn what_is_allowed_and_does_not_leave_is_not_lost() {
        let mut tempo = Tempo::new(Instant::now() - Duration::from_secs(60));
        tempo.pacer = Some(Pacer::fresh(pace(Some(6), 0), Duration::ZERO));
        assert_eq!(tempo.allowance(1), 1);
        tempo.leave(0, || 0.5);
        assert_eq!(tempo.allowance(5), 1);
        tempo.leave(1, || 0.5);
        assert_eq!(tempo.allowance(5), 0);
    }

    #[test]
    fn a_rest_is_followed_by_a_probe() {
        let mut tempo = Tempo::new(Instant::now());
        tempo.rest(Duration::from_secs(60));
        assert!(tempo.resting_until().is_some() && tempo.is_probing());
        tempo.works();
        assert!(!tempo.is_probing());
    }
}
