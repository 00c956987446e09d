//! What was accepted, in order, in bounded memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use serde_json::Value;
use tokio::sync::watch;
use uuid::Uuid;

use crate::options::Clock;
use crate::provider::Provider;

/// What a message is, in the sandbox's words: the same for all providers.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Nothing but text.
    Text,
    Image,
    Video,
    /// A round video.
    VideoNote,
    /// Sound; a voice note too.
    Audio,
    Document,
    Sticker,
    Location,
    Contacts,
    /// An emoji on another message.
    Reaction,
    /// A question with options.
    Poll,
    /// A menu that opens.
    List,
    Buttons,
    /// A text that the provider approved before.
    Template,
    /// What opens a form, a catalog, a request for a place.
    Interactive,
    /// A story that goes to many.
    Status,
}

/// A message on its way in.
pub(crate) struct Draft {
    pub(crate) provider: Provider,
    pub(crate) instance: String,
    /// Digits, or an id where there is no number.
    pub(crate) number: String,
    /// The recipient's address at the provider, which makes all spellings of a number one.
    pub(crate) address: String,
    pub(crate) kind: Kind,
    /// The text, the caption, or what stands for either.
    pub(crate) text: String,
    /// What the recipient can choose from: labels of buttons, rows, options.
    pub(crate) choices: Vec<String>,
    /// What was sent, as it was received; null where the text says it all.
    pub(crate) content: Value,
    /// Id of the message that it quotes.
    pub(crate) quotes: Option<String>,
    /// The sender's own name of it, which receipts repeat.
    pub(crate) reference: Option<String>,
    /// The id that it was told already; without one it gets one.
    pub(crate) id: Option<String>,
}

/// Why a message that was accepted is told as failed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Failure {
    /// Meta's code; the others have none.
    pub(crate) code: u32,
}

impl Draft {
    /// A plain text.
    pub(crate) fn text(
        provider: Provider,
        instance: String,
        number: String,
        address: String,
        text: String,
    ) -> Self {
        Self {
            provider,
            instance,
            number,
            address,
            kind: Kind::Text,
            text,
            choices: Vec::new(),
            content: Value::Null,
            quotes: None,
            reference: None,
            id: None,
        }
    }
}

/// An accepted message.
#[derive(Serialize)]
pub(crate) struct Message {
    /// Place in the order of acceptance, from 1, without gaps.
    pub(crate) sequence: u64,
    /// The provider's message id.
    pub(crate) id: String,
    pub(crate) provider: Provider,
    pub(crate) instance: String,
    /// Digits, as received; an id where there is no number.
    pub(crate) number: String,
    /// The recipient's address at the provider.
    #[serde(skip)]
    pub(crate) address: String,
    pub(crate) kind: Kind,
    /// The text, the caption, or what stands for either.
    pub(crate) text: String,
    /// What the recipient can choose from: labels of buttons, rows, options.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) choices: Vec<String>,
    /// What was sent, as it was received; left out where the text says it all.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub(crate) content: Value,
    #[serde(skip)]
    content_bytes: usize,
    /// Id of the message that it quotes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) quotes: Option<String>,
    /// The sender's own name of it, which receipts repeat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    #[serde(serialize_with = "as_rfc3339_milliseconds")]
    pub(crate) accepted_at: DateTime<Utc>,
}

impl Message {
    /// Bytes of what may be long in it.
    fn bytes(&self) -> usize {
        self.text.len() + self.content_bytes
    }
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
        let content_bytes = match &draft.content {
            Value::Null => 0,
            content => content.to_string().len(),
        };
        let dialect = draft.provider.dialect();
        let mut kept = self.lock();
        let sequence = kept.progress.latest + 1;
        let message = Arc::new(Message {
            sequence,
            id: draft
                .id
                .unwrap_or_else(|| dialect.message_id(self.run, sequence)),
            provider: draft.provider,
            instance: draft.instance,
            number: draft.number,
            address: draft.address,
            kind: draft.kind,
            text: draft.text,
            choices: draft.choices,
            content: draft.content,
            content_bytes,
            quotes: draft.quotes,
            reference: draft.reference,
            accepted_at: (self.clock)(),
        });
        kept.progress.latest = sequence;
        kept.text_bytes += message.bytes();
        kept.messages.push_back(Arc::clone(&message));
        while kept.messages.len() > self.message_limit || kept.text_bytes > self.text_limit_bytes {
            let Some(oldest) = kept.messages.pop_front() else {
                break;
            };
            kept.text_bytes -= oldest.bytes();
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
        store.accept(draft(text))
    }

    fn draft(text: &str) -> Draft {
        Draft::text(
            Provider::Evolution,
            "loja".to_owned(),
            "5511987654321".to_owned(),
            "5511987654321@s.whatsapp.net".to_owned(),
            text.to_owned(),
        )
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
    fn what_was_sent_counts_as_text_does() {
        let store = MessageStore::new(100, 100, system_clock());
        let draft = Draft {
            content: serde_json::json!({"media": "A".repeat(101)}),
            ..draft("a")
        };
        store.accept(draft);
        assert!(store.after(0, 10).is_empty());
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
