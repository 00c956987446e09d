//! The operations that send: what each needs, and what the phone shows of it.

use serde_json::Value;

use crate::fields::{lines, of_each, text};
use crate::messages::Kind;

/// One operation.
pub(super) struct Operation {
    name: &'static str,
    pub(super) kind: Kind,
    /// Fields that it needs besides `phone`, with something in them.
    pub(super) required: &'static [&'static str],
}

const fn sends(name: &'static str, kind: Kind, required: &'static [&'static str]) -> Operation {
    Operation {
        name,
        kind,
        required,
    }
}

const DOCUMENT: &str = "send-document";

static OPERATIONS: [Operation; 18] = [
    sends("send-text", Kind::Text, &["message"]),
    sends("send-link", Kind::Text, &["message", "linkUrl"]),
    sends("send-image", Kind::Image, &["image"]),
    sends("send-audio", Kind::Audio, &["audio"]),
    sends("send-video", Kind::Video, &["video"]),
    sends("send-gif", Kind::Video, &["gif"]),
    sends("send-ptv", Kind::VideoNote, &["ptv"]),
    sends(DOCUMENT, Kind::Document, &["document"]),
    sends("send-sticker", Kind::Sticker, &["sticker"]),
    sends(
        "send-location",
        Kind::Location,
        &["title", "address", "latitude", "longitude"],
    ),
    sends(
        "send-contact",
        Kind::Contacts,
        &["contactName", "contactPhone"],
    ),
    sends("send-contacts", Kind::Contacts, &["contacts"]),
    sends(
        "send-button-list",
        Kind::Buttons,
        &["message", "buttonList"],
    ),
    sends(
        "send-button-actions",
        Kind::Buttons,
        &["message", "buttonActions"],
    ),
    sends("send-option-list", Kind::List, &["message", "optionList"]),
    sends("send-poll", Kind::Poll, &["message", "poll"]),
    sends("send-reaction", Kind::Reaction, &["messageId", "reaction"]),
    sends("send-remove-reaction", Kind::Reaction, &["messageId"]),
];

/// The operation at this path. Documents have their ending there, the others have nothing.
pub(super) fn operation(path: &str) -> Option<&'static Operation> {
    let name = match path.split_once('/') {
        Some((DOCUMENT, ending)) if !ending.is_empty() => DOCUMENT,
        None if path != DOCUMENT => path,
        _ => return None,
    };
    OPERATIONS.iter().find(|operation| operation.name == name)
}

impl Operation {
    /// What Z-API says against a body, if anything.
    pub(super) fn complaint(&self, body: &Value) -> Option<String> {
        let is_list = |name| matches!(name, "contacts" | "buttonActions" | "poll");
        let is_object = |name| matches!(name, "buttonList" | "optionList");
        self.required.iter().find_map(|name| {
            let good = match &body[name] {
                Value::String(text) => !text.is_empty() && !is_list(name) && !is_object(name),
                Value::Array(items) => !items.is_empty() && is_list(name),
                Value::Object(_) => is_object(name),
                _ => false,
            };
            (!good).then(|| format!("{name} is required"))
        })
    }

    /// The text, the caption, or what stands for either.
    pub(super) fn text(&self, body: &Value) -> String {
        match self.kind {
            Kind::Location => lines(body, &["title", "address"]),
            Kind::Contacts => {
                let names = of_each(&body["contacts"], "name");
                let single = text(body, "contactName").to_owned();
                std::iter::once(single)
                    .chain(names)
                    .filter(|name| !name.is_empty())
                    .collect::<Vec<_>>()
                    .join("\n")
            }
            Kind::Reaction => text(body, "reaction").to_owned(),
            Kind::Document if text(body, "caption").is_empty() => text(body, "fileName").to_owned(),
            Kind::Text | Kind::Buttons | Kind::List | Kind::Poll => {
                lines(body, &["title", "message", "footer"])
            }
            _ => text(body, "caption").to_owned(),
        }
    }

    /// What can be chosen.
    pub(super) fn choices(&self, body: &Value) -> Vec<String> {
        match self.kind {
            Kind::Buttons => {
                let mut labels = of_each(&body["buttonList"]["buttons"], "label");
                labels.extend(of_each(&body["buttonActions"], "label"));
                labels
            }
            Kind::List => of_each(&body["optionList"]["options"], "title"),
            Kind::Poll => of_each(&body["poll"], "name"),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_documents_have_an_ending_in_their_path() {
        for (path, known) in [
            ("send-text", true),
            ("send-text/x", false),
            ("send-document", false),
            ("send-document/", false),
            ("send-document/pdf", true),
            ("send-nothing", false),
        ] {
            assert_eq!(operation(path).is_some(), known, "{path}");
        }
    }

    #[test]
    fn what_is_missing_or_of_another_type_is_named() {
        for (path, body, complaint) in [
            ("send-text", json!({}), Some("message is required")),
            (
                "send-text",
                json!({"message": 1}),
                Some("message is required"),
            ),
            ("send-text", json!({"message": "oi"}), None),
            (
                "send-location",
                json!({"title": "a", "address": "b", "latitude": -23.5, "longitude": "1"}),
                Some("latitude is required"),
            ),
            (
                "send-poll",
                json!({"message": "a", "poll": []}),
                Some("poll is required"),
            ),
            (
                "send-button-list",
                json!({"message": "a", "buttonList": "b"}),
                Some("buttonList is required"),
            ),
        ] {
            let found = operation(path).unwrap().complaint(&body);
            assert_eq!(found.as_deref(), complaint, "{path} {body}");
        }
    }
}
