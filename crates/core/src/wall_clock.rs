//! From a clock on the wall to moments, across changes of the clock.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// A clock that is put forward skips less than this many minutes; whole days have been skipped, though.
const LONGEST_GAP_MINUTES: i64 = 26 * 60;

/// The moments at which a clock in `zone` shows `time`: none to two. Where it skips that time, the moment of the skip.
pub(crate) fn moments(zone: Tz, time: NaiveDateTime) -> Vec<DateTime<Utc>> {
    let mut found: Vec<DateTime<Utc>> = (0..=LONGEST_GAP_MINUTES)
        .map(|minutes| zone.from_local_datetime(&(time + TimeDelta::minutes(minutes))))
        .find_map(|result| {
            let earliest = result.earliest()?;
            Some([Some(earliest), result.latest()])
        })
        .into_iter()
        .flatten()
        .flatten()
        .map(|moment| moment.with_timezone(&Utc))
        .collect();
    found.dedup();
    found
}

/// The moment of that day, if any, at which the clock in `zone` is changed.
pub(crate) fn change_of_clock(zone: Tz, day: NaiveDate) -> Option<DateTime<Utc>> {
    let offset = |moment: DateTime<Utc>| zone.offset_from_utc_datetime(&moment.naive_utc()).fix();
    let begin = moments(zone, day.and_time(NaiveTime::MIN))
        .into_iter()
        .min()?;
    let (mut before, mut after) = (begin - TimeDelta::hours(1), begin + TimeDelta::hours(26));
    if offset(before) == offset(after) {
        return None;
    }
    while after - before > TimeDelta::seconds(1) {
        let middle = before + TimeDelta::seconds((after - before).num_seconds() / 2);
        if offset(middle) == offset(before) {
            before = middle;
        } else {
            after = middle;
        }
    }
    Some(after)
}
