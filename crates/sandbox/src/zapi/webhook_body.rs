//! The bodies of Z-API's webhook requests.

use serde_json::{Map, Value, json};

use super::phone;
use super::send::zaap_id;
use crate::connections::ConnectionState;
use crate::evolution::{address_of, digits_of, owner};
use crate::inbound::Inbound;
use crate::messages::Message;
use crate::provider::{Post, Source};
use crate::webhooks::{Event, Receipt};

pub(super) const RECEIVED: &str = "ReceivedCallback";
/// The same, about what was written on the company's own phone: told only when that is asked for.
pub(super) const SENT_BY_ME: &str = "ReceivedCallback.fromMe";
pub(super) const DELIVERY: &str = "DeliveryCallback";
pub(super) const STATUS: &str = "MessageStatusCallback";
pub(super) const CONNECTED: &str = "ConnectedCallback";
pub(super) const DISCONNECTED: &str = "DisconnectedCallback";
pub(super) const PRESENCE: &str = "PresenceChatCallback";

/// The requests that tell of these events. A message that failed never left the queue well, so that
/// nothing else is told of it.
pub(super) fn posts(source: &Source<'_>, events: &[Event]) -> Vec<Post> {
    let failed = events
        .iter()
        .any(|event| matches!(event, Event::Failed(..)));
    let told = events
        .iter()
        .filter(|event| !(failed && matches!(event, Event::Sent(_))));
    told.filter_map(|event| post(source, event)).collect()
}

fn post(source: &Source<'_>, event: &Event) -> Option<Post> {
    let (event, body) = match event {
        Event::Sent(message) => (DELIVERY, delivery(source, message)),
        Event::Failed(message, _) => {
            let mut body = delivery(source, message);
            body["error"] = "Phone number does not exist".into();
            (DELIVERY, body)
        }
        Event::Receipt(message, receipt) => (STATUS, status(source, message, *receipt)),
        Event::Inbound(inbound) if inbound.from_me => (SENT_BY_ME, received(source, inbound)),
        Event::Inbound(inbound) => (RECEIVED, received(source, inbound)),
        Event::Connection(state) => connection(source, *state)?,
        Event::Code(_) => return None,
    };
    Some(Post { event, body })
}

fn momment(source: &Source<'_>) -> i64 {
    source.now.timestamp_millis()
}

fn delivery(source: &Source<'_>, message: &Message) -> Value {
    json!({
        "type": DELIVERY,
        "instanceId": source.instance,
        "phone": phone::spelled(&message.address),
        "zaapId": zaap_id(&message.id),
        "messageId": message.id,
        "momment": momment(source),
    })
}

fn status(source: &Source<'_>, message: &Message, receipt: Receipt) -> Value {
    let status = match receipt {
        Receipt::Sent => "SENT",
        Receipt::Delivered => "RECEIVED",
        Receipt::Read => "READ",
    };
    json!({
        "type": STATUS,
        "instanceId": source.instance,
        "status": status,
        "ids": [message.id],
        "momment": momment(source),
        "phoneDevice": 0,
        "phone": phone::spelled(&message.address),
        "isGroup": message.address.ends_with("@g.us"),
    })
}

fn received(source: &Source<'_>, inbound: &Inbound) -> Value {
    let alias = inbound.alias.as_deref();
    let phone = if inbound.from.is_empty() {
        alias.unwrap_or_default().to_owned()
    } else {
        phone::spelled(&address_of(&inbound.from))
    };
    let mut body = json!({
        "type": RECEIVED,
        "instanceId": source.instance,
        "messageId": inbound.id,
        "phone": phone,
        "chatLid": alias,
        "connectedPhone": digits_of(&owner(source.instance)),
        "fromMe": inbound.from_me,
        "fromApi": false,
        "momment": momment(source),
        "status": "RECEIVED",
        "chatName": inbound.name,
        "senderName": inbound.name,
        "senderPhoto": null,
        "photo": null,
        "participantPhone": null,
        "participantLid": null,
        "isGroup": phone.ends_with("-group"),
        "isNewsletter": false,
        "isEdit": false,
        "isStatusReply": false,
        "waitingMessage": false,
        "broadcast": false,
        "forwarded": false,
        "referenceMessageId": inbound.quotes,
        "messageExpirationSeconds": 0,
    });
    let (field, content) = content(inbound);
    body[field] = content;
    body
}

/// The field of the message's kind, and what is under it.
fn content(inbound: &Inbound) -> (&str, Value) {
    let field = match inbound.kind.as_str() {
        "contacts" => "contact",
        "button_reply" => "buttonsResponseMessage",
        "list_reply" => "listResponseMessage",
        "poll_vote" => "pollVote",
        other => other,
    };
    let content = match field {
        "text" => json!({"message": inbound.text}),
        _ => inbound.content.clone(),
    };
    (field, content)
}

fn connection(source: &Source<'_>, state: ConnectionState) -> Option<(&'static str, Value)> {
    let (event, words) = match state {
        ConnectionState::Connected => (CONNECTED, json!({"connected": true})),
        ConnectionState::Disconnected => (
            DISCONNECTED,
            json!({"disconnected": true, "error": "Device has been disconnected"}),
        ),
        ConnectionState::Connecting | ConnectionState::AwaitsPairing => return None,
    };
    let mut body = Map::from_iter([
        ("type".to_owned(), event.into()),
        ("instanceId".to_owned(), source.instance.into()),
        ("momment".to_owned(), momment(source).into()),
        (
            "phone".to_owned(),
            digits_of(&owner(source.instance)).into(),
        ),
    ]);
    if let Value::Object(words) = words {
        body.extend(words);
    }
    Some((event, body.into()))
}
