//! What a body says: its kind, its text, what can be chosen; and how WhatsApp would put it.

use serde_json::{Map, Value, json};

use super::operation::flattened;
use crate::messages::{Kind, Message};

/// What the phone shows of a body whose fields are on one level.
pub(super) struct Shown {
    pub(super) kind: Kind,
    pub(super) text: String,
    pub(super) choices: Vec<String>,
}

impl Shown {
    /// Reads a body that passed its checks.
    pub(super) fn of(kind: Kind, fields: &Map<String, Value>) -> Self {
        let kind = match text(fields, "mediatype") {
            "image" => Kind::Image,
            "video" => Kind::Video,
            "audio" => Kind::Audio,
            _ => kind,
        };
        let (text, choices) = match kind {
            Kind::Text => (text(fields, "text").to_owned(), Vec::new()),
            Kind::Location => (lines(fields, &["name", "address"]), Vec::new()),
            Kind::Contacts => (
                all(fields.get("contact"), "fullName").join("\n"),
                Vec::new(),
            ),
            Kind::Reaction => (text(fields, "reaction").to_owned(), Vec::new()),
            Kind::Poll => (
                text(fields, "name").to_owned(),
                strings(fields.get("values")),
            ),
            Kind::List => (
                lines(fields, &["title", "description", "footerText"]),
                rows(fields.get("sections")),
            ),
            Kind::Buttons => (
                lines(fields, &["title", "description", "footer", "footerText"]),
                buttons(fields.get("buttons")),
            ),
            Kind::Template => (text(fields, "name").to_owned(), Vec::new()),
            Kind::Status => (lines(fields, &["content", "caption"]), Vec::new()),
            _ => (caption(fields).to_owned(), Vec::new()),
        };
        Self {
            kind,
            text,
            choices,
        }
    }
}

fn caption(fields: &Map<String, Value>) -> &str {
    match text(fields, "caption") {
        "" => text(fields, "fileName"),
        caption => caption,
    }
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn lines(fields: &Map<String, Value>, names: &[&str]) -> String {
    let lines = names.iter().map(|name| text(fields, name));
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

fn items(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    list.and_then(Value::as_array).into_iter().flatten()
}

fn strings(list: Option<&Value>) -> Vec<String> {
    items(list)
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn all(list: Option<&Value>, name: &str) -> Vec<String> {
    items(list)
        .filter_map(|item| item.get(name)?.as_str())
        .map(str::to_owned)
        .collect()
}

fn rows(sections: Option<&Value>) -> Vec<String> {
    items(sections)
        .flat_map(|section| all(section.get("rows"), "title"))
        .collect()
}

/// The labels of v2's buttons, or of v1's.
fn buttons(list: Option<&Value>) -> Vec<String> {
    let mut labels = all(list, "displayText");
    labels.extend(all(list, "buttonText"));
    labels
}

/// The message as WhatsApp puts it: the name of its type, and what is under that name.
pub(super) fn whatsapp_message(message: &Message) -> (&'static str, Value) {
    let fields = match &message.content {
        Value::Object(body) => flattened(body),
        _ => Map::new(),
    };
    let get = |name: &str| fields.get(name).cloned().unwrap_or_default();
    match message.kind {
        Kind::Image => ("imageMessage", media(&fields, "image/jpeg")),
        Kind::Video => ("videoMessage", media(&fields, "video/mp4")),
        Kind::VideoNote => ("ptvMessage", media(&fields, "video/mp4")),
        Kind::Audio => ("audioMessage", media(&fields, "audio/ogg; codecs=opus")),
        Kind::Sticker => ("stickerMessage", media(&fields, "image/webp")),
        Kind::Document => (
            "documentMessage",
            media(&fields, "application/octet-stream"),
        ),
        Kind::Location => (
            "locationMessage",
            json!({
                "degreesLatitude": get("latitude"),
                "degreesLongitude": get("longitude"),
                "name": get("name"),
                "address": get("address"),
            }),
        ),
        Kind::Contacts => contacts(&get("contact")),
        Kind::Reaction => (
            "reactionMessage",
            json!({"key": get("key"), "text": get("reaction")}),
        ),
        Kind::Poll => (
            "pollCreationMessageV3",
            json!({
                "name": get("name"),
                "options": strings(Some(&get("values")))
                    .iter()
                    .map(|option| json!({"optionName": option}))
                    .collect::<Vec<_>>(),
                "selectableOptionsCount": get("selectableCount"),
            }),
        ),
        Kind::List => (
            "listMessage",
            json!({
                "title": get("title"),
                "description": get("description"),
                "buttonText": get("buttonText"),
                "footerText": get("footerText"),
                "sections": get("sections"),
                "listType": 2,
            }),
        ),
        Kind::Buttons => (
            "viewOnceMessage",
            json!({"message": {"interactiveMessage": {"body": {"text": message.text}}}}),
        ),
        Kind::Template => (
            "templateMessage",
            json!({"name": get("name"), "language": get("language")}),
        ),
        Kind::Status if text(&fields, "type") == "image" => {
            ("imageMessage", media(&fields, "image/jpeg"))
        }
        Kind::Status if text(&fields, "type") == "video" => {
            ("videoMessage", media(&fields, "video/mp4"))
        }
        Kind::Status if text(&fields, "type") == "audio" => {
            ("audioMessage", media(&fields, "audio/ogg; codecs=opus"))
        }
        Kind::Status => ("extendedTextMessage", json!({"text": get("content")})),
        _ => ("conversation", message.text.clone().into()),
    }
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
