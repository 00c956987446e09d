//! When a lane may send: its channel's pace, and rests after the channel was the obstacle.

use tokio::time::{Duration, Instant};
use zapgres_core::pace::{Pace, Pacer};

/// A pacer on the process's clock.
pub(crate) struct Tempo {
    begin: Instant,
    paced: Option<(Pace, Pacer)>,
    /// A slot that was taken and lies ahead.
    ahead: Option<Duration>,
    /// Slots that were taken and not used.
    unused: usize,
    rest_until: Option<Instant>,
    /// The channel was the obstacle last time: one message shows whether it still is.
    probing: bool,
}

impl Tempo {
    /// Without any pace yet.
    pub(crate) fn new(begin: Instant) -> Self {
        Self {
            begin,
            paced: None,
            ahead: None,
            unused: 0,
            rest_until: None,
            probing: false,
        }
    }

    /// Keeps to `pace` from now on.
    pub(crate) fn follow(&mut self, pace: Pace) {
        if self
            .paced
            .as_ref()
            .is_none_or(|(followed, _)| *followed != pace)
        {
            self.paced = Some((pace, Pacer::new(pace, self.begin.elapsed())));
            self.ahead = None;
            self.unused = 0;
        }
    }

    /// How many of `wanted` messages may leave now.
    pub(crate) fn allowance(&mut self, wanted: usize, random: impl Fn() -> f64) -> usize {
        let Some((_, pacer)) = &mut self.paced else {
            return 0;
        };
        let now = self.begin.elapsed();
        let mut allowed = self.unused.min(wanted);
        self.unused -= allowed;
        while allowed < wanted {
            let slot = self
                .ahead
                .take()
                .unwrap_or_else(|| pacer.next_at(now, random()));
            if slot > now {
                self.ahead = Some(slot);
                break;
            }
            allowed += 1;
        }
        allowed
    }

    /// Some of the allowance was not used.
    pub(crate) fn give_back(&mut self, count: usize) {
        self.unused += count;
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
        }
    }

    #[test]
    fn an_unlimited_channel_sends_all_at_once() {
        let mut tempo = Tempo::new(Instant::now());
        tempo.follow(pace(None, 0));
        assert_eq!(tempo.allowance(10, || 0.5), 10);
        assert_eq!(tempo.next_slot(), None);
    }

    #[test]
    fn a_paced_channel_sends_one_and_tells_when_the_next_may_leave() {
        let begin = Instant::now();
        let mut tempo = Tempo::new(begin);
        tempo.follow(pace(Some(30), 60));
        assert_eq!(tempo.allowance(10, || 0.5), 1);
        assert!(tempo.next_slot().unwrap() >= begin + Duration::from_secs(60));
        assert_eq!(tempo.allowance(10, || 0.5), 0);
    }

    #[test]
    fn an_unused_slot_is_not_lost() {
        let mut tempo = Tempo::new(Instant::now());
        tempo.follow(pace(Some(30), 60));
        assert_eq!(tempo.allowance(1, || 0.5), 1);
        tempo.give_back(1);
        assert_eq!(tempo.allowance(5, || 0.5), 1);
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
