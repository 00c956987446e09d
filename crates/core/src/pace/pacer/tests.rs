use proptest::prelude::*;

use super::*;
use crate::pace::RecipientLimit;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn per_minute(rate: u32) -> Pace {
    Pace {
        per_minute: Some(rate),
        ..Pace::default()
    }
}

/// Sends as soon as allowed; the time is the end of the wait.
fn send(pacer: &mut Pacer, recipient: &str, asked: Duration, unit: f64) -> Duration {
    let mut now = asked;
    loop {
        match pacer.reserve(recipient, Duration::ZERO, now) {
            Ok(reservation) => {
                pacer.leave(reservation, now, unit);
                return now;
            }
            Err(Wait::Channel(at) | Wait::Recipient(at)) => {
                assert!(at > now, "a wait that is over");
                now = at;
            }
            Err(Wait::Reserved) => panic!("nothing is reserved"),
        }
    }
}

fn sent(pacer: &mut Pacer, asked: Duration, count: usize) -> Vec<Duration> {
    (0..count).map(|_| send(pacer, "a", asked, 0.5)).collect()
}

#[test]
fn after_a_takeover_the_first_message_leaves_one_interval_later() {
    let mut pacer = Pacer::taking_over(per_minute(30), seconds(100));
    let times = sent(&mut pacer, seconds(100), 4);
    assert_eq!(times, [102, 104, 106, 108].map(seconds));
}

#[test]
fn a_channel_that_was_never_used_has_its_burst_at_once() {
    let mut pacer = Pacer::fresh(per_minute(30), seconds(60));
    let times = sent(&mut pacer, seconds(60), 7);
    assert_eq!(times, [60, 60, 60, 60, 60, 62, 64].map(seconds));
}

#[test]
fn the_stricter_of_two_rates_holds() {
    let pace = Pace {
        per_second: Some(2),
        ..per_minute(60)
    };
    assert_eq!(pace.burst(), 2);
    let mut pacer = Pacer::fresh(pace, Duration::ZERO);
    let times = sent(&mut pacer, Duration::ZERO, 4);
    assert_eq!(times, [0, 0, 500, 1000].map(Duration::from_millis));
}

/// P4: a recipient's limit holds up nobody else.
#[test]
fn a_recipient_at_its_limit_waits_and_others_do_not() {
    let recipient = Some(RecipientLimit {
        interval: seconds(6),
        burst: 2,
    });
    let mut pacer = Pacer::fresh(
        Pace {
            recipient,
            ..Pace::default()
        },
        Duration::ZERO,
    );
    let check = |pacer: &Pacer, to| pacer.check(to, Duration::ZERO, seconds(1));
    let first = pacer.reserve("a", Duration::ZERO, seconds(1)).unwrap();
    let second = pacer.reserve("a", Duration::ZERO, seconds(1)).unwrap();
    assert_eq!(check(&pacer, "a"), Err(Wait::Recipient(seconds(7))));
    drop(second);
    assert_eq!(check(&pacer, "a"), Ok(()), "given back");
    pacer.leave(first, seconds(1), 0.5);
    assert_eq!(send(&mut pacer, "a", seconds(1), 0.5), seconds(1));
    assert_eq!(check(&pacer, "a"), Err(Wait::Recipient(seconds(7))));
    assert_eq!(check(&pacer, "b"), Ok(()));
}

#[test]
fn the_random_pause_counts_from_when_the_previous_message_left() {
    let pace = Pace {
        delay_min: seconds(1),
        delay_max: seconds(3),
        ..Pace::default()
    };
    let mut pacer = Pacer::fresh(pace, Duration::ZERO);
    let reserved = pacer.reserve("a", Duration::ZERO, Duration::ZERO).unwrap();
    let check = |pacer: &Pacer, delay, now| pacer.check("b", seconds(delay), seconds(now));
    assert_eq!(check(&pacer, 0, 0), Err(Wait::Reserved));
    pacer.leave(reserved, seconds(5), 0.5);
    assert_eq!(check(&pacer, 0, 5), Err(Wait::Channel(seconds(7))));
    assert_eq!(
        check(&pacer, 10, 5),
        Err(Wait::Channel(seconds(17))),
        "its own delay comes on top"
    );
    assert_eq!(
        check(&pacer, 10, 60),
        Ok(()),
        "a pause that is over is not added"
    );
}

#[test]
fn without_limits_everything_leaves_at_once() {
    let mut pacer = Pacer::taking_over(Pace::default(), seconds(7));
    assert!(
        sent(&mut pacer, seconds(7), 1000)
            .iter()
            .all(|at| *at == seconds(7))
    );
}

#[test]
fn a_changed_limit_starts_empty_and_the_others_are_kept() {
    let mut pacer = Pacer::fresh(per_minute(30), Duration::ZERO);
    let slower = Pace {
        per_second: Some(1),
        ..per_minute(30)
    };
    pacer.follow(per_minute(30), Duration::ZERO);
    assert_eq!(sent(&mut pacer, Duration::ZERO, 2), [seconds(0); 2]);
    pacer.follow(slower, Duration::ZERO);
    assert_eq!(
        sent(&mut pacer, Duration::ZERO, 4),
        [1, 2, 3, 4].map(seconds)
    );
}

#[test]
fn recipients_are_forgotten_when_their_bucket_is_full() {
    let pace = Pace {
        recipient: Some(RecipientLimit {
            interval: seconds(6),
            burst: 1,
        }),
        ..Pace::default()
    };
    let mut pacer = Pacer::taking_over(pace, Duration::ZERO);
    for number in 0_u64..20_000 {
        let now = Duration::from_millis(6000 + 10 * number);
        assert_eq!(send(&mut pacer, &number.to_string(), now, 0.5), now);
        // 600 messages leave in 6 s.
        assert!(pacer.recipients.count() <= 1200, "{number}");
    }
}

/// What happens to a channel. Times are milliseconds since the previous action.
#[derive(Debug, Clone)]
enum Action {
    /// The owner looks after a while and reserves as many as it may for a recipient.
    Reserve { after: u64, to: u8, count: u8 },
    /// It sends messages to a recipient, each at the first moment it may.
    Send { to: u8, count: u8 },
    /// Its oldest reserved messages leave after a while.
    Leave { after: u64, count: u8, unit: f64 },
    /// Its newest reserved message is given back.
    GiveBack,
    /// It dies, with what it had reserved; later another daemon takes over, on its own clock.
    TakeOver { after: u64, clock: u64 },
}

fn any_actions() -> impl Strategy<Value = Vec<Action>> {
    let after = || prop_oneof![4 => Just(0_u64), 3 => 0_u64..1500, 1 => 0_u64..60_000];
    let action = prop_oneof![
        6 => (after(), 0_u8..3, 1_u8..12).prop_map(|(after, to, count)| Action::Reserve { after, to, count }),
        6 => (after(), 1_u8..12, 0.0_f64..=1.0)
            .prop_map(|(after, count, unit)| Action::Leave { after, count, unit }),
        2 => (0_u8..3, 1_u8..12).prop_map(|(to, count)| Action::Send { to, count }),
        1 => Just(Action::GiveBack),
        1 => (after(), 0_u64..10_000_000).prop_map(|(after, clock)| Action::TakeOver { after, clock }),
    ];
    prop::collection::vec(action, 1..150)
}

fn any_pace() -> impl Strategy<Value = Pace> {
    let recipient = (1_u64..8000, 1_u32..6).prop_map(|(interval, burst)| RecipientLimit {
        interval: Duration::from_millis(interval),
        burst,
    });
    let rate = |most| prop::option::of(1_u32..most);
    let delay = prop_oneof![3 => Just((0, 0)), 1 => (0_u64..3000, 0_u64..3000)];
    (rate(500), rate(30), prop::option::of(recipient), delay).prop_map(
        |(per_minute, per_second, recipient, (delay_min, more))| Pace {
            per_minute,
            per_second,
            recipient,
            delay_min: Duration::from_millis(delay_min),
            delay_max: Duration::from_millis(delay_min + more),
        },
    )
}

/// A channel and its present owner.
struct Fleet {
    pace: Pace,
    /// What any wall clock would show.
    time: Duration,
    /// How far the owner's clock is ahead of it.
    clock: Duration,
    pacer: Pacer,
    reserved: Vec<(u8, Reservation)>,
    /// When messages left, and to whom.
    left: Vec<(Duration, u8)>,
}

impl Fleet {
    fn new(pace: Pace) -> Self {
        Self {
            pace,
            time: Duration::ZERO,
            clock: Duration::ZERO,
            pacer: Pacer::fresh(pace, Duration::ZERO),
            reserved: Vec::new(),
            left: Vec::new(),
        }
    }

    fn act(&mut self, action: &Action) {
        match *action {
            Action::Reserve { after, to, count } => self.reserve(after, to, count),
            Action::Send { to, count } => self.send(to, count),
            Action::Leave { after, count, unit } => self.leave(after, count, unit),
            Action::GiveBack => drop(self.reserved.pop()),
            Action::TakeOver { after, clock } => {
                self.time += Duration::from_millis(after);
                self.clock = Duration::from_millis(clock);
                self.reserved.clear();
                self.pacer = Pacer::taking_over(self.pace, self.time + self.clock);
            }
        }
    }

    fn reserve(&mut self, after: u64, to: u8, count: u8) {
        self.time += Duration::from_millis(after);
        for _ in 0..count {
            let now = self.time + self.clock;
            match self.pacer.reserve(&to.to_string(), Duration::ZERO, now) {
                Ok(reservation) => self.reserved.push((to, reservation)),
                Err(_) => return,
            }
        }
    }

    fn send(&mut self, to: u8, count: u8) {
        self.reserved.clear();
        for _ in 0..count {
            let at = send(
                &mut self.pacer,
                &to.to_string(),
                self.time + self.clock,
                0.5,
            );
            self.time = at - self.clock;
            self.left.push((self.time, to));
        }
    }

    fn leave(&mut self, after: u64, count: u8, unit: f64) {
        self.time += Duration::from_millis(after);
        let count = usize::from(count).min(self.reserved.len());
        for (to, reservation) in self.reserved.drain(..count) {
            self.pacer.leave(reservation, self.time + self.clock, unit);
            self.left.push((self.time, to));
        }
    }

    fn left_to(&self, recipient: u8) -> Vec<Duration> {
        let to_it = self.left.iter().filter(|(_, to)| *to == recipient);
        to_it.map(|(at, _)| *at).collect()
    }
}

/// The first window with more than `burst` and what `rate` per `time` allows in its length.
fn exceeded(left: &[Duration], rate: u32, time: Duration, burst: u32) -> Option<String> {
    let windows =
        (0..left.len()).flat_map(|first| (first..left.len()).map(move |last| (first, last)));
    windows
        .map(|(first, last)| (last - first + 1, left[last] - left[first]))
        .find(|(count, length)| {
            let by_rate = length.as_nanos() * u128::from(rate) / time.as_nanos();
            *count as u128 > u128::from(burst) + by_rate
        })
        .map(|(count, length)| format!("{count} in {length:?}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// O4, Q1, P4: whichever daemons follow each other on a channel, on whatever clocks, however late what they reserve
    /// leaves: in no window more than the burst and what the rate allows in its length, per minute, per second and
    /// per recipient.
    #[test]
    fn no_window_has_more_than_rate_and_burst(pace in any_pace(), actions in any_actions()) {
        let mut fleet = Fleet::new(pace);
        for action in &actions {
            fleet.act(action);
        }
        let all: Vec<Duration> = fleet.left.iter().map(|(at, _)| *at).collect();
        if let Some(rate) = pace.per_minute {
            prop_assert_eq!(exceeded(&all, rate, seconds(60), (rate / 6).max(1)), None);
        }
        if let Some(rate) = pace.per_second {
            prop_assert_eq!(exceeded(&all, rate, seconds(1), rate), None);
        }
        if let Some(limit) = pace.recipient {
            for to in 0..3 {
                prop_assert_eq!(exceeded(&fleet.left_to(to), 1, limit.interval, limit.burst), None);
            }
        }
        for pair in all.windows(2) {
            prop_assert!(pair[1] - pair[0] >= pace.delay_min);
        }
    }

    /// Q1: a channel that always has something to send sends at exactly its rate, and its pauses are within their
    /// bounds; what is given back on the way takes nothing away.
    #[test]
    fn no_slot_is_lost(
        rate in 1_u32..500, dropped in prop::collection::vec(any::<bool>(), 1..200), min in 0_u64..300, more in 0_u64..300,
        unit in 0.0_f64..=1.0,
    ) {
        let (delay_min, delay_max) = (Duration::from_millis(min), Duration::from_millis(min + more));
        let mut pacer = Pacer::taking_over(Pace { delay_min, delay_max, ..per_minute(rate) }, Duration::ZERO);
        let interval = Duration::from_nanos(60_000_000_000_u64.div_ceil(u64::from(rate)));
        let (mut now, mut pause) = (Duration::ZERO, delay_min);
        for dropped in dropped {
            let due = now + pause.max(interval);
            if let Err(Wait::Channel(at)) = pacer.check("a", Duration::ZERO, now) {
                // A burst saved up while a pause was longer than the interval is used, too.
                prop_assert!(at <= due);
                now = at;
            }
            let reservation = pacer.reserve("a", Duration::ZERO, now);
            prop_assert!(reservation.is_ok());
            if dropped {
                drop(reservation);
                pause = Duration::ZERO;
            } else if let Ok(reservation) = reservation {
                pacer.leave(reservation, now, unit);
                pause = pacer.rested_at - now;
                prop_assert!((delay_min..=delay_max).contains(&pause));
            }
        }
    }
}
