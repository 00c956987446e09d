//! Counts the messages of companies that have a cap. Whoever counts has the company's rows of the month locked until the
//! messages are written: two daemons cannot both take the last one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use deadpool_postgres::GenericClient;
use futures_util::future;

use super::context::is_lock_timeout;
use super::rules::Caps;
use crate::run::statement;

/// Somebody may raise the cap: what waits for another day is looked at again after this long.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(60);
const ENTER: &str = "savepoint zap_usage; set local lock_timeout = '2s'";
const KEEP: &str = "set local lock_timeout to default; release savepoint zap_usage";
const UNDO: &str = "rollback to savepoint zap_usage; release savepoint zap_usage";

/// In one order everywhere, so that nobody waits in a circle.
pub(crate) const LOCK_USAGE: &str = "-- lock_usage
insert into zap.tenant_usage as u (tenant_id, on_day)
select w.tenant_id, w.on_day
from unnest($1::text [], $2::date []) as w (tenant_id, on_day)
order by w.tenant_id, w.on_day
on conflict (tenant_id, on_day) do update set counted = u.counted";

/// A statement of its own: it has to see what others have counted until the rows were locked.
pub(crate) const LOAD_USAGE: &str = "-- load_usage
select u.tenant_id, u.on_day, u.counted::bigint as counted
from unnest($1::text [], $2::date []) as w (tenant_id, month)
inner join zap.tenant_usage as u
    on w.tenant_id = u.tenant_id and u.on_day >= w.month and u.on_day < (w.month + '1 month'::interval)::date";

pub(crate) const COUNT_USAGE: &str = "-- count_usage
update zap.tenant_usage as u
set counted = u.counted + w.added
from unnest($1::text [], $2::date [], $3::integer []) as w (tenant_id, on_day, added)
where u.tenant_id = w.tenant_id and u.on_day = w.on_day";

/// Messages of which a later one takes an earlier one's place: of a source, a subject, and an audience.
pub(crate) type Line = (i64, String, Option<String>);

/// Company and day of a message that is counted.
pub(crate) type Place = (String, NaiveDate);

/// A message that counts, and where it stands in its batch.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Counted {
    pub position: usize,
    pub tenant_id: String,
    pub caps: Caps,
    pub zone: Tz,
    /// When it is to go.
    pub at: DateTime<Utc>,
    /// The database's clock.
    pub now: DateTime<Utc>,
    /// The messages whose place it takes, or that take its place.
    pub line: Option<Line>,
    /// Days of the company on which earlier ones give their place back.
    pub inherits: Vec<NaiveDate>,
}

/// Why one does not fit, and when it is looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refused {
    pub code: &'static str,
    pub look_at: DateTime<Utc>,
}

/// Messages by company and day.
type Usage = HashMap<String, BTreeMap<NaiveDate, i64>>;

impl Counted {
    /// It takes the place of those that give theirs back.
    pub(crate) fn inherit(&mut self, places: Vec<Place>) {
        let of_company = places
            .into_iter()
            .filter(|(tenant, _)| *tenant == self.tenant_id);
        self.inherits = of_company.map(|(_, day)| day).collect();
    }

    /// The day that it counts for, by its company's clock.
    pub(crate) fn day(&self) -> NaiveDate {
        self.at.with_timezone(&self.zone).date_naive()
    }

    /// Its first day.
    fn month(&self) -> NaiveDate {
        first_of_month(self.day())
    }

    fn refused(&self, code: &'static str) -> Refused {
        let next = match code {
            "monthly_cap" => self.month().checked_add_months(Months::new(1)),
            _ => self.day().succ_opt(),
        };
        let begin = next.and_then(|day| {
            let midnight = self.zone.from_local_datetime(&day.and_time(NaiveTime::MIN));
            midnight.earliest().map(|begin| begin.with_timezone(&Utc))
        });
        let soon = self.now + LOOK_AGAIN;
        let look_at = begin.map_or(soon, |begin| begin.clamp(self.now, soon));
        Refused { code, look_at }
    }

    /// Its cap that is reached already.
    fn cap_reached(&self, usage: &Usage) -> Option<&'static str> {
        let of = |belongs: &dyn Fn(NaiveDate) -> bool| -> i64 {
            let days = usage.get(&self.tenant_id).into_iter().flatten();
            days.filter(|(day, _)| belongs(**day))
                .map(|(_, counted)| counted)
                .sum()
        };
        let is_reached = |cap: Option<i64>, counted: i64| cap.is_some_and(|cap| counted >= cap);
        if is_reached(
            self.caps.monthly,
            of(&|day| first_of_month(day) == self.month()),
        ) {
            return Some("monthly_cap");
        }
        is_reached(self.caps.daily, of(&|day| day == self.day())).then_some("daily_cap")
    }
}

fn first_of_month(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

/// Counts those of `wanted` that fit, and returns those that do not, by position. What will be given back is locked, too: whoever
/// waited for it only when the messages are written would wait for the next batch, which waits for this one.
pub(crate) async fn count(
    client: &impl GenericClient,
    wanted: &[Counted],
    given_back: &[Place],
) -> Result<HashMap<usize, Refused>, tokio_postgres::Error> {
    if wanted.is_empty() && given_back.is_empty() {
        return Ok(HashMap::new());
    }
    let Some(mut usage) = lock(client, wanted, given_back).await? else {
        return Ok(wanted
            .iter()
            .map(|one| (one.position, locked(one)))
            .collect());
    };
    let (refused, added) = divide(wanted, &mut usage);
    let (mut tenants, mut days, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    for ((tenant, day), added) in &added {
        tenants.push(tenant.as_str());
        days.push(*day);
        counts.push(*added);
    }
    if !added.is_empty() {
        statement::execute(client, COUNT_USAGE, &[&tenants, &days, &counts]).await?;
    }
    Ok(refused)
}

/// Somebody holds the rows longer than others can wait for.
fn locked(one: &Counted) -> Refused {
    let code = if one.caps.daily.is_some() {
        "daily_cap"
    } else {
        "monthly_cap"
    };
    let look_at = one.now + TimeDelta::seconds(2);
    Refused { code, look_at }
}

/// First come, first served.
fn divide(
    wanted: &[Counted],
    usage: &mut Usage,
) -> (HashMap<usize, Refused>, BTreeMap<(String, NaiveDate), i32>) {
    let mut refused = HashMap::new();
    let mut added: BTreeMap<(String, NaiveDate), i32> = BTreeMap::new();
    let mut placed: HashMap<(&str, &Line), NaiveDate> = HashMap::new();
    for one in wanted {
        let line = one.line.as_ref().map(|line| (one.tenant_id.as_str(), line));
        let earlier = line.and_then(|line| placed.get(&line).copied());
        // Who was placed in this batch has what was there before.
        let given_back = earlier.map_or_else(|| one.inherits.clone(), |day| vec![day]);
        take(usage, one, &given_back, -1);
        if let Some(code) = one.cap_reached(usage) {
            take(usage, one, &given_back, 1);
            refused.insert(one.position, one.refused(code));
            continue;
        }
        take(usage, one, &[one.day()], 1);
        let tenant = one.tenant_id.clone();
        *added.entry((tenant, one.day())).or_default() += 1;
        if let Some(line) = line {
            placed.insert(line, one.day());
        }
    }
    (refused, added)
}

fn take(usage: &mut Usage, one: &Counted, days: &[NaiveDate], count: i64) {
    let of_tenant = usage.entry(one.tenant_id.clone()).or_default();
    for day in days {
        *of_tenant.entry(*day).or_default() += count;
    }
}

/// What is counted by now; none: somebody else has it locked for long.
async fn lock(
    client: &impl GenericClient,
    wanted: &[Counted],
    given_back: &[Place],
) -> Result<Option<Usage>, tokio_postgres::Error> {
    let mut rows: BTreeSet<(&str, NaiveDate)> = BTreeSet::new();
    rows.extend(
        given_back
            .iter()
            .map(|(tenant, day)| (tenant.as_str(), *day)),
    );
    let mut months: BTreeSet<(&str, NaiveDate)> = BTreeSet::new();
    for one in wanted {
        // The month's first day stands for the month.
        rows.extend([
            (one.tenant_id.as_str(), one.day()),
            (one.tenant_id.as_str(), one.month()),
        ]);
        months.insert((one.tenant_id.as_str(), one.month()));
    }
    let (tenants, days): (Vec<&str>, Vec<NaiveDate>) = rows.into_iter().unzip();
    let (of_tenants, months): (Vec<&str>, Vec<NaiveDate>) = months.into_iter().unzip();
    client.batch_execute(ENTER).await?;
    let lock: statement::Parameters<'_> = &[&tenants, &days];
    let load: statement::Parameters<'_> = &[&of_tenants, &months];
    client.prepare_cached(LOCK_USAGE).await?;
    client.prepare_cached(LOAD_USAGE).await?;
    let locked = future::try_join(
        statement::execute(client, LOCK_USAGE, lock),
        statement::rows(client, LOAD_USAGE, load),
    );
    let rows = match locked.await {
        Ok((_, rows)) => rows,
        Err(error) if is_lock_timeout(&error) => {
            client.batch_execute(UNDO).await?;
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    client.batch_execute(KEEP).await?;
    let mut usage = Usage::new();
    for row in rows {
        let days = usage.entry(row.try_get("tenant_id")?).or_default();
        days.insert(row.try_get("on_day")?, row.try_get("counted")?);
    }
    Ok(Some(usage))
}

#[cfg(test)]
mod tests {
    use chrono_tz::America::Sao_Paulo;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn wanted(position: usize, caps: Caps, at: DateTime<Utc>) -> Counted {
        Counted {
            position,
            tenant_id: "5".to_owned(),
            caps,
            zone: Sao_Paulo,
            at,
            now: at,
            line: None,
            inherits: Vec::new(),
        }
    }

    /// O7: first come, first served, by the day of the company's clock.
    #[test]
    fn a_day_takes_as_many_as_its_cap() {
        let caps = Caps {
            daily: Some(2),
            monthly: None,
        };
        // 23:59 and 00:00 in São Paulo.
        let (late, early) = (at("2026-11-21T02:59:30Z"), at("2026-11-21T03:00:00Z"));
        let day = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        let mut usage = HashMap::from([("5".to_owned(), BTreeMap::from([(day, 1)]))]);
        let batch = [
            wanted(0, caps, late),
            wanted(1, caps, late),
            wanted(2, caps, early),
        ];
        let (refused, added) = divide(&batch, &mut usage);
        let midnight = Refused {
            code: "daily_cap",
            look_at: early,
        };
        assert_eq!(refused, HashMap::from([(1, midnight)]));
        assert_eq!(added[&("5".to_owned(), day)], 1);
        assert_eq!(added.len(), 2);
    }

    /// O7: a month counts all its days, and what was not sent is looked at within a minute: the cap may be raised.
    #[test]
    fn a_month_takes_as_many_as_its_cap() {
        let caps = Caps {
            daily: Some(5),
            monthly: Some(10),
        };
        let day = |month, day| NaiveDate::from_ymd_opt(2026, month, day).unwrap();
        let days = BTreeMap::from([(day(11, 1), 5), (day(11, 2), 4), (day(10, 31), 5)]);
        let mut usage = HashMap::from([("5".to_owned(), days)]);
        let now = at("2026-11-20T12:00:00Z");
        let (refused, _) = divide(&[wanted(0, caps, now), wanted(1, caps, now)], &mut usage);
        let soon = Refused {
            code: "monthly_cap",
            look_at: now + LOOK_AGAIN,
        };
        assert_eq!(refused, HashMap::from([(1, soon)]));
    }

    /// O7, O15: a later event takes the place of an earlier one, be that in the same batch or waiting since before, once.
    #[test]
    fn a_later_event_takes_the_earlier_ones_place() {
        let caps = Caps {
            daily: Some(1),
            monthly: None,
        };
        let now = at("2026-11-20T12:00:00Z");
        let day = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        let of = |position, subject: &str| Counted {
            line: Some((1, subject.to_owned(), None)),
            ..wanted(position, caps, now)
        };
        let batch = [of(0, "a"), of(1, "a"), of(2, "b")];
        let (refused, added) = divide(&batch, &mut Usage::new());
        assert_eq!(refused.keys().collect::<Vec<_>>(), [&2]);
        assert_eq!(added[&("5".to_owned(), day)], 2);
        let inherits = |position| Counted {
            inherits: vec![day],
            ..of(position, "a")
        };
        let mut usage = HashMap::from([("5".to_owned(), BTreeMap::from([(day, 1)]))]);
        let batch = [inherits(0), inherits(1), of(2, "b")];
        let (refused, _) = divide(&batch, &mut usage);
        assert_eq!(refused.keys().collect::<Vec<_>>(), [&2]);
        assert_eq!(usage["5"][&day], 1);
    }
}
