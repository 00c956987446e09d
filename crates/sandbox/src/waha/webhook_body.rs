//! The bodies of WAHA's webhook requests.

use serde_json::{Value, json};

use super::{chat, message};
use crate::connections::ConnectionState;
use crate::inbound::Inbound;
use crate::messages::Message;
use crate::provider::{Post, Source};
use crate::webhooks::{Event, Receipt};

/// The requests that tell of an event. A message is told by two names.
pub(super) fn posts(source: &Source<'_>, event: &Event) -> Vec<Post> {
    let told: Vec<(&'static str, Value)> = match event {
        Event::Sent(sent) => vec![("message.any", message::sent(sent))],
        Event::Receipt(sent, receipt) => acknowledged(sent, *receipt).into_iter().collect(),
        Event::Failed(sent, _) => vec![("message.ack", ack(sent, -1, "ERROR"))],
        Event::Inbound(inbound) => inbound_events(source, inbound),
        Event::Connection(state) => vec![("session.status", status(source, *state))],
        Event::Code(_) => Vec::new(),
    };
    let posts = told.into_iter().map(|(event, payload)| Post {
        event,
        body: envelope(source, event, payload),
    });
    posts.collect()
}

fn envelope(source: &Source<'_>, event: &str, payload: Value) -> Value {
    let id = uuid::Uuid::new_v4().simple();
    json!({
        "id": format!("evt_{id}"),
        "timestamp": source.now.timestamp_millis(),
        "event": event,
        "session": source.instance,
        "metadata": {},
        "me": {"id": message::me(source.instance), "pushName": source.instance},
        "payload": payload,
        "environment": {"tier": "PLUS", "version": "2026.7.1"},
        "engine": "NOWEB",
    })
}

/// A message to a spelling of the number that nobody has gets no further than WhatsApp's server.
fn acknowledged(sent: &Message, receipt: Receipt) -> Option<(&'static str, Value)> {
    let (number, name) = match receipt {
        Receipt::Sent => (1, "SERVER"),
        Receipt::Delivered => (2, "DEVICE"),
        Receipt::Read => (3, "READ"),
    };
    let told = receipt == Receipt::Sent || chat::arrives(sent);
    told.then(|| ("message.ack", ack(sent, number, name)))
}

fn ack(sent: &Message, number: i8, name: &str) -> Value {
    let chat = chat::of(sent);
    json!({
        "id": chat::whole_id(true, &chat, &sent.id),
        "from": message::me(&sent.instance),
        "to": chat,
        "participant": null,
        "fromMe": true,
        "ack": number,
        "ackName": name,
    })
}

fn inbound_events(source: &Source<'_>, inbound: &Inbound) -> Vec<(&'static str, Value)> {
    match inbound.kind.as_str() {
        "reaction" => {
            let mut payload = message::head(source, inbound);
            payload["reaction"] = inbound.content.clone();
            vec![("message.reaction", payload)]
        }
        "poll_vote" => {
            let mut vote = message::head(source, inbound);
            vote["selectedOptions"] = inbound.content["selectedOptions"].clone();
            let chat = message::chat_of(inbound);
            let poll = inbound.quotes.as_deref().unwrap_or_default();
            let poll = chat::whole_id(true, &chat, chat::unique(poll));
            vec![("poll.vote", json!({"vote": vote, "poll": {"id": poll}}))]
        }
        _ => {
            let payload = message::received(source, inbound);
            let any = ("message.any", payload.clone());
            let of_others = (!inbound.from_me).then_some(("message", payload));
            std::iter::once(any).chain(of_others).collect()
        }
    }
}

fn status(source: &Source<'_>, state: ConnectionState) -> Value {
    let status = match state {
        ConnectionState::Connected => "WORKING",
        ConnectionState::Connecting => "STARTING",
        ConnectionState::AwaitsPairing => "SCAN_QR_CODE",
        ConnectionState::Disconnected => "STOPPED",
    };
    json!({"name": source.instance, "status": status})
}
