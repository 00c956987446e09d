//! A bucket for each recipient of late.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::bucket::{Bucket, Limit};
use super::pacer::{Held, held};

/// Below this many recipients it is not worth looking for full buckets.
const FEW: usize = 1024;

/// Buckets of a channel's recipients. A full one is forgotten, since it is like one that never was: what is kept is
/// bounded by the messages that leave while a bucket fills.
#[derive(Debug)]
pub(super) struct Recipients {
    /// The bucket of whoever has none yet.
    unknown: Bucket,
    known: HashMap<Box<str>, Known>,
    /// How many may be known before full ones are looked for.
    room: usize,
}

#[derive(Debug)]
struct Known {
    bucket: Bucket,
    held: Held,
}

impl Recipients {
    /// Every recipient has the bucket `unknown` until something is sent to it.
    pub(super) fn new(unknown: Bucket) -> Self {
        Self {
            unknown,
            known: HashMap::new(),
            room: FEW,
        }
    }

    /// When a message to `recipient` may leave, after those that are reserved for it.
    pub(super) fn earliest(&self, limit: &Limit, recipient: &str, now: Duration) -> Duration {
        match self.known.get(recipient) {
            Some(known) => known.bucket.earliest(limit, held(&known.held), now),
            None => self.unknown.earliest(limit, 0, now),
        }
    }

    /// Counts one more message for `recipient` until what is returned is dropped.
    pub(super) fn hold(&mut self, recipient: &str, now: Duration) -> Held {
        self.known(recipient, now).held.clone()
    }

    /// A message to `recipient` leaves.
    pub(super) fn take(&mut self, limit: &Limit, recipient: &str, now: Duration) {
        self.known(recipient, now).bucket.take(limit, now);
    }

    fn known(&mut self, recipient: &str, now: Duration) -> &mut Known {
        if self.known.len() >= self.room {
            self.forget_full(now);
        }
        self.known.entry(recipient.into()).or_insert_with(|| Known {
            bucket: self.unknown,
            held: Arc::default(),
        })
    }

    /// Looks at all of them, but only after their number has doubled: each costs two looks at most.
    fn forget_full(&mut self, now: Duration) {
        self.known
            .retain(|_, known| !known.bucket.is_full(now) || held(&known.held) > 0);
        self.room = FEW.max(self.known.len() * 2);
    }

    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.known.len()
    }
}
