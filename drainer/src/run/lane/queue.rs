//! A lane's local queue: due notifications, not marked yet.

use std::collections::{HashSet, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use super::ready::Ready;

/// Rows of transactions that were slow to commit may be due a little before what was taken last.
const FLOOR_MARGIN: TimeDelta = TimeDelta::seconds(2);

/// Due notifications in the order in which they are sent.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    rows: VecDeque<Ready>,
    floor: Option<DateTime<Utc>>,
}

impl Queue {
    /// Due time above which the next batch is taken.
    pub(crate) fn floor(&self) -> DateTime<Utc> {
        self.floor.unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Take the next batch from the oldest on.
    pub(crate) fn forget_floor(&mut self) {
        self.floor = None;
    }

    /// Takes in a batch; after a full one, the next is taken above it.
    pub(crate) fn refill(&mut self, batch: Vec<Ready>, limit: usize) {
        let last = batch.iter().map(|row| row.next_attempt_at).max();
        self.floor = last
            .filter(|_| batch.len() == limit)
            .map(|last| last - FLOOR_MARGIN);
        self.rows = batch.into();
    }

    /// Adds what became ready after everything in the queue.
    pub(crate) fn append(&mut self, rows: Vec<Ready>) {
        self.rows.extend(rows);
    }

    /// How many are left of the batch.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// True when there is nothing left of the batch.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Drops what is left of the batch.
    pub(crate) fn clear(&mut self) {
        self.rows.clear();
    }

    /// Takes up to `count` notifications, in order, at most one per recipient and none for a `busy` one: messages to
    /// one person never overtake each other on the way.
    pub(crate) fn take(&mut self, count: usize, busy: &HashSet<String>) -> Vec<Ready> {
        let mut taken: Vec<Ready> = Vec::with_capacity(count.min(self.rows.len()));
        let mut passed: HashSet<String> = HashSet::new();
        let mut position = 0;
        while taken.len() < count
            && let Some(row) = self.rows.get(position)
        {
            if busy.contains(&row.recipient) || !passed.insert(row.recipient.clone()) {
                position += 1;
            } else if let Some(row) = self.rows.remove(position) {
                taken.push(row);
            }
        }
        taken
    }

    /// Puts back, in front, what was taken and not used.
    pub(crate) fn put_back(&mut self, rows: Vec<Ready>) {
        for row in rows.into_iter().rev() {
            self.rows.push_front(row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: i64, recipient: &str) -> Ready {
        Ready {
            id,
            attempts: 0,
            recipient: recipient.to_owned(),
            next_attempt_at: DateTime::UNIX_EPOCH,
        }
    }

    fn ids(rows: &[Ready]) -> Vec<i64> {
        rows.iter().map(|row| row.id).collect()
    }

    #[test]
    fn takes_in_order_and_one_per_recipient() {
        let mut queue = Queue::default();
        queue.refill(vec![row(1, "a"), row(2, "a"), row(3, "b"), row(4, "c")], 10);
        let taken = queue.take(2, &HashSet::new());
        assert_eq!(ids(&taken), [1, 3]);
        let busy = HashSet::from(["a".to_owned()]);
        assert_eq!(ids(&queue.take(9, &busy)), [4]);
        assert_eq!(ids(&queue.take(9, &HashSet::new())), [2]);
        assert!(queue.is_empty());
    }

    #[test]
    fn what_is_put_back_comes_first() {
        let mut queue = Queue::default();
        queue.refill(vec![row(1, "a"), row(2, "b"), row(3, "c")], 10);
        let taken = queue.take(2, &HashSet::new());
        queue.put_back(taken);
        assert_eq!(ids(&queue.take(9, &HashSet::new())), [1, 2, 3]);
    }

    #[test]
    fn only_a_full_batch_sets_a_floor() {
        let mut queue = Queue::default();
        queue.refill(vec![row(1, "a")], 1);
        assert_eq!(queue.floor(), DateTime::UNIX_EPOCH - FLOOR_MARGIN);
        queue.refill(vec![row(1, "a")], 2);
        assert_eq!(queue.floor, None);
    }
}
