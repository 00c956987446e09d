//! Places for what is found out once and holds for a time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;

/// More files than any shop sends in a month; keeps what is remembered small.
const ENTRIES_MAX: usize = 4096;

/// One value for each key. Kept in memory: after a restart it is found out again.
pub(super) struct Slots<K, V> {
    kept: Duration,
    slots: Mutex<HashMap<K, Slot<V>>>,
}

struct Slot<V> {
    value: Arc<OnceCell<V>>,
    since: Instant,
}

impl<K: Eq + Hash + Clone, V: PartialEq> Slots<K, V> {
    /// For values that hold for `kept`.
    pub(super) fn new(kept: Duration) -> Self {
        Self {
            kept,
            slots: Mutex::default(),
        }
    }

    /// The place of `key`: whoever comes while it is empty fills it, others wait for them.
    pub(super) fn slot(&self, key: K, now: Instant) -> Arc<OnceCell<V>> {
        let mut slots = self.slots();
        slots.retain(|_, slot| now.saturating_duration_since(slot.since) < self.kept);
        if slots.len() >= ENTRIES_MAX && !slots.contains_key(&key) {
            let oldest = slots.iter().min_by_key(|(_, slot)| slot.since);
            let oldest = oldest.map(|(key, _)| key.clone());
            oldest.and_then(|key| slots.remove(&key));
        }
        let slot = slots.entry(key).or_insert_with(|| Slot {
            value: Arc::default(),
            since: now,
        });
        // It is found later than now, and holds from then on.
        if slot.value.get().is_none() {
            slot.since = now;
        }
        Arc::clone(&slot.value)
    }

    /// Empties the places of that value, and tells for how long it was kept.
    pub(super) fn forget(&self, value: &V, now: Instant) -> Duration {
        let mut kept = Duration::ZERO;
        self.slots().retain(|_, slot| {
            let is_it = slot.value.get() == Some(value);
            if is_it {
                kept = kept.max(now.saturating_duration_since(slot.since));
            }
            !is_it
        });
        kept
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<K, Slot<V>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_kept_for_its_time_or_until_it_is_forgotten() {
        let slots = Slots::new(Duration::from_secs(100));
        let begin = Instant::now();
        slots.slot("a", begin).set(1).unwrap();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let known = |key, now| slots.slot(key, now).get().copied();
        assert_eq!(known("a", at(99)), Some(1));
        assert_eq!(known("b", at(99)), None);
        assert_eq!(known("a", at(100)), None);
        slots.slot("a", at(100)).set(2).unwrap();
        assert_eq!(slots.forget(&1, at(150)), Duration::ZERO);
        assert_eq!(known("a", at(100)), Some(2));
        assert_eq!(slots.forget(&2, at(150)), Duration::from_secs(50));
        assert_eq!(known("a", at(100)), None);
    }

    /// The time begins when the value is found, not when it was first asked for in vain.
    #[test]
    fn what_was_not_found_at_first_is_kept_as_long() {
        let slots = Slots::new(Duration::from_secs(100));
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        assert_eq!(slots.slot("a", begin).get(), None);
        slots.slot("a", at(99)).set(1).unwrap();
        assert_eq!(slots.slot("a", at(198)).get(), Some(&1));
        assert_eq!(slots.slot("a", at(199)).get(), None);
    }

    #[test]
    fn only_so_many_are_remembered_and_the_oldest_is_forgotten() {
        let slots = Slots::new(Duration::from_secs(1_000_000));
        let begin = Instant::now();
        for number in 0..=ENTRIES_MAX {
            let now = begin + Duration::from_secs(number as u64);
            slots.slot(number, now).set(number).unwrap();
        }
        let now = begin + Duration::from_secs(ENTRIES_MAX as u64);
        assert_eq!(slots.slots().len(), ENTRIES_MAX);
        let last = slots.slot(ENTRIES_MAX, now);
        assert_eq!(last.get(), Some(&ENTRIES_MAX));
        assert_eq!(slots.slot(0, now).get(), None);
    }
}
