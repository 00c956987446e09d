//! A lane's local queue: due notifications, not marked yet, in the order in which they are sent.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use zapgres_core::priority::effective_time;

use super::order::{Pair, Pairs};
use super::ready::Ready;

/// Rows of transactions that were slow to commit may be due a little before what was read last.
const FLOOR_MARGIN: TimeDelta = TimeDelta::seconds(2);
/// Batches that may be set aside, of all recipients together.
const ASIDE_BATCHES: usize = 10;
/// Set aside of one recipient, at most: the rest stays in the queue table, where it is in nobody's way.
const ASIDE_OF_ONE: usize = 100;

/// By effective time, then in the order of capture.
type Place = (DateTime<Utc>, i64);

/// Due notifications. Those that cannot go yet are set aside, by recipient, so that nobody has to walk past them.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    rows: BTreeMap<Place, Ready>,
    aside: HashMap<String, Vec<Ready>>,
    aside_count: usize,
    /// Recipients with too many, and the first that was left in the queue table.
    crowded: HashMap<String, Place>,
    ids: HashSet<i64>,
    pairs: Pairs,
    levels: BTreeMap<i16, Level>,
}

/// What is known of one priority.
#[derive(Debug, Default)]
struct Level {
    /// How many of its notifications are in line.
    in_line: usize,
    /// Set: there is more in the queue table, due at this time or later.
    floor: Option<DateTime<Utc>>,
}

impl Queue {
    /// Forgets everything: the queue table is looked at anew.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Takes in what a look found. Where as many as `limit` of one priority came back, there is more.
    pub(crate) fn take_in(&mut self, rows: Vec<Ready>, limit: usize) {
        let mut found: BTreeMap<i16, (usize, DateTime<Utc>)> = BTreeMap::new();
        for row in &rows {
            let (count, last) = found.entry(row.priority).or_default();
            *count += 1;
            *last = row.next_attempt_at;
        }
        for level in self.levels.values_mut() {
            level.floor = None;
        }
        for (priority, (count, last)) in found {
            let floor = (count >= limit).then(|| last - FLOOR_MARGIN);
            self.levels.entry(priority).or_default().floor = floor;
        }
        for row in rows {
            self.add(row);
        }
    }

    /// Adds one, unless it is there already.
    pub(crate) fn add(&mut self, row: Ready) {
        if self.readmit(&row) {
            self.line_up(row);
        }
    }

    /// Adds one that has just become ready, unless it will be read after others that come before it.
    pub(crate) fn hand_over(&mut self, row: Ready) {
        let floor = self.levels.get(&row.priority).and_then(|level| level.floor);
        if !self.is_left(&row) && floor.is_none_or(|floor| row.next_attempt_at < floor) {
            self.add(row);
        }
    }

    /// Counts one as known that is to be lined up or set aside; false: it is there already.
    pub(crate) fn readmit(&mut self, row: &Ready) -> bool {
        let is_new = self.ids.insert(row.id);
        if is_new {
            self.pairs.add(Pair::of(row), row.id);
        }
        is_new
    }

    fn line_up(&mut self, row: Ready) {
        self.levels.entry(row.priority).or_default().in_line += 1;
        self.rows.insert(place(&row), row);
    }

    /// Whether it comes after one that was left in the queue table because there are too many to its recipient.
    fn is_left(&self, row: &Ready) -> bool {
        let first_left = self.crowded.get(&row.recipient);
        first_left.is_some_and(|first_left| place(row) >= *first_left)
    }

    /// The next in line. It still counts as known until it is forgotten, lined up or set aside.
    pub(crate) fn next(&mut self) -> Option<Ready> {
        while let Some((_, row)) = self.rows.pop_first() {
            if let Some(level) = self.levels.get_mut(&row.priority) {
                level.in_line -= 1;
            }
            if !self.is_left(&row) {
                return Some(row);
            }
            self.forget(&row);
        }
        None
    }

    /// Puts what was taken and not used in line again.
    pub(crate) fn put_back(&mut self, rows: impl IntoIterator<Item = Ready>) {
        for row in rows {
            self.line_up(row);
        }
    }

    /// Keeps what was taken until its recipient is released, or leaves it in the queue table.
    pub(crate) fn set_aside(&mut self, row: Ready) {
        let aside = self.aside.entry(row.recipient.clone()).or_default();
        if aside.len() < ASIDE_OF_ONE {
            aside.push(row);
            self.aside_count += 1;
            return;
        }
        let place = place(&row);
        let first_left = self.crowded.entry(row.recipient.clone()).or_insert(place);
        *first_left = place.min(*first_left);
        self.forget(&row);
    }

    /// What is set aside for this recipient is in line again. True: there was nothing, but some was left in the queue
    /// table, to be looked for from the beginning.
    pub(crate) fn release(&mut self, recipient: &str) -> bool {
        let rows = self.aside.remove(recipient).unwrap_or_default();
        let is_used_up = rows.is_empty() && self.crowded.contains_key(recipient);
        self.aside_count -= rows.len();
        self.put_back(rows);
        is_used_up
    }

    /// Recipients of whom nothing more is to be read.
    pub(crate) fn crowded(&self) -> Vec<&str> {
        self.crowded.keys().map(String::as_str).collect()
    }

    /// Everything that is set aside is in line again.
    pub(crate) fn release_all(&mut self) {
        self.aside_count = 0;
        for (_, rows) in std::mem::take(&mut self.aside) {
            self.put_back(rows);
        }
    }

    /// What was taken is none of this queue's business any more.
    pub(crate) fn forget(&mut self, row: &Ready) {
        self.ids.remove(&row.id);
        self.pairs.remove(Pair::of(row), row.id);
    }

    /// Whether the queue holds an earlier one about the same subject to the same recipient.
    pub(crate) fn holds_earlier(&self, row: &Ready) -> bool {
        self.pairs.has_earlier(Pair::of(row), row.id)
    }

    /// Whether nothing is known that is due.
    pub(crate) fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Whether something could go as far as its recipient is concerned.
    pub(crate) fn has_in_line(&self) -> bool {
        !self.rows.is_empty()
    }

    /// Whether there is room for this many from elsewhere.
    pub(crate) fn has_room(&self, count: usize, batch: usize) -> bool {
        self.ids.len() + count <= (ASIDE_BATCHES + 1) * batch
    }

    /// How many of each priority to read, and from where on, when the queue table has more that may come before what is
    /// in line; none: not now.
    pub(crate) fn wanted(&self, batch: usize) -> Option<(usize, BTreeMap<i16, DateTime<Utc>>)> {
        let runs_short = |level: &Level| level.floor.is_some() && level.in_line == 0;
        if !self.levels.values().any(runs_short) || self.aside_count > ASIDE_BATCHES * batch {
            return None;
        }
        let floors = self.levels.iter();
        let floors =
            floors.map(|(priority, level)| (*priority, level.floor.unwrap_or(END_OF_TIME)));
        // What is set aside is read again.
        Some((batch + self.aside_count, floors.collect()))
    }
}

fn place(row: &Ready) -> Place {
    (effective_time(row.next_attempt_at, row.priority), row.id)
}

/// Floor of a priority of which there is no more: the year 9999.
const END_OF_TIME: DateTime<Utc> = match DateTime::from_timestamp(253_402_300_799, 0) {
    Some(end) => end,
    None => DateTime::<Utc>::MAX_UTC,
};

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn row(id: i64, recipient: &str, priority: i16, due_seconds: i64) -> Ready {
        Ready {
            id,
            priority,
            unanswered: false,
            attempts: 0,
            recipient: recipient.to_owned(),
            subject: id.to_string(),
            next_attempt_at: DateTime::UNIX_EPOCH + TimeDelta::seconds(due_seconds),
            delay: Duration::ZERO,
        }
    }

    fn ids(queue: &mut Queue) -> Vec<i64> {
        std::iter::from_fn(|| queue.next())
            .map(|row| row.id)
            .collect()
    }

    /// Q1: a higher priority overtakes what has waited for less than a minute longer, and nothing else.
    #[test]
    fn priorities_overtake_and_age() {
        let mut queue = Queue::default();
        let rows = vec![
            row(1, "a", 0, 0),
            row(2, "b", 1, 59),
            row(3, "c", 1, 61),
            row(4, "d", -1, 0),
            row(5, "e", 0, 0),
        ];
        queue.take_in(rows, 10);
        assert_eq!(ids(&mut queue), [2, 1, 5, 3, 4]);
    }

    #[test]
    fn what_is_set_aside_comes_back_in_its_place() {
        let mut queue = Queue::default();
        queue.take_in(
            vec![row(1, "a", 0, 0), row(2, "a", 0, 1), row(3, "b", 0, 2)],
            10,
        );
        for _ in 0..2 {
            let aside = queue.next().expect("a row");
            queue.set_aside(aside);
        }
        assert_eq!(queue.next().map(|row| row.id), Some(3));
        queue.release("b");
        assert_eq!(queue.next(), None);
        queue.release("a");
        assert_eq!(ids(&mut queue), [1, 2]);
    }

    /// P2: a recipient with very many leaves room for others, and keeps their order.
    #[test]
    fn what_is_too_much_for_one_recipient_is_left_in_the_table() {
        let mut queue = Queue::default();
        let many: i64 = 150;
        queue.take_in((1..=many).map(|id| row(id, "a", 0, id)).collect(), 150);
        let kept = i64::try_from(ASIDE_OF_ONE).expect("a small number");
        for _ in 0..=kept {
            let aside = queue.next().expect("a row");
            queue.set_aside(aside);
        }
        assert_eq!(queue.crowded(), ["a"]);
        assert!(queue.wanted(10).is_none_or(|(limit, _)| limit == 110));
        assert_eq!(queue.next(), None, "later ones are left too");
        queue.add(row(200, "b", 0, 200));
        queue.hand_over(row(201, "a", 0, 201));
        assert_eq!(ids(&mut queue), [200]);
        assert!(!queue.release("a"));
        assert_eq!(ids(&mut queue), (1..=kept).collect::<Vec<_>>());
        assert!(queue.release("a"), "the rest is to be looked for");
        assert!(!queue.release("b"));
    }

    #[test]
    fn nothing_is_in_line_twice() {
        let mut queue = Queue::default();
        queue.add(row(1, "a", 0, 0));
        queue.take_in(vec![row(1, "a", 0, 0), row(2, "b", 0, 0)], 10);
        assert_eq!(ids(&mut queue), [1, 2]);
    }

    #[test]
    fn an_earlier_one_about_the_same_is_held_until_it_is_forgotten() {
        let mut queue = Queue::default();
        let about = |id| Ready {
            subject: "7".to_owned(),
            ..row(id, "a", 0, id)
        };
        queue.take_in(vec![about(1), about(2)], 10);
        assert!(!queue.holds_earlier(&about(1)) && queue.holds_earlier(&about(2)));
        let first = queue.next().expect("a row");
        assert!(queue.holds_earlier(&about(2)));
        queue.forget(&first);
        assert!(!queue.holds_earlier(&about(2)));
    }

    /// Q1: what has just become ready does not pass what waits in the table.
    #[test]
    fn nothing_is_handed_over_past_what_is_not_read_yet() {
        let mut queue = Queue::default();
        queue.take_in(vec![row(1, "a", 0, 100), row(2, "b", 0, 101)], 2);
        queue.hand_over(row(9, "d", 0, 200));
        queue.hand_over(row(8, "c", 0, 50));
        queue.hand_over(row(10, "e", 1, 200));
        assert_eq!(ids(&mut queue), [8, 1, 2, 10]);
    }

    /// A priority that runs out in memory is read on before others go: they may come later.
    #[test]
    fn more_is_wanted_as_soon_as_one_priority_runs_out() {
        let mut queue = Queue::default();
        queue.take_in(
            vec![row(1, "a", 1, 50), row(2, "b", 0, 100), row(3, "c", 0, 101)],
            2,
        );
        assert_eq!(queue.wanted(2), None);
        assert_eq!(queue.next().map(|row| row.id), Some(1));
        assert_eq!(queue.wanted(2), None, "there is no more of priority 1");
        let (aside, _) = (queue.next().expect("a row"), queue.next().expect("a row"));
        queue.set_aside(aside);
        let floor = DateTime::UNIX_EPOCH + TimeDelta::seconds(99);
        let floors = BTreeMap::from([(0, floor), (1, END_OF_TIME)]);
        assert_eq!(queue.wanted(2), Some((3, floors)));
        queue.take_in(vec![row(2, "b", 0, 100), row(4, "d", 0, 102)], 3);
        assert_eq!(ids(&mut queue), [4]);
        assert_eq!(queue.wanted(2), None);
    }
}
