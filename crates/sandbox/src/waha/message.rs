//! Messages as WAHA tells them, in answers, in the history and by webhook.

use serde_json::{Value, json};

use super::chat;
use crate::evolution::owner;
use crate::inbound::Inbound;
use crate::messages::{Kind, Message};
use crate::provider::Source;

/// The number of the session's own phone.
pub(super) fn me(session: &str) -> String {
    chat::spelled(&owner(session))
}

/// A message that the session sent.
pub(super) fn sent(message: &Message) -> Value {
    let chat = chat::of(message);
    let quoted = message.quotes.as_ref();
    let replied = quoted.map(|id| json!({"id": chat::whole_id(true, &chat, id)}));
    json!({
        "id": chat::whole_id(true, &chat, &message.id),
        "timestamp": message.accepted_at.timestamp(),
        "from": me(&message.instance),
        "fromMe": true,
        "source": "api",
        "to": chat,
        "body": message.text,
        "hasMedia": is_file(message.kind),
        "media": null,
        "ack": 0,
        "ackName": "PENDING",
        "vCards": [],
        "replyTo": replied,
        "_data": {},
    })
}

fn is_file(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Image | Kind::Video | Kind::VideoNote | Kind::Audio | Kind::Document | Kind::Sticker
    )
}

/// The chat in which a customer writes.
pub(super) fn chat_of(inbound: &Inbound) -> String {
    match &inbound.alias {
        Some(alias) => alias.clone(),
        None => chat::spelled(&chat::address(&inbound.from)),
    }
}

/// What all that comes in has.
pub(super) fn head(source: &Source<'_>, inbound: &Inbound) -> Value {
    let (chat, me) = (chat_of(inbound), me(source.instance));
    let id = chat::whole_id(inbound.from_me, &chat, &inbound.id);
    let (from, to) = if inbound.from_me {
        (me, chat)
    } else {
        (chat, me)
    };
    json!({
        "id": id,
        "timestamp": source.now.timestamp(),
        "from": from,
        "fromMe": inbound.from_me,
        "to": to,
        "participant": null,
    })
}

/// A message that a customer wrote, or somebody on the company's own phone.
pub(super) fn received(source: &Source<'_>, inbound: &Inbound) -> Value {
    let chat = chat_of(inbound);
    let content = |kind: &str| (inbound.kind == kind).then_some(&inbound.content);
    let is_file = matches!(
        inbound.kind.as_str(),
        "image" | "video" | "audio" | "document" | "sticker"
    );
    // Whoever has a LID is known by number only to the engine.
    let number = inbound
        .alias
        .as_ref()
        .filter(|_| !inbound.from.is_empty())
        .map(|_| chat::address(&inbound.from));
    let quoted = inbound.quotes.as_ref();
    let mut payload = head(source, inbound);
    payload["source"] = "app".into();
    payload["body"] = inbound.text.as_str().into();
    payload["hasMedia"] = is_file.into();
    payload["media"] = is_file.then(|| inbound.content.clone()).into();
    payload["location"] = content("location").cloned().into();
    payload["vCards"] = content("contacts").cloned().unwrap_or_else(|| json!([]));
    payload["ack"] = 1.into();
    payload["ackName"] = "SERVER".into();
    payload["replyTo"] = quoted
        .map(|id| json!({"id": chat::whole_id(true, &chat, chat::unique(id))}))
        .into();
    payload["_data"] = json!({"pushName": inbound.name, "key": {"remoteJidAlt": number}});
    payload
}
