//! The bodies of Evolution's webhook requests.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::address::address_of;
use super::connection::state_name;
use super::find_messages::row_id;
use super::send::{accepted, stable_id};
use crate::connections::ConnectionState;
use crate::inbound::Inbound;
use crate::messages::Message;
use crate::provider::{Post, Source};
use crate::webhooks::{Event, Receipt};

/// The request that tells of an event.
pub(super) fn post(source: &Source<'_>, event: &Event) -> Post {
    let (name, wanted, data) = match event {
        Event::Sent(message) => ("send.message", "SEND_MESSAGE", accepted(message)),
        Event::Receipt(message, receipt) => (
            "messages.update",
            "MESSAGES_UPDATE",
            update(message, receipt_name(*receipt)),
        ),
        Event::Failed(message, _) => (
            "messages.update",
            "MESSAGES_UPDATE",
            update(message, "ERROR"),
        ),
        Event::Inbound(inbound) => (
            "messages.upsert",
            "MESSAGES_UPSERT",
            upsert(source, inbound),
        ),
        Event::Connection(state) => (
            "connection.update",
            "CONNECTION_UPDATE",
            connection(source, *state),
        ),
        Event::Code(code) => ("qrcode.updated", "QRCODE_UPDATED", qr_code(source, code)),
    };
    Post {
        event: wanted,
        body: envelope(source, name, data),
    }
}

fn envelope(source: &Source<'_>, event: &str, data: Value) -> Value {
    // Evolution writes the time of São Paulo and calls it UTC.
    let local = source.now - TimeDelta::hours(3);
    json!({
        "event": event,
        "instance": source.instance,
        "data": data,
        "destination": source.webhook.url.as_str(),
        "date_time": local.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "sender": owner(source.instance),
        "server_url": source.server_url,
        "apikey": null,
    })
}

/// The address of the company's own phone.
pub(crate) fn owner(instance: &str) -> String {
    let (high, _) = stable_id(instance).as_u64_pair();
    format!("55119{:08}@s.whatsapp.net", high % 100_000_000)
}

fn receipt_name(receipt: Receipt) -> &'static str {
    match receipt {
        Receipt::Sent => "SERVER_ACK",
        Receipt::Delivered => "DELIVERY_ACK",
        Receipt::Read => "READ",
    }
}

fn update(message: &Message, status: &str) -> Value {
    json!({
        "messageId": row_id(message),
        "keyId": message.id,
        "remoteJid": message.address,
        "fromMe": true,
        "participant": null,
        "status": status,
        "instanceId": stable_id(&message.instance).to_string(),
    })
}

fn upsert(source: &Source<'_>, inbound: &Inbound) -> Value {
    let message_type = message_type(&inbound.kind);
    let content = match message_type {
        "conversation" => json!(inbound.text),
        _ => inbound.content.clone(),
    };
    json!({
        "key": key(inbound),
        "pushName": inbound.name,
        "status": "DELIVERY_ACK",
        "message": {message_type: content},
        "contextInfo": context(source, inbound),
        "messageType": message_type,
        "messageTimestamp": source.now.timestamp(),
        "instanceId": stable_id(source.instance).to_string(),
        "source": "android",
    })
}

fn key(inbound: &Inbound) -> Value {
    let number = address_of(&inbound.from);
    match &inbound.alias {
        None => json!({"remoteJid": number, "fromMe": inbound.from_me, "id": inbound.id}),
        Some(alias) => json!({
            "remoteJid": alias,
            "remoteJidAlt": number,
            "addressingMode": "lid",
            "fromMe": inbound.from_me,
            "id": inbound.id,
        }),
    }
}

fn context(source: &Source<'_>, inbound: &Inbound) -> Value {
    inbound.quotes.as_ref().map_or(Value::Null, |quoted| {
        json!({
            "stanzaId": quoted,
            "participant": owner(source.instance),
            "quotedMessage": {"conversation": ""},
        })
    })
}

/// WhatsApp's name of a kind. Others are WhatsApp's own already.
fn message_type(kind: &str) -> &str {
    match kind {
        "text" => "conversation",
        "image" => "imageMessage",
        "video" => "videoMessage",
        "audio" => "audioMessage",
        "document" => "documentMessage",
        "sticker" => "stickerMessage",
        "location" => "locationMessage",
        "contacts" => "contactMessage",
        "reaction" => "reactionMessage",
        "button_reply" => "buttonsResponseMessage",
        "list_reply" => "listResponseMessage",
        other => other,
    }
}

fn connection(source: &Source<'_>, state: ConnectionState) -> Value {
    let status_reason = match state {
        ConnectionState::Disconnected => 428,
        _ => 200,
    };
    json!({
        "instance": source.instance,
        "wuid": owner(source.instance),
        "state": state_name(state),
        "statusReason": status_reason,
    })
}

fn qr_code(source: &Source<'_>, code: &str) -> Value {
    json!({
        "qrcode": {
            "instance": source.instance,
            "pairingCode": null,
            "code": code,
            "base64": null,
        }
    })
}
