//! `ReceivedCallback`: a message in a conversation, or a note about one.

use serde_json::Value;
use zapgres_core::recipient::Recipient;

use super::{at, content, receipt, text};
use crate::webhook::{Event, InboundMessage, ReceiptStatus};
use crate::zapi::address;
use crate::zapi::answer::truth;

/// What the delivery tells.
pub(super) fn event(body: &Value) -> Event {
    if let Some(notification) = text(body, "notification") {
        return Event::Other(format!("ReceivedCallback {notification}"));
    }
    let from_me = flag(body, "fromMe");
    if let (true, true, Some(id)) = (from_me, flag(body, "fromApi"), text(body, "messageId")) {
        return echo(id, body);
    }
    match message(body, from_me) {
        Some(message) => Event::Message(Box::new(message)),
        None => Event::Other("ReceivedCallback".to_owned()),
    }
}

/// A message that came through the API, told back: nobody has written it on the phone. Its `status` says how far it had come,
/// but the documentation has `RECEIVED` even where nobody can have received it yet.
fn echo(id: &str, body: &Value) -> Event {
    match text(body, "status") {
        Some("SENT" | "RECEIVED" | "READ" | "PLAYED") => {
            Event::Receipt(receipt(id, ReceiptStatus::Sent, body))
        }
        _ => Event::Other("ReceivedCallback fromApi".to_owned()),
    }
}

/// None for newsletters and broadcast lists, and for messages that the phone could not decrypt yet: those come again, whole,
/// with the same id.
fn message(body: &Value, from_me: bool) -> Option<InboundMessage> {
    let provider_message_id = text(body, "messageId")?.to_owned();
    let read = content::read(body);
    if read.is_none() && flag(body, "waitingMessage") {
        return None;
    }
    let read = read.unwrap_or_else(|| content::unknown(body));
    let People {
        chat,
        author,
        aliases,
    } = people(body, from_me)?;
    let name = text(body, "senderName").filter(|_| !from_me);
    Some(InboundMessage {
        provider_message_id,
        chat,
        aliases,
        author,
        name: name.map(str::to_owned),
        from_me,
        at: at(body),
        kind: read.kind.to_owned(),
        text: read.text,
        quotes: read
            .quotes
            .or_else(|| text(body, "referenceMessageId").map(str::to_owned)),
        content: read.content,
    })
}

struct People {
    chat: Recipient,
    author: Option<Recipient>,
    aliases: Vec<Recipient>,
}

/// `phone` may be a LID, and then there is no number anywhere.
fn people(body: &Value, from_me: bool) -> Option<People> {
    let chat = recipient(body, "phone");
    let (chat, author, further) = if let Some(Recipient::Group(_)) = chat {
        let author = recipient(body, "participantPhone");
        let author = author.or_else(|| recipient(body, "participantLid"));
        (chat?, author, vec![recipient(body, "participantLid")])
    } else {
        let lid = recipient(body, "chatLid");
        // Of messages of our own, the sender is us.
        let sender = recipient(body, "senderLid").filter(|_| !from_me);
        let chat = chat.or_else(|| lid.clone()).or_else(|| sender.clone())?;
        (chat, None, vec![lid, sender])
    };
    let person = author.as_ref().unwrap_or(&chat);
    let mut aliases: Vec<Recipient> = Vec::new();
    for alias in further.into_iter().flatten() {
        if &alias != person && !aliases.contains(&alias) {
            aliases.push(alias);
        }
    }
    Some(People {
        chat,
        author,
        aliases,
    })
}

fn recipient(body: &Value, field: &str) -> Option<Recipient> {
    address::parse(text(body, field)?)
}

fn flag(body: &Value, field: &str) -> bool {
    body.get(field).and_then(truth) == Some(true)
}
