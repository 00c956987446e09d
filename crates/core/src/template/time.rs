//! Times as the company's clock shows them.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;

/// A company's time zone, for the times in its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timezone(Tz);

impl Timezone {
    /// The zone of that name, such as `America/Manaus`; UTC where there is none.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self(Tz::from_str_insensitive(name).unwrap_or(Tz::UTC))
    }
}

impl Default for Timezone {
    fn default() -> Self {
        Self(Tz::America__Sao_Paulo)
    }
}

/// A day, and the time of it if the text has one. Without an offset it is taken as the company's own time.
pub(super) fn read(text: &str, zone: Timezone) -> Option<(NaiveDate, Option<NaiveTime>)> {
    let text = text.trim().replacen(' ', "T", 1);
    if let Some(moment) = moment(&text) {
        let local = moment.with_timezone(&zone.0);
        return Some((local.date_naive(), Some(local.time())));
    }
    let local = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(&text, format).ok());
    if let Some(local) = local {
        return Some((local.date(), Some(local.time())));
    }
    let day = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok()?;
    Some((day, None))
}

/// PostgreSQL writes whole hours of an offset without minutes.
fn moment(text: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%#z"))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, zone: &str) -> Option<String> {
        let (day, time) = read(text, Timezone::named(zone))?;
        let time = time.map(|time| time.format(" %H:%M:%S").to_string());
        Some(format!("{day}{}", time.unwrap_or_default()))
    }

    #[test]
    fn a_moment_is_shown_by_the_companys_clock() {
        let cases = [
            (
                "2026-11-28T02:30:00+00:00",
                "America/Sao_Paulo",
                "2026-11-27 23:30:00",
            ),
            (
                "2026-11-28T02:30:00Z",
                "america/manaus",
                "2026-11-27 22:30:00",
            ),
            (
                "2026-11-28 02:30:00.123456-03",
                "America/Sao_Paulo",
                "2026-11-28 02:30:00",
            ),
            ("2026-11-28 02:30:00+05:30", "UTC", "2026-11-27 21:00:00"),
            (
                "2026-11-28T02:30:00+00:00",
                "No/Where",
                "2026-11-28 02:30:00",
            ),
            // Brazil had summer time in those days.
            (
                "2018-12-01T02:30:00+00:00",
                "America/Sao_Paulo",
                "2018-12-01 00:30:00",
            ),
            (
                "2026-11-28T02:30:00",
                "America/Manaus",
                "2026-11-28 02:30:00",
            ),
            ("2026-11-28 02:30", "America/Manaus", "2026-11-28 02:30:00"),
            (" 2026-11-28 ", "America/Manaus", "2026-11-28"),
        ];
        for (text, zone, expected) in cases {
            assert_eq!(
                shown(text, zone).as_deref(),
                Some(expected),
                "{text} {zone}"
            );
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "ontem",
            "infinity",
            "28/11/2026",
            "2026-13-01",
            "2026-11-28T25:00:00Z",
        ] {
            assert_eq!(shown(text, "UTC"), None, "{text:?}");
        }
    }
}
