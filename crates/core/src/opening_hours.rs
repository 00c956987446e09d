//! When a company is open: ranges of the clock on its wall, by day of the week.

use std::collections::BTreeMap;

use chrono::{
    DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc, Weekday,
};
use chrono_tz::Tz;
use serde_json::Value;

use crate::wall_clock::{change_of_clock, moments};

/// How far ahead an opening is looked for.
const HORIZON_DAYS: u64 = 400;
/// Days of the week as they are written, from Monday on.
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const CLOSED_ON: &str = "closed_on";
const MINUTES_OF_A_DAY: u32 = 24 * 60;

/// Ranges per day of the week, and days on which it stays closed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpeningHours {
    days: [Vec<Range>; 7],
    closed_on: Vec<NaiveDate>,
}

/// Minutes of the day, the second after the first; beyond the day's end it goes on into the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    from: u32,
    to: u32,
}

/// Why a text says no opening hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpeningHoursError {
    /// Not an object with the days of the week.
    #[error("opening hours are an object such as {{\"mon\": [\"18:00-23:30\"]}}")]
    NoObject,
    /// Neither a day of the week nor `closed_on`.
    #[error("opening hours know mon, tue, wed, thu, fri, sat, sun and closed_on, not {0}")]
    UnknownKey(String),
    /// A day's value is no array of ranges.
    #[error("{day}: {value} is no range such as 18:00-23:30")]
    NoRange {
        /// Day of the week.
        day: String,
        /// What stands there.
        value: String,
    },
    /// No date.
    #[error("closed_on: {0} is no date such as 2026-12-25")]
    NoDate(String),
    /// Closed all week.
    #[error("no day has opening hours: it would never be open")]
    NeverOpen,
}

impl OpeningHours {
    /// Reads `{"mon": ["11:00-14:30", "18:00-00:30"], …, "closed_on": ["2026-12-25"]}`. A day that is not there is closed.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(value: &Value) -> Result<Self, OpeningHoursError> {
        let object = value.as_object().ok_or(OpeningHoursError::NoObject)?;
        let mut hours = Self::default();
        for (key, value) in object {
            match DAYS.iter().position(|day| day == key) {
                Some(day) => hours.days[day] = ranges(key, value)?,
                None if key == CLOSED_ON => hours.closed_on = dates(value)?,
                None => return Err(OpeningHoursError::UnknownKey(key.clone())),
            }
        }
        if hours.days.iter().all(Vec::is_empty) {
            return Err(OpeningHoursError::NeverOpen);
        }
        Ok(hours)
    }

    /// Whether it is open at `moment`, by the clock in `zone`.
    #[must_use]
    pub fn is_open(&self, moment: DateTime<Utc>, zone: Tz) -> bool {
        let local = moment.with_timezone(&zone).naive_local();
        let minute = minute_of(local.time());
        let of_today = self.ranges_on(local.date());
        let of_yesterday = local.date().pred_opt().map(|day| self.ranges_on(day));
        of_today
            .iter()
            .any(|range| (range.from..range.to).contains(&minute))
            || of_yesterday
                .unwrap_or_default()
                .iter()
                .any(|range| minute + MINUTES_OF_A_DAY < range.to)
    }

    /// The earliest moment from `moment` on at which it is open; none: not within a year.
    #[must_use]
    pub fn next_opening(&self, moment: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        if self.is_open(moment, zone) {
            return Some(moment);
        }
        let first = moment.with_timezone(&zone).date_naive().pred_opt()?;
        let mut found: BTreeMap<DateTime<Utc>, ()> = BTreeMap::new();
        let mut found_on = None;
        for number in 0..=HORIZON_DAYS {
            let day = first.checked_add_days(Days::new(number))?;
            found.extend(
                self.candidates(day, zone)
                    .filter(|candidate| *candidate > moment && self.is_open(*candidate, zone))
                    .map(|candidate| (candidate, ())),
            );
            // A clock that is put back around midnight shows times of the next day first.
            if found_on.is_some_and(|found_on| number > found_on) {
                break;
            }
            if found_on.is_none() && !found.is_empty() {
                found_on = Some(number);
            }
        }
        found.into_keys().next()
    }

    /// When it may open on that day: where a range begins, and where the clock jumps into one.
    fn candidates(&self, day: NaiveDate, zone: Tz) -> impl Iterator<Item = DateTime<Utc>> {
        let begins: Vec<DateTime<Utc>> = self
            .ranges_on(day)
            .iter()
            .flat_map(|range| moments(zone, on(day, range.from)))
            .collect();
        begins.into_iter().chain(change_of_clock(zone, day))
    }

    fn ranges_on(&self, day: NaiveDate) -> &[Range] {
        if self.closed_on.contains(&day) {
            return &[];
        }
        &self.days[number_of(day.weekday())]
    }
}

fn number_of(day: Weekday) -> usize {
    day.num_days_from_monday() as usize
}

fn minute_of(time: NaiveTime) -> u32 {
    use chrono::Timelike;
    time.hour() * 60 + time.minute()
}

fn on(day: NaiveDate, minute: u32) -> NaiveDateTime {
    day.and_time(NaiveTime::MIN) + TimeDelta::minutes(minute.into())
}

fn ranges(day: &str, value: &Value) -> Result<Vec<Range>, OpeningHoursError> {
    let no_range = |value: &Value| OpeningHoursError::NoRange {
        day: day.to_owned(),
        value: value.to_string(),
    };
    let ranges = value.as_array().ok_or_else(|| no_range(value))?;
    ranges
        .iter()
        .map(|range| {
            range
                .as_str()
                .and_then(parse_range)
                .ok_or_else(|| no_range(range))
        })
        .collect()
}

fn parse_range(text: &str) -> Option<Range> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (parse_minute(from)?, parse_minute(to)?);
    if from == to || from == MINUTES_OF_A_DAY {
        return None;
    }
    let to = if to < from { to + MINUTES_OF_A_DAY } else { to };
    Some(Range { from, to })
}

/// `00:00` to `24:00`, two digits each.
fn parse_minute(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let number = |text: &str| -> Option<u32> {
        let is_written_so = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        is_written_so.then(|| text.parse().ok()).flatten()
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= MINUTES_OF_A_DAY).then_some(minute)
}

fn dates(value: &Value) -> Result<Vec<NaiveDate>, OpeningHoursError> {
    let no_date = |value: &Value| OpeningHoursError::NoDate(value.to_string());
    let dates = value.as_array().ok_or_else(|| no_date(value))?;
    dates
        .iter()
        .map(|date| {
            let text = date.as_str().filter(|text| text.len() == 10);
            text.and_then(|text| text.parse().ok())
                .ok_or_else(|| no_date(date))
        })
        .collect()
}

#[cfg(test)]
mod tests;
