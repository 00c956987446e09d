//! When a company's messages may go, and how many: opening hours, its customers' quiet hours, caps.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use zapgres_core::opening_hours::OpeningHours;
use zapgres_core::quiet_hours::QuietHours;

use super::complaints::Complaints;
use crate::run::statement;

/// Opening hours and quiet hours exclude each other a few times at most; else they always do.
const ROUNDS: usize = 10;
/// What never opens is looked at as if it were so far away.
const NEVER: TimeDelta = TimeDelta::days(400);

/// Companies without any of it have no row. Uses `recipient_quiet`.
pub(crate) const LOAD_RULES: &str = "-- load_rules
with quiet as (
    select distinct r.tenant_id
    from zap.recipient as r
    where r.tenant_id = any ($1) and r.quiet_from is not null and r.quiet_to is not null
)
select
    t.id, t.timezone, t.opening_hours::text as opening_hours, t.daily_cap, t.monthly_cap, q.tenant_id is not null as has_quiet
from zap.tenant as t
left join quiet as q on t.id = q.tenant_id
where t.id = any ($1)
    and (
        t.opening_hours is not null or t.daily_cap is not null or t.monthly_cap is not null or q.tenant_id is not null
    )";

/// Uses `recipient_once`.
pub(crate) const LOAD_WISHES: &str = "-- load_wishes
select r.tenant_id, r.address, r.opted_out_at is not null as opted_out, r.quiet_from, r.quiet_to, r.timezone
from unnest($1::text [], $2::text []) as w (tenant_id, address)
inner join zap.recipient as r on w.tenant_id = r.tenant_id and r.kind = 'phone' and w.address = r.address
where r.opted_out_at is not null or (r.quiet_from is not null and r.quiet_to is not null)";

/// What a company wants beside sending at once.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rules {
    pub zone: Tz,
    pub hours: Option<OpeningHours>,
    pub caps: Caps,
    /// Whether any of its customers has quiet hours.
    pub has_quiet: bool,
}

/// Messages per day and per month, at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Caps {
    pub daily: Option<i64>,
    pub monthly: Option<i64>,
}

/// What a customer wants.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wishes {
    pub opted_out: bool,
    quiet: Option<QuietHours>,
    zone: Option<Tz>,
}

/// Why a message is kept, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    pub until: DateTime<Utc>,
    pub code: &'static str,
}

impl Caps {
    pub(crate) const fn any(self) -> bool {
        self.daily.is_some() || self.monthly.is_some()
    }
}

impl Rules {
    /// What keeps a message to somebody with these wishes at `moment`.
    pub(crate) fn held(&self, moment: DateTime<Utc>, wishes: Option<&Wishes>) -> Option<Held> {
        let mut held: Option<Held> = None;
        let mut until = moment;
        for _ in 0..ROUNDS {
            let (next, code) = self.next(until, wishes);
            if next == until {
                break;
            }
            let code = held.map_or(code, |held| held.code);
            held = Some(Held { until: next, code });
            until = next;
        }
        held
    }

    fn next(
        &self,
        moment: DateTime<Utc>,
        wishes: Option<&Wishes>,
    ) -> (DateTime<Utc>, &'static str) {
        let opens = self.hours.as_ref().map_or(moment, |hours| {
            let opening = hours.next_opening(moment, self.zone);
            opening.unwrap_or(moment + NEVER)
        });
        if opens > moment {
            return (opens, "outside_hours");
        }
        let quiet =
            wishes.and_then(|wishes| Some((wishes.quiet?, wishes.zone.unwrap_or(self.zone))));
        let ends = quiet.map_or(moment, |(quiet, zone)| quiet.end(moment, zone));
        (ends, "quiet_hours")
    }

    fn from_row(row: &Row, complaints: &mut Complaints) -> Result<Self, tokio_postgres::Error> {
        let cap = |column| -> Result<Option<i64>, tokio_postgres::Error> {
            Ok(row.try_get::<_, Option<i32>>(column)?.map(i64::from))
        };
        let hours: Option<&str> = row.try_get("opening_hours")?;
        let hours = hours.map(|text| {
            let value = serde_json::from_str(text).map_err(|error| error.to_string())?;
            OpeningHours::parse(&value).map_err(|error| error.to_string())
        });
        let hours = hours.and_then(|hours| {
            let complain = |cause: &String| complaints.about_tenant(row.get("id"), cause);
            hours.inspect_err(complain).ok()
        });
        Ok(Self {
            zone: zone(row.try_get("timezone")?),
            hours,
            caps: Caps {
                daily: cap("daily_cap")?,
                monthly: cap("monthly_cap")?,
            },
            has_quiet: row.try_get("has_quiet")?,
        })
    }
}

/// As the database does where a name is unknown.
fn zone(name: &str) -> Tz {
    name.parse().unwrap_or(Tz::UTC)
}

/// The rules of those of `tenants` that have any.
pub(crate) async fn load(
    client: &impl GenericClient,
    tenants: &BTreeSet<&str>,
    complaints: &mut Complaints,
) -> Result<HashMap<String, Rules>, tokio_postgres::Error> {
    let ids: Vec<&str> = tenants.iter().copied().collect();
    let mut rules = HashMap::new();
    for row in statement::rows(client, LOAD_RULES, &[&ids]).await? {
        rules.insert(row.try_get("id")?, Rules::from_row(&row, complaints)?);
    }
    Ok(rules)
}

/// Company and number to what their owners want.
pub(crate) type AllWishes = HashMap<(String, String), Wishes>;

/// What the owners of these numbers want, where they want anything.
pub(crate) async fn load_wishes(
    client: &impl GenericClient,
    recipients: &[(&str, &str)],
) -> Result<AllWishes, tokio_postgres::Error> {
    let mut all = HashMap::new();
    if recipients.is_empty() {
        return Ok(all);
    }
    let (tenants, addresses): (Vec<&str>, Vec<&str>) = recipients.iter().copied().unzip();
    for row in statement::rows(client, LOAD_WISHES, &[&tenants, &addresses]).await? {
        let from: Option<NaiveTime> = row.try_get("quiet_from")?;
        let to: Option<NaiveTime> = row.try_get("quiet_to")?;
        let wishes = Wishes {
            opted_out: row.try_get("opted_out")?,
            quiet: from.zip(to).map(|(from, to)| QuietHours { from, to }),
            zone: row.try_get::<_, Option<&str>>("timezone")?.map(zone),
        };
        all.insert((row.try_get("tenant_id")?, row.try_get("address")?), wishes);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use chrono_tz::America::Sao_Paulo;
    use serde_json::json;

    use super::*;

    fn local(day: u32, hour: u32) -> DateTime<Utc> {
        let local = Sao_Paulo.with_ymd_and_hms(2026, 11, day, hour, 0, 0);
        local.unwrap().with_timezone(&Utc)
    }

    fn rules(hours: Option<&str>) -> Rules {
        let week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let week = |range: &str| week.map(|day| (day.to_owned(), json!([range])));
        let hours = hours.map(|range| serde_json::Value::Object(week(range).into_iter().collect()));
        Rules {
            zone: Sao_Paulo,
            hours: hours.map(|hours| OpeningHours::parse(&hours).unwrap()),
            caps: Caps::default(),
            has_quiet: true,
        }
    }

    fn wishes(from: u32, to: u32) -> Wishes {
        let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        Wishes {
            opted_out: false,
            quiet: Some(QuietHours {
                from: time(from),
                to: time(to),
            }),
            zone: None,
        }
    }

    /// O7: what is kept until it opens is not sent into quiet hours, nor the other way round.
    #[test]
    fn a_message_waits_for_both() {
        let open_at_eight = rules(Some("08:00-23:00"));
        let held = |hour, wishes| open_at_eight.held(local(20, hour), Some(&wishes));
        assert_eq!(held(12, wishes(22, 10)), None);
        let until_ten = |code| {
            Some(Held {
                until: local(20, 10),
                code,
            })
        };
        assert_eq!(held(7, wishes(22, 10)), until_ten("outside_hours"));
        assert_eq!(held(9, wishes(22, 10)), until_ten("quiet_hours"));
        let until_tomorrow = Held {
            until: local(21, 8),
            code: "quiet_hours",
        };
        assert_eq!(held(22, wishes(21, 6)), Some(until_tomorrow));
        assert_eq!(rules(None).held(local(20, 3), None), None);
    }

    /// Bad input: what excludes each other for ever ends.
    #[test]
    fn hours_that_leave_nothing_end() {
        let lunch = rules(Some("12:00-13:00"));
        assert!(lunch.held(local(20, 12), Some(&wishes(11, 14))).is_some());
    }
}
