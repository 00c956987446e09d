//! The order of messages to one recipient about one subject: a later one never overtakes an earlier one that is on its
//! way or to be tried again.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use deadpool_postgres::GenericClient;

use super::ready::Ready;
use crate::run::statement;

/// What is read of the attempts of those who had the channel before. Few are open at a time, unless somebody retries a
/// whole outage by hand.
const LIMIT: i64 = 10_000;

/// Uses `notification_queue_attempted`, whose condition has to be said in full: the planner does not see that the three
/// statuses are among its four. What is parked holds nobody up.
pub(crate) const LOAD_OPEN: &str = "-- load_open
select q.id, q.recipient, q.subject
from (values ('processing'), ('retrying'), ('uncertain')) as s (status)
cross join lateral (
    select a.id, a.recipient, a.subject
    from zap.notification_queue as a
    where a.status = s.status
        and a.status in ('processing', 'retrying', 'uncertain', 'failed')
        and a.channel_id = $1
        and a.next_attempt_at < 'infinity'
    order by a.id
    limit $2
) as q";

/// Finds its rows by primary key.
pub(crate) const STILL_OPEN: &str = "-- still_open
with wanted as materialized (
    select q.id, q.channel_id, q.status, q.next_attempt_at
    from zap.notification_queue as q
    where q.id = any ($2)
)
select w.id
from wanted as w
where w.channel_id = $1 and w.status in ('processing', 'retrying', 'uncertain') and w.next_attempt_at < 'infinity'";

/// A recipient and a subject, as a hash: two that are taken for one only wait for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Pair(u64);

impl Pair {
    /// The pair of a notification.
    pub(crate) fn of(row: &Ready) -> Self {
        Self::new(&row.recipient, &row.subject)
    }

    fn new(recipient: &str, subject: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        (recipient, subject).hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// Notifications by pair.
#[derive(Debug, Default)]
pub(crate) struct Pairs(HashMap<Pair, Vec<i64>>);

impl Pairs {
    /// Adds one, unless it is there already.
    pub(crate) fn add(&mut self, pair: Pair, id: i64) {
        let ids = self.0.entry(pair).or_default();
        if !ids.contains(&id) {
            ids.push(id);
        }
    }

    /// Takes one out.
    pub(crate) fn remove(&mut self, pair: Pair, id: i64) {
        if let Some(ids) = self.0.get_mut(&pair) {
            ids.retain(|known| *known != id);
            if ids.is_empty() {
                self.0.remove(&pair);
            }
        }
    }

    /// Whether there is one captured before `id`.
    pub(crate) fn has_earlier(&self, pair: Pair, id: i64) -> bool {
        self.0
            .get(&pair)
            .is_some_and(|ids| ids.iter().any(|known| *known < id))
    }

    fn earlier(&self, pair: Pair, id: i64) -> impl Iterator<Item = i64> {
        let ids = self.0.get(&pair).into_iter().flatten();
        ids.copied().filter(move |known| *known < id)
    }
}

/// Attempts of a channel that are open: in flight, or to be repeated.
#[derive(Debug, Default)]
pub(crate) struct Order {
    open: Pairs,
    /// Open ones that hold somebody up, to be asked about: they may have been canceled, or have expired.
    in_the_way: HashMap<i64, Pair>,
}

impl Order {
    /// What those who had the channel before left open.
    pub(crate) async fn load(
        client: &impl GenericClient,
        channel_id: i64,
    ) -> Result<Self, tokio_postgres::Error> {
        let mut order = Self::default();
        for (id, pair) in load_open(client, channel_id).await? {
            order.open.add(pair, id);
        }
        Ok(order)
    }

    /// Learns what others have moved to the channel and away from it, canceled or let expire. What the queue table says
    /// of those that are `in_flight`, as of before it is asked, may be old.
    pub(crate) async fn refresh(
        &mut self,
        client: &impl GenericClient,
        channel_id: i64,
        in_flight: &HashSet<i64>,
    ) -> Result<(), tokio_postgres::Error> {
        let open = load_open(client, channel_id).await?;
        let is_all = i64::try_from(open.len()).is_ok_and(|count| count < LIMIT);
        self.open.0.retain(|_, ids| {
            ids.retain(|id| !is_all || open.contains_key(id) || in_flight.contains(id));
            !ids.is_empty()
        });
        for (id, pair) in open.into_iter().filter(|(id, _)| !in_flight.contains(id)) {
            self.open.add(pair, id);
        }
        Ok(())
    }

    /// Those of which a further attempt may come.
    pub(crate) fn open_ids(&self) -> HashSet<i64> {
        self.open.0.values().flatten().copied().collect()
    }

    /// An attempt begins.
    pub(crate) fn begin(&mut self, pair: Pair, id: i64) {
        self.open.add(pair, id);
    }

    /// There will be no further attempt.
    pub(crate) fn end(&mut self, pair: Pair, id: i64) {
        self.open.remove(pair, id);
    }

    /// Whether the notification has to wait for an earlier one.
    pub(crate) fn holds_back(&mut self, row: &Ready) -> bool {
        let pair = Pair::of(row);
        let mut found = false;
        for id in self.open.earlier(pair, row.id) {
            found = true;
            self.in_the_way.insert(id, pair);
        }
        found
    }

    /// Whether there is somebody to ask about.
    pub(crate) fn has_doubts(&self) -> bool {
        !self.in_the_way.is_empty()
    }

    /// Asks about those that hold somebody up; true: some of them do not any more.
    pub(crate) async fn review(
        &mut self,
        client: &impl GenericClient,
        channel_id: i64,
    ) -> Result<bool, tokio_postgres::Error> {
        if self.in_the_way.is_empty() {
            return Ok(false);
        }
        let ids: Vec<i64> = self.in_the_way.keys().copied().collect();
        let rows = statement::rows(client, STILL_OPEN, &[&channel_id, &ids]).await?;
        let open: Result<Vec<i64>, _> = rows.iter().map(|row| row.try_get(0)).collect();
        let open = open?;
        let mut released = false;
        for (id, pair) in std::mem::take(&mut self.in_the_way) {
            if !open.contains(&id) {
                self.open.remove(pair, id);
                released = true;
            }
        }
        Ok(released)
    }
}

async fn load_open(
    client: &impl GenericClient,
    channel_id: i64,
) -> Result<HashMap<i64, Pair>, tokio_postgres::Error> {
    let rows = statement::rows(client, LOAD_OPEN, &[&channel_id, &LIMIT]).await?;
    let pairs = rows.iter().map(|row| {
        let recipient: Option<&str> = row.try_get("recipient")?;
        let pair = Pair::new(recipient.unwrap_or_default(), row.try_get("subject")?);
        Ok((row.try_get("id")?, pair))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_later_one_about_the_same_waits() {
        let mut pairs = Pairs::default();
        let pair = Pair::new("a", "7");
        pairs.add(pair, 5);
        assert!(pairs.has_earlier(pair, 6));
        assert!(!pairs.has_earlier(pair, 5) && !pairs.has_earlier(pair, 4));
        assert!(!pairs.has_earlier(Pair::new("b", "7"), 6));
        assert!(!pairs.has_earlier(Pair::new("a", "8"), 6));
        pairs.remove(pair, 5);
        assert!(!pairs.has_earlier(pair, 6));
    }
}
