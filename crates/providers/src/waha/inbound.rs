//! Messages in WAHA's deliveries. What its engines have in common is documented; `_data` is the engine's own record,
//! used only for what is nowhere else.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};
use zapgres_core::recipient::Recipient;

use super::address::{chat_in, kept_id, recipient};
use crate::webhook::InboundMessage;

/// Where engines keep the name that a person gave themself: WEBJS, NOWEB, GOWS.
const NAMES: [&str; 3] = [
    "/_data/notifyName",
    "/_data/pushName",
    "/_data/Info/PushName",
];
/// Where engines keep the other address of a person who is known by number and by LID: NOWEB (two versions), GOWS.
const ALIASES: [&str; 3] = [
    "/_data/key/remoteJidAlt",
    "/_data/key/senderPn",
    "/_data/Info/SenderAlt",
];
/// What a message has besides its text.
const CONTENT: [&str; 3] = ["media", "location", "vCards"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Common {
    id: String,
    #[serde(default)]
    timestamp: Value,
    from: Option<String>,
    to: Option<String>,
    #[serde(default)]
    from_me: bool,
    participant: Option<String>,
}

/// A message; none when it is not in a conversation (a status, a channel).
pub(super) fn message(payload: &Value) -> Option<InboundMessage> {
    let common = Common::deserialize(payload).ok()?;
    let body = payload.get("body").and_then(Value::as_str);
    let quoted = payload.pointer("/replyTo/id").and_then(Value::as_str);
    Some(InboundMessage {
        kind: kind(payload).to_owned(),
        text: body.filter(|body| !body.is_empty()).map(str::to_owned),
        quotes: quoted.map(kept_id).map(str::to_owned),
        content: content(payload),
        ..common.inbound(payload)?
    })
}

/// An emoji on a message; an empty text takes it away.
pub(super) fn reaction(payload: &Value) -> Option<InboundMessage> {
    let common = Common::deserialize(payload).ok()?;
    let on = payload.pointer("/reaction/messageId")?.as_str()?;
    let emoji = payload.pointer("/reaction/text")?.as_str()?;
    Some(InboundMessage {
        kind: "reaction".to_owned(),
        text: Some(emoji.to_owned()),
        quotes: Some(kept_id(on).to_owned()),
        ..common.inbound(payload)?
    })
}

/// A vote: all options that the person has chosen by now.
pub(super) fn poll_vote(payload: &Value) -> Option<InboundMessage> {
    let vote = payload.get("vote")?;
    let common = Common::deserialize(vote).ok()?;
    let poll = payload.pointer("/poll/id")?.as_str()?;
    let options = vote.get("selectedOptions")?.as_array()?;
    let chosen: Vec<&str> = options.iter().filter_map(Value::as_str).collect();
    Some(InboundMessage {
        kind: "poll_vote".to_owned(),
        text: Some(chosen.join(", ")),
        quotes: Some(kept_id(poll).to_owned()),
        content: Map::from_iter([("options".to_owned(), chosen.clone().into())]).into(),
        ..common.inbound(vote)?
    })
}

impl Common {
    /// What every kind has.
    fn inbound(&self, payload: &Value) -> Option<InboundMessage> {
        let chat = recipient(self.chat()?)?;
        let in_group = matches!(chat, Recipient::Group(_));
        let author = self.participant.as_deref().filter(|_| in_group);
        Some(InboundMessage {
            provider_message_id: kept_id(&self.id).to_owned(),
            aliases: if in_group {
                Vec::new()
            } else {
                aliases(payload, &chat)
            },
            chat,
            author: author.and_then(recipient),
            name: first_text(payload, &NAMES).filter(|_| !self.from_me),
            from_me: self.from_me,
            at: time(&self.timestamp),
            kind: "text".to_owned(),
            text: None,
            quotes: None,
            content: Value::Null,
        })
    }

    /// The chat is part of the id. Some engines have it in `from` even where we wrote the message, and no `to`.
    fn chat(&self) -> Option<&str> {
        let other = if self.from_me { &self.to } else { &self.from };
        chat_in(&self.id).or(other.as_deref())
    }
}

/// A time in seconds, with a fraction in places, or in milliseconds: the same field has either, by event and engine.
pub(super) fn time(value: &Value) -> Option<DateTime<Utc>> {
    /// Seconds of the year 5138, milliseconds of 1973.
    const FIRST_MILLISECONDS: f64 = 1e11;
    let number = value.as_f64()?;
    if number >= FIRST_MILLISECONDS {
        return DateTime::from_timestamp_millis(value.as_i64()?);
    }
    // The fraction is cut; a number that is no time saturates and is refused.
    DateTime::from_timestamp(number as i64, 0)
}

fn first_text(payload: &Value, pointers: &[&str]) -> Option<String> {
    let mut texts = pointers
        .iter()
        .filter_map(|pointer| payload.pointer(pointer)?.as_str());
    texts.find(|text| !text.is_empty()).map(str::to_owned)
}

fn aliases(payload: &Value, chat: &Recipient) -> Vec<Recipient> {
    let texts = ALIASES
        .iter()
        .filter_map(|pointer| payload.pointer(pointer)?.as_str());
    let mut aliases: Vec<Recipient> = Vec::new();
    for alias in texts.filter_map(recipient) {
        if alias != *chat && !aliases.contains(&alias) {
            aliases.push(alias);
        }
    }
    aliases
}

/// A part of the message; none where it is null or an empty list.
fn part<'a>(payload: &'a Value, name: &str) -> Option<&'a Value> {
    let part = payload.get(name).filter(|part| !part.is_null())?;
    let is_empty = part.as_array().is_some_and(Vec::is_empty);
    (!is_empty).then_some(part)
}

fn kind(payload: &Value) -> &'static str {
    if payload.get("hasMedia") == Some(&Value::Bool(true)) {
        let mime_type = payload.pointer("/media/mimetype").and_then(Value::as_str);
        return kind_of_file(mime_type.unwrap_or_default());
    }
    match (part(payload, "location"), part(payload, "vCards")) {
        (Some(_), _) => "location",
        (_, Some(_)) => "contact",
        _ => "text",
    }
}

/// Stickers are the only WebP pictures on WhatsApp.
fn kind_of_file(mime_type: &str) -> &'static str {
    match mime_type.split('/').next() {
        Some("image") if mime_type == "image/webp" => "sticker",
        Some("image") => "image",
        Some("video") => "video",
        Some("audio") => "audio",
        _ => "document",
    }
}

fn content(payload: &Value) -> Value {
    let parts = CONTENT
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), part(payload, name)?.clone())));
    let parts: Map<String, Value> = parts.collect();
    if parts.is_empty() {
        Value::Null
    } else {
        parts.into()
    }
}
