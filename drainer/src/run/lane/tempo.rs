//! When a lane may send: its channel's pace, on the process's clock.

use std::time::Duration;

use tokio::time::Instant;
use zapgres_core::pace::{Pace, Pacer, Reservation, Wait};

/// A pacer on the process's clock.
pub(crate) struct Tempo {
    begin: Instant,
    /// Nobody has ever sent on this channel.
    unused: bool,
    pacer: Option<Pacer>,
}

/// Why a message may not leave yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Nothing leaves before that time.
    Channel(Instant),
    /// Nothing to this recipient.
    Recipient(Instant),
    /// One has to leave first.
    Reserved,
}

impl Tempo {
    /// Without any pace yet. `unused`: nobody has ever sent on this channel, so that its first messages need not wait.
    pub(crate) fn new(begin: Instant, unused: bool) -> Self {
        Self {
            begin,
            unused,
            pacer: None,
        }
    }

    /// Keeps to `pace` from now on.
    pub(crate) fn follow(&mut self, pace: Pace) {
        let now = self.begin.elapsed();
        match &mut self.pacer {
            Some(pacer) => pacer.follow(pace, now),
            None if self.unused => self.pacer = Some(Pacer::fresh(pace, now)),
            None => self.pacer = Some(Pacer::taking_over(pace, now)),
        }
    }

    /// Leave for one message, if it may go now. `delay` is the silence it asks for before itself.
    pub(crate) fn reserve(
        &mut self,
        recipient: &str,
        delay: Duration,
    ) -> Result<Reservation, Hold> {
        let now = self.begin.elapsed();
        let Some(pacer) = &mut self.pacer else {
            return Err(Hold::Reserved);
        };
        pacer
            .reserve(recipient, delay, now)
            .map_err(|wait| match wait {
                Wait::Channel(at) => Hold::Channel(self.begin + at),
                Wait::Recipient(at) => Hold::Recipient(self.begin + at),
                Wait::Reserved => Hold::Reserved,
            })
    }

    /// The message leaves now.
    pub(crate) fn leave(&mut self, reservation: Reservation, unit: f64) {
        let now = self.begin.elapsed();
        if let Some(pacer) = &mut self.pacer {
            pacer.leave(reservation, now, unit);
        }
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

    /// O4: whoever sent on the channel before may have used up what its limits allow.
    #[test]
    fn only_a_channel_that_nobody_used_begins_at_once() {
        let begin = Instant::now();
        let mut tempo = Tempo::new(begin, true);
        tempo.follow(pace(Some(6), 0));
        let reservation = tempo.reserve("a", Duration::ZERO).expect("leave");
        tempo.leave(reservation, 0.5);
        let mut taken_over = Tempo::new(begin, false);
        taken_over.follow(pace(Some(6), 0));
        for tempo in [tempo, taken_over].iter_mut() {
            let hold = tempo.reserve("a", Duration::ZERO).expect_err("a hold");
            let Hold::Channel(at) = hold else {
                panic!("{hold:?}")
            };
            assert!(at >= begin + Duration::from_secs(9));
        }
    }

    #[test]
    fn a_pause_begins_when_the_message_before_has_left() {
        let mut tempo = Tempo::new(Instant::now(), true);
        tempo.follow(pace(None, 60));
        let first = tempo.reserve("a", Duration::ZERO).expect("leave");
        assert_eq!(
            tempo.reserve("b", Duration::ZERO).err(),
            Some(Hold::Reserved)
        );
        tempo.leave(first, 0.5);
        assert!(matches!(
            tempo.reserve("b", Duration::ZERO),
            Err(Hold::Channel(_))
        ));
    }
}
