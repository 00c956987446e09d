//! How WhatsApp puts a message: the name of its type, and what is under that name.

use serde_json::{Map, Value, json};

use super::content::{items, strings};
use super::operation::flattened;
use crate::messages::{Kind, Message};

/// The message as WhatsApp puts it.
pub(super) fn whatsapp_message(message: &Message) -> (&'static str, Value) {
    let fields = match &message.content {
        Value::Object(body) => flattened(body),
        _ => Map::new(),
    };
    let get = |name: &str| fields.get(name).cloned().unwrap_or_default();
    if let Some((name, usual_type)) = media_names(message.kind, &fields) {
        return (name, media(&fields, usual_type));
    }
    match message.kind {
        Kind::Location => ("locationMessage", location(&fields)),
        Kind::Contacts => contacts(&get("contact")),
        Kind::Reaction => (
            "reactionMessage",
            json!({"key": get("key"), "text": get("reaction")}),
        ),
        Kind::Poll => ("pollCreationMessageV3", poll(&fields)),
        Kind::List => ("listMessage", list(&fields)),
        Kind::Buttons => (
            "viewOnceMessage",
            json!({"message": {"interactiveMessage": {"body": {"text": message.text}}}}),
        ),
        Kind::Template => (
            "templateMessage",
            json!({"name": get("name"), "language": get("language")}),
        ),
        Kind::Status => ("extendedTextMessage", json!({"text": get("content")})),
        _ => ("conversation", message.text.clone().into()),
    }
}

/// WhatsApp's name of a kind of media, and the type that it usually has; a story may be of any.
fn media_names(kind: Kind, fields: &Map<String, Value>) -> Option<(&'static str, &'static str)> {
    let kind = match (kind, fields.get("type").and_then(Value::as_str)) {
        (Kind::Status, Some("image")) => Kind::Image,
        (Kind::Status, Some("video")) => Kind::Video,
        (Kind::Status, Some("audio")) => Kind::Audio,
        (kind, _) => kind,
    };
    match kind {
        Kind::Image => Some(("imageMessage", "image/jpeg")),
        Kind::Video => Some(("videoMessage", "video/mp4")),
        Kind::VideoNote => Some(("ptvMessage", "video/mp4")),
        Kind::Audio => Some(("audioMessage", "audio/ogg; codecs=opus")),
        Kind::Sticker => Some(("stickerMessage", "image/webp")),
        Kind::Document => Some(("documentMessage", "application/octet-stream")),
        _ => None,
    }
}

fn location(fields: &Map<String, Value>) -> Value {
    json!({
        "degreesLatitude": fields.get("latitude"),
        "degreesLongitude": fields.get("longitude"),
        "name": fields.get("name"),
        "address": fields.get("address"),
    })
}

fn poll(fields: &Map<String, Value>) -> Value {
    let options: Vec<Value> = strings(fields.get("values"))
        .iter()
        .map(|option| json!({"optionName": option}))
        .collect();
    json!({
        "name": fields.get("name"),
        "options": options,
        "selectableOptionsCount": fields.get("selectableCount"),
    })
}

fn list(fields: &Map<String, Value>) -> Value {
    json!({
        "title": fields.get("title"),
        "description": fields.get("description"),
        "buttonText": fields.get("buttonText"),
        "footerText": fields.get("footerText"),
        "sections": fields.get("sections"),
        "listType": 2,
    })
}

fn media(fields: &Map<String, Value>, usual_type: &str) -> Value {
    let mimetype = fields
        .get("mimetype")
        .cloned()
        .unwrap_or_else(|| usual_type.into());
    json!({
        "url": "https://mmg.whatsapp.net/o1/v/t24/sandbox",
        "mimetype": mimetype,
        "caption": fields.get("caption"),
        "fileName": fields.get("fileName"),
    })
}

fn contacts(list: &Value) -> (&'static str, Value) {
    let mut cards: Vec<Value> = items(Some(list)).map(card).collect();
    match cards.len() {
        1 => ("contactMessage", cards.remove(0)),
        count => (
            "contactsArrayMessage",
            json!({"displayName": format!("{count} contacts"), "contacts": cards}),
        ),
    }
}

fn card(contact: &Value) -> Value {
    let get = |name: &str| contact[name].as_str().unwrap_or_default();
    let (name, phone) = (get("fullName"), get("phoneNumber"));
    json!({
        "displayName": name,
        "vcard": format!(
            "BEGIN:VCARD\nVERSION:3.0\nFN:{name}\nitem1.TEL;waid={phone}:{phone}\nEND:VCARD"
        ),
    })
}
