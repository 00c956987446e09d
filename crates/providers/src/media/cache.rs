//! Which files a provider has already been given.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::file::FetchedFile;

/// More files than any shop sends in a month; keeps what is remembered small.
const ENTRIES_MAX: usize = 4096;

/// The provider's id of each file that it was given. Kept in memory: after a restart a file is uploaded again.
pub(crate) struct MediaCache {
    kept: Duration,
    slots: Mutex<HashMap<Key, Slot>>,
}

/// Checksum and type: the same bytes may be sent as two types.
type Key = ([u8; 32], String);

struct Slot {
    id: Arc<OnceCell<String>>,
    since: Instant,
}

impl MediaCache {
    /// For a provider that keeps files for `kept`.
    pub(crate) fn new(kept: Duration) -> Self {
        Self {
            kept,
            slots: Mutex::default(),
        }
    }

    /// The place for the id of `file`: whoever comes while it is empty fills it, others wait for them.
    pub(crate) fn slot(&self, file: &FetchedFile, now: Instant) -> Arc<OnceCell<String>> {
        self.slot_of((file.sha256, file.mime_type.clone()), now)
    }

    /// Forgets the file of that id.
    pub(crate) fn forget(&self, id: &str) {
        let is_it = |slot: &Slot| slot.id.get().is_some_and(|known| known == id);
        self.slots().retain(|_, slot| !is_it(slot));
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<Key, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slot_of(&self, key: Key, now: Instant) -> Arc<OnceCell<String>> {
        let mut slots = self.slots();
        slots.retain(|_, slot| now.saturating_duration_since(slot.since) < self.kept);
        if slots.len() >= ENTRIES_MAX && !slots.contains_key(&key) {
            let oldest = slots.iter().min_by_key(|(_, slot)| slot.since);
            let oldest = oldest.map(|(key, _)| key.clone());
            oldest.and_then(|key| slots.remove(&key));
        }
        let slot = slots.entry(key).or_insert_with(|| Slot {
            id: Arc::default(),
            since: now,
        });
        Arc::clone(&slot.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> Key {
        let mut sum = [0; 32];
        sum[..8].copy_from_slice(&number.to_le_bytes());
        (sum, "image/png".to_owned())
    }

    /// Q5
    #[tokio::test]
    async fn an_id_is_kept_for_its_time_and_per_type() {
        let cache = MediaCache::new(Duration::from_secs(100));
        let begin = Instant::now();
        let slot = cache.slot_of(key(1), begin);
        slot.set("media-1".to_owned()).unwrap();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let known = |key, now| cache.slot_of(key, now).get().cloned();
        assert_eq!(known(key(1), at(99)).as_deref(), Some("media-1"));
        assert_eq!(known((key(1).0, "image/webp".to_owned()), at(99)), None);
        assert_eq!(known(key(1), at(100)), None);
    }

    #[tokio::test]
    async fn only_so_many_are_remembered_and_the_oldest_is_forgotten() {
        let cache = MediaCache::new(Duration::from_secs(1_000_000));
        let begin = Instant::now();
        for number in 0..=ENTRIES_MAX {
            let now = begin + Duration::from_secs(number as u64);
            let slot = cache.slot_of(key(number), now);
            slot.set(number.to_string()).unwrap();
        }
        let now = begin + Duration::from_secs(ENTRIES_MAX as u64);
        assert_eq!(cache.slots().len(), ENTRIES_MAX);
        let last = cache.slot_of(key(ENTRIES_MAX), now);
        assert_eq!(last.get().unwrap(), &ENTRIES_MAX.to_string());
        assert_eq!(cache.slot_of(key(0), now).get(), None);
    }
}
