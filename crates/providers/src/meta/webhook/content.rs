//! What a message has in it, by its type.

use serde_json::{Map, Value};

use super::text;

/// Beside the type's own object, these tell something: forwarding, an answered advertisement, why there is nothing else.
const ASIDE: [&str; 4] = ["context", "referral", "identity", "errors"];

/// The parts of [`crate::InboundMessage`] that depend on the type.
pub(super) struct Content {
    pub(super) kind: String,
    pub(super) text: Option<String>,
    pub(super) quotes: Option<String>,
    pub(super) content: Value,
}

/// What `message` has in it. Types that are not known keep their name.
pub(super) fn of(message: &Value) -> Content {
    let name = text(message, "/type").unwrap_or("unsupported");
    let (kind, own) = match (name, message.get(name)) {
        ("interactive", Some(interactive)) => interactive_of(interactive),
        ("button", Some(button)) => ("button_reply", Some(button)),
        ("contacts", Some(contacts)) => ("contact", Some(contacts)),
        // Meta could not tell what it is, or may not.
        (_, None) | ("unknown", _) => ("unsupported", message.get(name)),
        (name, own) => (name, own),
    };
    let own = own.unwrap_or(&Value::Null);
    let quotes = text(own, "/message_id")
        .filter(|_| kind == "reaction")
        .or_else(|| text(own, "/original_message_id"))
        .or_else(|| text(message, "/context/id"));
    Content {
        kind: kind.to_owned(),
        text: text_of(kind, own).map(str::to_owned),
        quotes: quotes.map(str::to_owned),
        content: content_of(message, name, own),
    }
}

/// Kind and object of what was pressed or filled in: `{"type": "button_reply", "button_reply": {"id", "title"}}`.
fn interactive_of(interactive: &Value) -> (&str, Option<&Value>) {
    match text(interactive, "/type") {
        Some(kind) => (kind, interactive.get(kind)),
        None => ("interactive", Some(interactive)),
    }
}

/// What a person would read.
fn text_of<'a>(kind: &str, own: &'a Value) -> Option<&'a str> {
    let places: &[&str] = match kind {
        "text" | "system" | "nfm_reply" => &["/body"],
        "image" | "video" | "document" => &["/caption"],
        "reaction" => &["/emoji"],
        // `title` in answers to buttons and lists, `text` in answers to a template's buttons.
        "button_reply" | "list_reply" => &["/title", "/text"],
        "order" => &["/text"],
        "edit" => &[
            "/message/text/body",
            "/message/image/caption",
            "/message/video/caption",
            "/message/document/caption",
        ],
        _ => &[],
    };
    places.iter().find_map(|place| text(own, place))
}

/// The type's own object, and what stands beside it.
fn content_of(message: &Value, name: &str, own: &Value) -> Value {
    let mut content = match own {
        Value::Object(fields) => fields.clone(),
        Value::Null => Map::new(),
        other => Map::from_iter([(name.to_owned(), other.clone())]),
    };
    for aside in ASIDE {
        if let Some(value) = message.get(aside) {
            content.entry(aside).or_insert_with(|| value.clone());
        }
    }
    Value::Object(content)
}
