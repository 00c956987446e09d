use proptest::prelude::*;

use super::*;
use crate::error_class::{ErrorClass, SendError, ThrottleScope};

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn milliseconds(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

const FAILED: Reading = Reading::Failed {
    rest: Duration::ZERO,
};
const OBSTACLE: Reading = Reading::Obstacle {
    rest: Duration::ZERO,
};

/// A breaker after these answers, 10 ms apart from 1000 s on, and when the next one would be.
fn after(answers: &[Reading]) -> (Breaker, Duration) {
    let mut breaker = Breaker::default();
    let mut now = seconds(1000);
    for reading in answers {
        breaker.record(*reading, None, now, 0.5);
        now += milliseconds(10);
    }
    (breaker, now)
}

fn state_after(works: usize, failed: usize) -> State {
    let mut answers = vec![Reading::Works; works];
    answers.extend(vec![FAILED; failed]);
    after(&answers).0.state()
}

/// Architecture, defaults: 70 % of at least 10.
#[test]
fn it_opens_when_most_of_the_recent_answers_are_failures() {
    assert_eq!(state_after(0, 9), State::Closed);
    assert_eq!(state_after(0, 10), State::Open);
    assert_eq!(state_after(3, 7), State::Open);
    assert_eq!(state_after(4, 6), State::Closed);
    assert_eq!(state_after(100_000, 13), State::Closed);
    assert_eq!(
        state_after(100_000, 14),
        State::Open,
        "however busy the channel was before"
    );
}

#[test]
fn answers_of_long_ago_do_not_count() {
    let (mut breaker, now) = after(&[FAILED; 9]);
    assert_eq!(breaker.record(FAILED, None, now + seconds(301), 0.5), None);
    assert_eq!(breaker.state(), State::Closed);
}

#[test]
fn it_opens_at_once_when_the_channel_is_the_obstacle() {
    let (mut breaker, now) = after(&[Reading::Works; 50]);
    assert_eq!(
        breaker.record(OBSTACLE, None, now, 0.5),
        Some(Change::Opened)
    );
    assert_eq!(breaker.permit(now), Permit::From(now + seconds(1)));
}

#[test]
fn one_probe_at_a_time_and_one_success_closes_it() {
    let (mut breaker, now) = after(&[OBSTACLE]);
    assert!(breaker.probe(now).is_none(), "too early");
    let now = now + seconds(2);
    assert_eq!(breaker.permit(now), Permit::Probe);
    let probe = breaker.probe(now);
    assert!(probe.is_some() && breaker.probe(now).is_none());
    assert_eq!(
        (breaker.state(), breaker.permit(now)),
        (State::HalfOpen, Permit::AwaitProbe)
    );
    drop(probe);
    assert_eq!(breaker.permit(now), Permit::Probe, "it was not sent");
    let probe = breaker.probe(now);
    assert_eq!(
        breaker.record(OBSTACLE, probe, now, 0.5),
        Some(Change::StillDown)
    );
    assert_eq!(
        (breaker.state(), breaker.permit(now)),
        (State::Open, Permit::From(now + seconds(1)))
    );
    let now = now + seconds(1);
    let probe = breaker.probe(now);
    assert_eq!(
        breaker.record(Reading::Works, probe, now, 0.5),
        Some(Change::Closed)
    );
    assert_eq!(
        (breaker.state(), breaker.permit(now)),
        (State::Closed, Permit::All)
    );
}

#[test]
fn failures_of_what_was_on_its_way_before_are_no_probes() {
    let (mut breaker, now) = after(&[OBSTACLE]);
    let now = now + seconds(2);
    let probe = breaker.probe(now);
    assert_eq!(breaker.record(FAILED, None, now, 0.5), None);
    assert_eq!(breaker.permit(now), Permit::AwaitProbe);
    drop(probe);
    assert_eq!(breaker.permit(now), Permit::Probe);
}

#[test]
fn a_probe_of_an_earlier_outage_is_none_of_this_one() {
    let (mut breaker, now) = after(&[OBSTACLE]);
    let now = now + seconds(2);
    let early = breaker.probe(now);
    assert_eq!(
        breaker.record(Reading::Works, None, now, 0.5),
        Some(Change::Closed)
    );
    breaker.record(OBSTACLE, None, now, 0.5);
    assert_eq!(breaker.state(), State::Open);
    assert_eq!(breaker.record(OBSTACLE, early, now, 1.0), None);
    assert_eq!(breaker.permit(now), Permit::From(now + seconds(1)));
}

#[test]
fn the_providers_wish_puts_the_probe_off() {
    let (mut breaker, now) = after(&[]);
    let asked = Reading::Obstacle { rest: seconds(90) };
    breaker.record(asked, None, now, 0.5);
    assert_eq!(breaker.permit(now), Permit::From(now + seconds(90)));
    let later = Reading::Failed { rest: seconds(100) };
    assert_eq!(
        breaker.record(later, None, now, 0.5),
        Some(Change::StillDown)
    );
    assert_eq!(breaker.permit(now), Permit::From(now + seconds(100)));
}

/// B2: a silent server gets what is on its way, and then one message at a time.
#[test]
fn in_doubt_the_channel_rests_and_goes_on_with_one_at_a_time() {
    let silence = Reading::Failed { rest: seconds(2) };
    let (mut breaker, now) = after(&[Reading::Works, silence]);
    let begun = now - milliseconds(10);
    assert_eq!(breaker.permit(now), Permit::From(begun + seconds(2)));
    let now = now + seconds(2);
    assert_eq!(breaker.permit(now), Permit::OneAtATime);
    breaker.record(Reading::Works, None, now, 0.5);
    assert_eq!(breaker.permit(now), Permit::All);
}

/// B2: what was on its way when the doubt arose says nothing.
#[test]
fn answers_to_earlier_requests_do_not_end_the_doubt() {
    let silence = Reading::Failed { rest: seconds(2) };
    let (breaker, now) = after(&[silence, Reading::Works]);
    let begun = now - milliseconds(20);
    assert_eq!(breaker.permit(now), Permit::From(begun + seconds(2)));
}

/// A long rest has to be known to others, and to last.
#[test]
fn a_long_rest_opens_it_and_only_a_probe_after_it_closes_it() {
    let (mut breaker, now) = after(&[Reading::Works]);
    let asked = Reading::Failed {
        rest: seconds(3600),
    };
    assert_eq!(breaker.record(asked, None, now, 0.5), Some(Change::Opened));
    assert_eq!(breaker.record(Reading::Works, None, now, 0.5), None);
    assert_eq!(breaker.permit(now), Permit::From(now + seconds(3600)));
    let other = Breaker::restore(breaker.snapshot(now), now);
    assert_eq!(other.permit(now), Permit::From(now + seconds(3600)));
    let now = now + seconds(3600);
    let probe = breaker.probe(now);
    let change = breaker.record(Reading::Works, probe, now, 0.5);
    assert_eq!(change, Some(Change::Closed));
}

#[test]
fn another_daemon_goes_on_where_the_first_one_was() {
    let (mut breaker, now) = after(&[OBSTACLE]);
    let now = now + seconds(1600);
    let probe = breaker.probe(now);
    breaker.record(OBSTACLE, probe, now, 0.5);
    let snapshot = breaker.snapshot(now + seconds(10));
    let other = Breaker::restore(snapshot, seconds(3));
    assert_eq!(other.snapshot(seconds(3)), snapshot);
    assert_eq!(snapshot.down_for, Some(milliseconds(1_610_010)));
    assert_eq!(other.state(), State::Open);
    assert!(matches!(other.permit(seconds(3)), Permit::From(at) if at > seconds(90)));
    let working = Breaker::default().snapshot(now);
    assert_eq!(Breaker::restore(working, now).permit(now), Permit::All);
}

/// What each class says of the channel.
#[test]
fn every_class_has_its_reading() {
    use ErrorClass::*;
    let read = |class, reached_provider, retry_after: Option<u64>| {
        Reading::of_error(&SendError {
            class,
            message: String::new(),
            scope: ThrottleScope::Channel,
            retry_after: retry_after.map(seconds),
            reached_provider,
        })
    };
    let failed = |rest| {
        Some(Reading::Failed {
            rest: seconds(rest),
        })
    };
    let obstacle = |rest| {
        Some(Reading::Obstacle {
            rest: seconds(rest),
        })
    };
    let table = [
        (Transient, failed(0), failed(9)),
        (Throttled, failed(2), failed(9)),
        (RecipientInvalid, Some(Reading::Works), Some(Reading::Works)),
        (WindowClosed, Some(Reading::Works), Some(Reading::Works)),
        (OptedOut, Some(Reading::Works), Some(Reading::Works)),
        (ChannelAuth, obstacle(0), obstacle(9)),
        (ChannelDown, obstacle(0), obstacle(9)),
        (Rejected, Some(Reading::Works), Some(Reading::Works)),
        (Uncertain, failed(2), failed(9)),
        (SourceError, None, None),
    ];
    assert_eq!(table.map(|(class, ..)| class), ErrorClass::ALL);
    for (class, plain, asked) in table {
        assert_eq!(read(class, true, None), plain, "{class}");
        assert_eq!(read(class, true, Some(9)), asked, "{class}");
    }
    assert_eq!(read(Rejected, false, None), None, "nobody answered");
    let too_much_for_one = SendError {
        class: Throttled,
        message: String::new(),
        scope: ThrottleScope::Recipient,
        retry_after: None,
        reached_provider: true,
    };
    assert_eq!(Reading::of_error(&too_much_for_one), Some(Reading::Works));
}

/// Probes of an outage of `length` that begins with an obstacle, each answered after `answer`; the last one works.
/// Returns how many failed, and how long after the outage's end the channel works again.
fn outage(length: Duration, answer: Duration, units: &[f64]) -> (u32, Duration) {
    let mut units = units.iter().copied().cycle();
    let mut unit = || units.next().unwrap_or(0.5);
    let begin = seconds(1000);
    let mut now = begin;
    let mut breaker = Breaker::default();
    breaker.record(OBSTACLE, None, now, unit());
    let mut failed = 0;
    loop {
        if let Permit::From(at) = breaker.permit(now) {
            assert!(breaker.probe(now).is_none());
            now = at;
        }
        let probe = breaker.probe(now);
        assert!(probe.is_some() && breaker.probe(now).is_none());
        let works = now - begin >= length;
        now += answer;
        let reading = if works { Reading::Works } else { OBSTACLE };
        match breaker.record(reading, probe, now, unit()) {
            Some(Change::Closed) => return (failed, now - begin - length),
            change => assert_eq!(change, Some(Change::StillDown)),
        }
        failed += 1;
    }
}

/// P3: whoever learns otherwise that the obstacle is gone need not wait for the next probe.
#[test]
fn a_probe_may_be_brought_forward_but_not_into_a_rest() {
    let mut breaker = Breaker::default();
    breaker.record(OBSTACLE, None, seconds(0), 0.5);
    let probe = breaker.probe(seconds(1000));
    breaker.record(OBSTACLE, probe, seconds(1000), 0.5);
    assert!(matches!(breaker.permit(seconds(1001)), Permit::From(_)));
    breaker.probe_now(seconds(1001));
    assert_eq!(breaker.permit(seconds(1001)), Permit::Probe);
    let resting = Reading::Obstacle { rest: seconds(30) };
    let probe = breaker.probe(seconds(1001));
    breaker.record(resting, probe, seconds(1001), 0.5);
    breaker.probe_now(seconds(1002));
    assert!(matches!(breaker.permit(seconds(1002)), Permit::From(at) if at >= seconds(1031)));
    let mut closed = Breaker::default();
    closed.probe_now(seconds(1));
    assert_eq!(closed.permit(seconds(1)), Permit::All);
}

proptest! {
    /// O5: recovery is noticed within 1.3 s or 8 % of the outage, while even a day's outage gets few probes.
    #[test]
    fn recovery_is_noticed_soon_and_an_outage_gets_few_probes(
        length in prop_oneof![0_u64..100_000, 0_u64..7_000_000, 0_u64..90_000_000],
        answer in 0_u64..20,
        units in prop::collection::vec(0.0_f64..=1.0, 1..50),
    ) {
        let (length, answer) = (milliseconds(length), milliseconds(answer));
        let (failed, noticed) = outage(length, answer, &units);
        // The wait before the last failing probe is from when its answer was there.
        let longest = length.mul_f64(0.08).clamp(milliseconds(1300), seconds(721));
        prop_assert!(noticed <= longest + answer, "{noticed:?} after {length:?}");
        // Waits are at least 0.8 s, and at least a twentieth of the time down up to 480 s.
        let length = length.as_secs_f64();
        let most = 22.0 + (length / 16.0).max(1.0).ln() / 1.05_f64.ln() + length / 480.0;
        prop_assert!(f64::from(failed) <= most, "{failed} probes in {length} s");
    }

    /// B2: nothing is sent before the provider's wish is fulfilled, whatever else is answered meanwhile; and of a long rest
    /// whoever has the channel next knows.
    #[test]
    fn what_the_provider_asks_for_it_gets(
        steps in prop::collection::vec(
            (0_u8..7, prop::sample::select(vec![0_u64, 2, 20, 50, 90, 3600]), 0_u64..40_000, 0.0_f64..=1.0),
            1..100,
        ),
    ) {
        let mut breaker = Breaker::default();
        let mut probe: Option<Probe> = None;
        let mut now = seconds(1000);
        let (mut asked_until, mut long_until) = (now, now);
        for (step, rest, wait, unit) in steps {
            now += milliseconds(wait);
            let rest = seconds(rest);
            let (reading, answered) = match step {
                0 | 1 => (Reading::Works, None),
                2 => (Reading::Works, probe.take()),
                3 => (Reading::Failed { rest }, None),
                4 => (Reading::Failed { rest }, probe.take()),
                5 => (Reading::Obstacle { rest }, None),
                _ => (Reading::Obstacle { rest }, probe.take()),
            };
            if reading != Reading::Works {
                asked_until = asked_until.max(now + rest);
                if rest > seconds(60) {
                    long_until = long_until.max(now + rest);
                }
            }
            breaker.record(reading, answered, now, unit);
            if asked_until > now {
                match breaker.permit(now) {
                    Permit::From(at) => prop_assert!(at >= asked_until, "{at:?} {asked_until:?}"),
                    permit => prop_assert!(permit == Permit::AwaitProbe && probe.is_some(), "{permit:?}"),
                }
            }
            if long_until > now {
                let other = Breaker::restore(breaker.snapshot(now), now);
                prop_assert!(matches!(other.permit(now), Permit::From(at) if at >= long_until));
            }
            probe = probe.or(breaker.probe(now));
        }
    }

    /// Whatever comes in, at most one probe is on its way, and nothing else is sent while the channel is down.
    #[test]
    fn never_two_probes(steps in prop::collection::vec((0_u8..6, 0_u64..5000, 0.0_f64..=1.0), 1..200)) {
        let mut breaker = Breaker::default();
        let mut probe: Option<Probe> = None;
        let mut now = seconds(1000);
        for (step, wait, unit) in steps {
            now += milliseconds(wait);
            let was_down = breaker.state() != State::Closed;
            let change = match step {
                0 => breaker.record(FAILED, None, now, unit),
                1 => breaker.record(OBSTACLE, None, now, unit),
                2 if wait > 4000 => breaker.record(Reading::Works, None, now, unit),
                3 => breaker.record(OBSTACLE, probe.take(), now, unit),
                4 if wait > 4000 => breaker.record(Reading::Works, probe.take(), now, unit),
                5 => { probe = None; None }
                _ => None,
            };
            let is_down = breaker.state() != State::Closed;
            prop_assert_eq!(change == Some(Change::Opened), !was_down && is_down);
            prop_assert_eq!(change == Some(Change::Closed), was_down && !is_down);
            let next = breaker.probe(now);
            if is_down {
                prop_assert!(!matches!(breaker.permit(now), Permit::All | Permit::OneAtATime));
            } else {
                prop_assert!(next.is_none());
                probe = None;
            }
            prop_assert!(probe.is_none() || next.is_none());
            probe = probe.or(next);
        }
    }
}
