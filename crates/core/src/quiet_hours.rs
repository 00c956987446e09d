//! When a person wants no messages: a range of the clock on the wall, every day.

use chrono::{DateTime, Days, NaiveTime, Utc};
use chrono_tz::Tz;

use crate::wall_clock::moments;

/// From when to when; past midnight where it ends before it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours {
    /// Begin.
    pub from: NaiveTime,
    /// End.
    pub to: NaiveTime,
}

impl QuietHours {
    /// Whether they hold at `moment`, by the clock in `zone`.
    #[must_use]
    pub fn hold(&self, moment: DateTime<Utc>, zone: Tz) -> bool {
        let time = moment.with_timezone(&zone).time();
        if self.from <= self.to {
            (self.from..self.to).contains(&time)
        } else {
            time >= self.from || time < self.to
        }
    }

    /// The earliest moment from `moment` on at which they do not hold.
    #[must_use]
    pub fn end(&self, moment: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
        if !self.hold(moment, zone) {
            return moment;
        }
        let today = moment.with_timezone(&zone).date_naive();
        (0..3)
            .filter_map(|number| today.checked_add_days(Days::new(number)))
            .flat_map(|day| moments(zone, day.and_time(self.to)))
            .filter(|end| *end > moment && !self.hold(*end, zone))
            .min()
            .unwrap_or(moment)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use chrono_tz::America::Sao_Paulo;
    use proptest::prelude::*;

    use super::*;

    fn time(hour: u32, minute: u32) -> NaiveTime {
        NaiveTime::from_hms_opt(hour, minute, 0).unwrap()
    }

    fn local(day: u32, hour: u32) -> DateTime<Utc> {
        let local = Sao_Paulo.with_ymd_and_hms(2026, 11, day, hour, 0, 0);
        local.unwrap().with_timezone(&Utc)
    }

    /// O7: a night passes midnight.
    #[test]
    fn a_night_ends_in_the_morning() {
        let night = QuietHours {
            from: time(22, 0),
            to: time(8, 0),
        };
        assert_eq!(night.end(local(20, 21), Sao_Paulo), local(20, 21));
        assert_eq!(night.end(local(20, 22), Sao_Paulo), local(21, 8));
        assert_eq!(night.end(local(21, 3), Sao_Paulo), local(21, 8));
        assert_eq!(night.end(local(21, 8), Sao_Paulo), local(21, 8));
        let nap = QuietHours {
            from: time(13, 0),
            to: time(15, 0),
        };
        assert_eq!(nap.end(local(20, 14), Sao_Paulo), local(20, 15));
        let none = QuietHours {
            from: time(8, 0),
            to: time(8, 0),
        };
        assert!(!none.hold(local(20, 8), Sao_Paulo));
    }

    proptest! {
        /// Whatever the clock does, quiet hours are over when they end.
        #[test]
        fn they_are_over_when_they_end(
            from in 0_u32..1440, to in 0_u32..1440, second in 1_500_000_000_i64..1_900_000_000,
            zone in prop::sample::select(vec!["America/Sao_Paulo", "Europe/Lisbon", "Australia/Lord_Howe", "UTC"]),
        ) {
            let zone: Tz = zone.parse().unwrap();
            let quiet = QuietHours { from: time(from / 60, from % 60), to: time(to / 60, to % 60) };
            let moment = DateTime::from_timestamp(second, 0).unwrap();
            let end = quiet.end(moment, zone);
            prop_assert!(!quiet.hold(end, zone) && end >= moment);
            prop_assert!(end - moment <= chrono::TimeDelta::hours(26));
        }
    }
}
