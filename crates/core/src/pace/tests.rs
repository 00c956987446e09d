use proptest::prelude::*;

use super::*;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn unlimited(delay_min: Duration, delay_max: Duration) -> Pace {
    Pace {
        per_minute: None,
        delay_min,
        delay_max,
    }
}

#[test]
fn the_first_message_leaves_at_once_and_the_next_at_the_rate() {
    let pace = Pace {
        per_minute: Some(30),
        delay_min: Duration::ZERO,
        delay_max: Duration::ZERO,
    };
    let mut pacer = Pacer::new(pace, seconds(100));
    let slots: Vec<Duration> = (0..4).map(|_| pacer.next_at(seconds(100), 0.5)).collect();
    assert_eq!(slots, [100, 102, 104, 106].map(seconds));
}

#[test]
fn after_a_quiet_time_a_burst_of_ten_seconds_is_allowed() {
    let pace = Pace {
        per_minute: Some(30),
        delay_min: Duration::ZERO,
        delay_max: Duration::ZERO,
    };
    assert_eq!(pace.burst(), 5);
    let mut pacer = Pacer::new(pace, seconds(0));
    let slots: Vec<Duration> = (0..7).map(|_| pacer.next_at(seconds(60), 0.5)).collect();
    assert_eq!(slots, [60, 60, 60, 60, 60, 62, 64].map(seconds));
}

#[test]
fn the_random_pause_counts_from_the_previous_message() {
    let mut pacer = Pacer::new(unlimited(seconds(1), seconds(3)), seconds(0));
    assert_eq!(pacer.next_at(seconds(0), 0.0), seconds(0));
    assert_eq!(pacer.next_at(seconds(0), 0.0), seconds(1));
    assert_eq!(pacer.next_at(seconds(0), 0.5), seconds(3));
    assert_eq!(pacer.next_at(seconds(0), 1.0), seconds(6));
    assert_eq!(
        pacer.next_at(seconds(60), 1.0),
        seconds(60),
        "a pause that is over is not added"
    );
}

#[test]
fn without_limits_everything_leaves_at_once() {
    let mut pacer = Pacer::new(unlimited(Duration::ZERO, Duration::ZERO), seconds(7));
    assert!((0..1000).all(|_| pacer.next_at(seconds(7), 0.5) == seconds(7)));
}

#[test]
fn rates_are_read() {
    assert_eq!(parse_rate("30/min"), Ok(30));
    assert_eq!(parse_rate(" 2 / s "), Ok(120));
    for text in [
        "",
        "30",
        "0/min",
        "-1/min",
        "1.5/min",
        "30/h",
        "min/30",
        "99999999999/min",
        "4294967295/s",
    ] {
        assert_eq!(
            parse_rate(text),
            Err(PaceError::Rate(text.to_owned())),
            "{text}"
        );
    }
    let error = parse_rate("30/h").unwrap_err().to_string();
    assert!(
        error.contains("\"30/h\"") && error.contains("30/min"),
        "{error}"
    );
}

#[test]
fn delays_are_read() {
    assert_eq!(parse_delay("1s..3s"), Ok((seconds(1), seconds(3))));
    assert_eq!(parse_delay("0s"), Ok((Duration::ZERO, Duration::ZERO)));
    assert_eq!(
        parse_delay(" 500ms .. 1min "),
        Ok((Duration::from_millis(500), seconds(60)))
    );
    for text in ["", "3", "1s..", "..3s", "1s-3s", "um segundo"] {
        assert_eq!(
            parse_delay(text),
            Err(PaceError::Delay(text.to_owned())),
            "{text}"
        );
    }
    assert_eq!(
        parse_delay("3s..1s"),
        Err(PaceError::DelayOrder("3s..1s".to_owned()))
    );
}

/// Slots of a lane that asks at the given times (milliseconds since the last asking).
fn slots(pace: Pace, asked: &[(u64, f64)]) -> Vec<(Duration, Duration)> {
    let mut now = seconds(1000);
    let mut pacer = Pacer::new(pace, now);
    asked
        .iter()
        .map(|(pause, unit)| {
            now += Duration::from_millis(*pause);
            (now, pacer.next_at(now, *unit))
        })
        .collect()
}

fn any_asking() -> impl Strategy<Value = Vec<(u64, f64)>> {
    let pause = prop_oneof![4 => Just(0_u64), 2 => 0_u64..500, 1 => 0_u64..60_000];
    prop::collection::vec((pause, 0.0_f64..=1.0), 2..120)
}

proptest! {
    /// Q1, P4: in no window more than the burst and what the rate allows in its length.
    #[test]
    fn no_window_has_more_than_rate_and_burst(
        per_minute in 1_u32..5000, asking in any_asking(), delay in 0_u64..50,
    ) {
        let delay = Duration::from_millis(delay);
        let pace = Pace { per_minute: Some(per_minute), delay_min: delay, delay_max: delay };
        let slots = slots(pace, &asking);
        for (first, (_, begin)) in slots.iter().enumerate() {
            for (last, (_, end)) in slots.iter().enumerate().skip(first) {
                let sent = (last - first + 1) as u128;
                let by_rate = (*end - *begin).as_nanos() * u128::from(per_minute) / 60_000_000_000;
                prop_assert!(sent <= u128::from(pace.burst()) + by_rate);
            }
        }
    }

    #[test]
    fn slots_never_go_back_and_pauses_are_within_their_bounds(
        per_minute in prop::option::of(1_u32..5000), asking in any_asking(),
        min in 0_u64..2000, range in 0_u64..2000,
    ) {
        let delay_min = Duration::from_millis(min);
        let delay_max = Duration::from_millis(min + range);
        let pace = Pace { per_minute, delay_min, delay_max };
        let slots = slots(pace, &asking);
        for pair in slots.windows(2) {
            let [(_, before), (asked, slot)] = pair else { unreachable!() };
            prop_assert!(slot >= asked);
            prop_assert!(*slot >= *before + delay_min);
            if per_minute.is_none() {
                prop_assert!(*slot <= (*before + delay_max).max(*asked));
            }
        }
    }
}
