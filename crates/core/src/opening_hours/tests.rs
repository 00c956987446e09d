use chrono::TimeZone;
use chrono_tz::America::Sao_Paulo;
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn hours(value: &Value) -> OpeningHours {
    OpeningHours::parse(value).unwrap()
}

/// Of November 2026; the 23rd is a Monday.
fn local(day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
    let local = Sao_Paulo.with_ymd_and_hms(2026, 11, day, hour, minute, 0);
    local.unwrap().with_timezone(&Utc)
}

/// O7: lunch, dinner past midnight, and a day off.
#[test]
fn a_restaurant_opens_when_it_says() {
    let hours = hours(&json!({
        "mon": ["11:00-14:30", "18:00-00:30"], "tue": [], "wed": ["00:00-24:00"], "closed_on": ["2026-11-30"]
    }));
    let next = |day, hour, minute| hours.next_opening(local(day, hour, minute), Sao_Paulo);
    assert_eq!(next(23, 9, 0), Some(local(23, 11, 0)));
    assert_eq!(next(23, 11, 0), Some(local(23, 11, 0)));
    assert_eq!(next(23, 14, 30), Some(local(23, 18, 0)));
    assert_eq!(next(24, 0, 29), Some(local(24, 0, 29)), "Monday's dinner");
    assert_eq!(
        next(24, 0, 30),
        Some(local(25, 0, 0)),
        "Tuesday is a day off"
    );
    assert_eq!(next(25, 23, 59), Some(local(25, 23, 59)));
    let after_the_holiday = Sao_Paulo.with_ymd_and_hms(2026, 12, 2, 0, 0, 0);
    let after_the_holiday = after_the_holiday.unwrap().with_timezone(&Utc);
    assert_eq!(next(26, 12, 0), Some(after_the_holiday));
}

/// O7: where the clock skips an opening, it opens at the skip; where it shows a time twice, it is open twice.
#[test]
fn changes_of_the_clock_are_kept() {
    let hours = hours(&json!({"sun": ["00:00-02:00"], "sat": ["23:30-24:00"]}));
    let utc = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    // 2018-11-04 begins at 01:00 in São Paulo.
    let opens = hours.next_opening(utc("2018-11-03T12:00:00Z"), Sao_Paulo);
    assert_eq!(opens, Some(utc("2018-11-04T02:30:00Z")));
    let skipped = OpeningHours::parse(&json!({"sun": ["00:00-02:00"]})).unwrap();
    let opens = skipped.next_opening(utc("2018-11-03T12:00:00Z"), Sao_Paulo);
    assert_eq!(opens, Some(utc("2018-11-04T03:00:00Z")));
    // 2018-02-18 00:00 is 2018-02-17 23:00 again.
    let again = hours.next_opening(utc("2018-02-18T02:10:00Z"), Sao_Paulo);
    assert_eq!(again, Some(utc("2018-02-18T02:30:00Z")));
}

/// Bad input: the day is named.
#[test]
fn what_says_no_hours_is_refused() {
    for (value, error) in [
        (
            json!([]),
            "opening hours are an object such as {\"mon\": [\"18:00-23:30\"]}",
        ),
        (
            json!({"seg": []}),
            "opening hours know mon, tue, wed, thu, fri, sat, sun and closed_on, not seg",
        ),
        (
            json!({"mon": "18:00-23:30"}),
            "mon: \"18:00-23:30\" is no range such as 18:00-23:30",
        ),
        (
            json!({"fri": ["18h-23h"]}),
            "fri: \"18h-23h\" is no range such as 18:00-23:30",
        ),
        (
            json!({"fri": ["18:00-24:30"]}),
            "fri: \"18:00-24:30\" is no range such as 18:00-23:30",
        ),
        (
            json!({"fri": ["8:00-12:00"]}),
            "fri: \"8:00-12:00\" is no range such as 18:00-23:30",
        ),
        (
            json!({"fri": ["08:00-08:00"]}),
            "fri: \"08:00-08:00\" is no range such as 18:00-23:30",
        ),
        (
            json!({"fri": [8]}),
            "fri: 8 is no range such as 18:00-23:30",
        ),
        (
            json!({"closed_on": ["25/12"]}),
            "closed_on: \"25/12\" is no date such as 2026-12-25",
        ),
        (
            json!({"mon": []}),
            "no day has opening hours: it would never be open",
        ),
    ] {
        assert_eq!(OpeningHours::parse(&value).unwrap_err().to_string(), error);
    }
}

fn range() -> impl Strategy<Value = String> {
    let minute = || 0_u32..=MINUTES_OF_A_DAY;
    let text = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
    (minute(), minute())
        .prop_map(move |(from, to)| format!("{}-{}", text(from), text(to)))
        .prop_filter("a range", |text| parse_range(text).is_some())
}

fn week() -> impl Strategy<Value = OpeningHours> {
    prop::collection::vec(prop::collection::vec(range(), 0..3), 7)
        .prop_filter("opens", |days| days.iter().any(|day| !day.is_empty()))
        .prop_map(|days| {
            let week: serde_json::Map<String, Value> = DAYS
                .iter()
                .zip(days)
                .map(|(day, ranges)| ((*day).to_owned(), json!(ranges)))
                .collect();
            hours(&Value::Object(week))
        })
}

fn zone() -> impl Strategy<Value = Tz> {
    // Lord Howe's clock changes by half an hour; Apia's has left out a day.
    prop::sample::select(vec![
        Sao_Paulo,
        chrono_tz::Europe::Lisbon,
        chrono_tz::Australia::Lord_Howe,
        chrono_tz::Pacific::Apia,
        chrono_tz::America::Santiago,
        chrono_tz::UTC,
    ])
}

/// Close to a change of the clock half of the time.
fn moment() -> impl Strategy<Value = DateTime<Utc>> {
    let anywhere = 1_262_304_000_i64..1_577_836_800;
    let near_changes = prop::sample::select(vec![
        1_541_300_400_i64,
        1_518_919_200,
        1_325_239_200,
        1_540_688_400,
        1_522_544_400,
        1_538_234_400,
    ])
    .prop_flat_map(|change| change - 100_000..change + 100_000);
    prop_oneof![anywhere, near_changes]
        .prop_map(|second| DateTime::from_timestamp(second, 0).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    /// O7: the next opening is open, and none is earlier.
    #[test]
    fn the_next_opening_is_open_and_the_earliest(hours in week(), zone in zone(), moment in moment()) {
        let opening = hours.next_opening(moment, zone).unwrap();
        prop_assert!(opening >= moment && hours.is_open(opening, zone));
        // What changes within a minute does so at its begin.
        let mut earlier = moment;
        while earlier < opening {
            prop_assert!(!hours.is_open(earlier, zone), "open at {earlier}, before {opening}");
            earlier = DateTime::from_timestamp((earlier.timestamp() / 60 + 1) * 60, 0).unwrap();
        }
    }
}
