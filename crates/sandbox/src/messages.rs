//! What was accepted, in order, in bounded memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use tokio::sync::watch;
use uuid::Uuid;

use crate::options::Clock;

/// A text on its way in.
pub(crate) struct Draft {
    pub(crate) instance: String,
    /// Digits.
    pub(crate) number: String,
    pub(crate) text: String,
}

/// An accepted text.
#[derive(Serialize)]
pub(crate) struct Message {
    /// Place in the order of acceptance, from 1, without gaps.
    pub(crate) sequence: u64,
    /// The provider's message id.
    pub(crate) id: String,
    pub(crate) instance: String,
    /// Digits, as received.
    pub(crate) number: String,
    pub(crate) text: String,
    #[serde(serialize_with = "as_rfc3339_milliseconds")]
    pub(crate) accepted_at: DateTime<Utc>,
}

fn as_rfc3339_milliseconds<S: Serializer>(
    time: &DateTime<Utc>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(SecondsFormat::Millis, true))
}

/// What readers wait for: it changes with every message and every clearing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Sequence of the newest message ever accepted; 0 before the first.
    pub(crate) latest: u64,
    /// How often the messages were cleared.
    pub(crate) clearings: u64,
}

struct Kept {
    /// Consecutive sequences, so that a sequence is also a position.
    messages: VecDeque<Arc<Message>>,
    text_bytes: usize,
    progress: Progress,
    discarded: u64,
}

/// The accepted messages.
pub(crate) struct MessageStore {
    kept: Mutex<Kept>,
    progress: watch::Sender<Progress>,
    message_limit: usize,
    text_limit_bytes: usize,
    run: u64,
    clock: Clock,
}

/// How many messages there are and were.
#[derive(Serialize)]
pub(crate) struct MessageCounts {
    /// Kept now.
    kept: usize,
    /// Sequence of the newest, 0 before the first.
    latest: u64,
    /// Thrown away to make room.
    discarded: u64,
}

impl MessageStore {
    /// An empty store that keeps at most so many messages and bytes of text.
    pub(crate) fn new(message_limit: usize, text_limit_bytes: usize, clock: Clock) -> Self {
        let progress = Progress {
            latest: 0,
            clearings: 0,
        };
        Self {
            kept: Mutex::new(Kept {
                messages: VecDeque::new(),
                text_bytes: 0,
                progress,
                discarded: 0,
            }),
            progress: watch::Sender::new(progress),
            message_limit,
            text_limit_bytes,
            run: Uuid::new_v4().as_u64_pair().0 >> 24,
            clock,
        }
    }

    /// Names this run of the sandbox, 10 hexadecimal digits: sequences start again with the next.
    pub(crate) fn run(&self) -> String {
        format!("{:010x}", self.run)
    }

    /// Takes a message in; the oldest make room when there are too many.
    pub(crate) fn accept(&self, draft: Draft) -> Arc<Message> {
        let mut kept = self.lock();
        let sequence = kept.progress.latest + 1;
        let message = Arc::new(Message {
            sequence,
            // Real ids are `3EB0` and 18 hexadecimal digits; these never repeat across runs.
            id: format!("3EB0{:010X}{sequence:08X}", self.run),
            instance: draft.instance,
            number: draft.number,
            text: draft.text,
            accepted_at: (self.clock)(),
        });
        kept.progress.latest = sequence;
        kept.text_bytes += message.text.len();
        kept.messages.push_back(Arc::clone(&message));
        while kept.messages.len() > self.message_limit || kept.text_bytes > self.text_limit_bytes {
            let Some(oldest) = kept.messages.pop_front() else {
                break;
            };
            kept.text_bytes -= oldest.text.len();
            kept.discarded += 1;
        }
        self.progress.send_replace(kept.progress);
        message
    }

    /// At most `count` of the messages that follow `sequence`, oldest first.
    pub(crate) fn after(&self, sequence: u64, count: usize) -> Vec<Arc<Message>> {
        let kept = self.lock();
        let Some(first) = kept.messages.front().map(|message| message.sequence) else {
            return Vec::new();
        };
        let position = usize::try_from(sequence.saturating_add(1).saturating_sub(first))
            .unwrap_or(usize::MAX)
            .min(kept.messages.len());
        kept.messages
            .range(position..)
            .take(count)
            .cloned()
            .collect()
    }

    /// The messages that `wanted` admits, the newest first.
    pub(crate) fn newest_first(&self, wanted: impl Fn(&Message) -> bool) -> Vec<Arc<Message>> {
        let kept = self.lock();
        kept.messages
            .iter()
            .rev()
            .filter(|message| wanted(message))
            .cloned()
            .collect()
    }

    /// Forgets all messages and says how many; sequences go on.
    pub(crate) fn clear(&self) -> usize {
        let mut kept = self.lock();
        let forgotten = std::mem::take(&mut kept.messages);
        kept.text_bytes = 0;
        kept.progress.clearings += 1;
        self.progress.send_replace(kept.progress);
        drop(kept);
        forgotten.len()
    }

    /// Where the store stands now, and a way to wait for the next change.
    pub(crate) fn watch(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Where the store stands now.
    pub(crate) fn progress(&self) -> Progress {
        self.lock().progress
    }

    /// The figures for `/sandbox/stats`.
    pub(crate) fn counts(&self) -> MessageCounts {
        let kept = self.lock();
        MessageCounts {
            kept: kept.messages.len(),
            latest: kept.progress.latest,
            discarded: kept.discarded,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::system_clock;

    fn accept(store: &MessageStore, text: &str) -> Arc<Message> {
        store.accept(Draft {
            instance: "loja".to_owned(),
            number: "5511987654321".to_owned(),
            text: text.to_owned(),
        })
    }

    fn sequences(messages: &[Arc<Message>]) -> Vec<u64> {
        messages.iter().map(|message| message.sequence).collect()
    }

    #[test]
    fn the_oldest_make_room_when_the_limit_is_reached() {
        let store = MessageStore::new(3, usize::MAX, system_clock());
        for text in ["a", "b", "c", "d", "e"] {
            accept(&store, text);
        }
        assert_eq!(sequences(&store.after(0, 10)), [3, 4, 5]);
        assert_eq!(store.counts().discarded, 2);
    }

    #[test]
    fn long_texts_are_bounded_by_their_bytes() {
        let store = MessageStore::new(100, 10, system_clock());
        for text in ["aaaa", "bbbb", "cccc"] {
            accept(&store, text);
        }
        assert_eq!(sequences(&store.after(0, 10)), [2, 3]);
        accept(&store, "much longer than ten bytes");
        assert!(store.after(0, 10).is_empty());
    }

    #[test]
    fn reading_goes_on_after_a_sequence_even_when_that_one_is_gone() {
        let store = MessageStore::new(3, usize::MAX, system_clock());
        for text in ["a", "b", "c", "d", "e"] {
            accept(&store, text);
        }
        assert_eq!(sequences(&store.after(1, 2)), [3, 4]);
        assert_eq!(sequences(&store.after(4, 10)), [5]);
        assert!(store.after(5, 10).is_empty());
        assert!(store.after(u64::MAX, 10).is_empty());
    }

    #[test]
    fn clearing_forgets_the_messages_and_goes_on_counting() {
        let store = MessageStore::new(3, usize::MAX, system_clock());
        accept(&store, "a");
        accept(&store, "b");
        assert_eq!(store.clear(), 2);
        assert!(store.after(0, 10).is_empty());
        assert_eq!(accept(&store, "c").sequence, 3);
        assert_eq!(
            store.progress(),
            Progress {
                latest: 3,
                clearings: 1
            }
        );
    }

    #[test]
    fn ids_look_like_the_providers_and_differ_between_runs() {
        let (one, other) = (
            MessageStore::new(3, usize::MAX, system_clock()),
            MessageStore::new(3, usize::MAX, system_clock()),
        );
        let id = accept(&one, "a").id.clone();
        assert_eq!(id.len(), 22);
        assert!(id.starts_with("3EB0") && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(id, accept(&one, "a").id);
        assert_ne!(id, accept(&other, "a").id);
    }
}
