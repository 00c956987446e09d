//! A message of a conversation (`messages.upsert`), or one that was sent over the API (`send.message`).

use chrono::{DateTime, Utc};
use serde_json::Value;
use zapgres_core::recipient::Recipient;

use super::content::Content;
use crate::evolution::address;
use crate::webhook::InboundMessage;

/// The message in `data`; none where it is no message to anybody (statuses, changes of keys).
pub(super) fn read(data: &Value) -> Option<InboundMessage> {
    let key = data.get("key")?;
    let id = text(key, "id")?;
    let (chat, aliases) = person(key, "remoteJid", "remoteJidAlt")?;
    let author = match &chat {
        Recipient::Group(_) => person(key, "participant", "participantAlt").map(|(who, _)| who),
        _ => None,
    };
    let from_me = key.get("fromMe").and_then(Value::as_bool) == Some(true);
    let content = Content::read(data)?;
    Some(InboundMessage {
        provider_message_id: id.to_owned(),
        chat,
        aliases,
        author,
        // With `fromMe` it is our own name.
        name: text(data, "pushName")
            .filter(|_| !from_me)
            .map(str::to_owned),
        from_me,
        at: data.get("messageTimestamp").and_then(time),
        kind: content.kind,
        text: content.text,
        quotes: content.quotes,
        content: content.rest,
    })
}

/// Who stands in the two fields, and their other addresses. A number comes before a hidden id, in whichever field it is.
fn person(key: &Value, field: &str, alternative: &str) -> Option<(Recipient, Vec<Recipient>)> {
    let mut names: Vec<Recipient> = [field, alternative]
        .into_iter()
        .filter_map(|field| address::recipient(text(key, field)?))
        .collect();
    names.sort_by_key(|name| name.phone().is_none());
    names.dedup();
    let mut names = names.into_iter();
    Some((names.next()?, names.collect()))
}

/// Seconds since 1970: a number, a text in some versions, a number in two halves in others.
fn time(told: &Value) -> Option<DateTime<Utc>> {
    let seconds = match told {
        Value::String(text) => text.parse().ok()?,
        Value::Object(halves) => halves.get("low")?.as_i64()?,
        number => number.as_i64()?,
    };
    DateTime::from_timestamp(seconds, 0)
}

fn text<'a>(of: &'a Value, field: &str) -> Option<&'a str> {
    of.get(field)?.as_str().filter(|text| !text.is_empty())
}
