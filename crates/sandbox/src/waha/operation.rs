//! The operations that send: what each needs, and what the phone shows of it.

use serde_json::Value;

use crate::fields::{is_given, lines, of_each, text, texts};
use crate::messages::Kind;

/// One operation.
pub(super) struct Operation {
    method: &'static str,
    name: &'static str,
    kind: Kind,
    /// Fields that it needs besides session and chat, with something in them.
    required: &'static [&'static str],
}

const fn posts(name: &'static str, kind: Kind, required: &'static [&'static str]) -> Operation {
    Operation {
        method: "POST",
        name,
        kind,
        required,
    }
}

static OPERATIONS: [Operation; 10] = [
    posts("sendText", Kind::Text, &["text"]),
    posts("sendImage", Kind::Image, &["file"]),
    posts("sendFile", Kind::Document, &["file"]),
    posts("sendVideo", Kind::Video, &["file"]),
    posts("sendVoice", Kind::Audio, &["file"]),
    posts("sendLocation", Kind::Location, &["latitude", "longitude"]),
    posts("sendPoll", Kind::Poll, &["poll"]),
    posts("sendContactVcard", Kind::Contacts, &["contacts"]),
    posts("sendButtons", Kind::Buttons, &["body", "buttons"]),
    Operation {
        method: "PUT",
        name: "reaction",
        kind: Kind::Reaction,
        required: &["messageId"],
    },
];

/// The operation of this name.
pub(super) fn operation(method: &str, name: &str) -> Option<&'static Operation> {
    let mut operations = OPERATIONS.iter();
    operations.find(|operation| operation.name == name && operation.method == method)
}

impl Operation {
    /// What WAHA says against a body, if anything.
    pub(super) fn complaint(&self, body: &Value) -> Option<String> {
        let required = ["session", "chatId"];
        let texts = required.iter().filter(|name| text(body, name).is_empty());
        let texts = texts.map(|name| format!("{name} must be a string"));
        let missing = self.required.iter().filter(|name| !is_given(body, name));
        let missing = missing.map(|name| format!("{name} should not be empty"));
        texts.chain(missing).next().or_else(|| {
            let complaint = self.file_complaint(&body["file"])?;
            Some(complaint.to_owned())
        })
    }

    fn file_complaint(&self, file: &Value) -> Option<&'static str> {
        if !self.required.contains(&"file") {
            None
        } else if text(file, "mimetype").is_empty() {
            Some("file.mimetype must be a string")
        } else if !is_given(file, "url") && !is_given(file, "data") {
            Some("file must have url or data")
        } else {
            None
        }
    }

    /// What it is: files are told apart by their types.
    pub(super) fn kind(&self, body: &Value) -> Kind {
        match (self.kind, text(&body["file"], "mimetype").split_once('/')) {
            (Kind::Document, Some(("audio", _))) => Kind::Audio,
            (kind, _) => kind,
        }
    }

    /// The text, the caption, or what stands for either.
    pub(super) fn text(&self, body: &Value) -> String {
        match self.kind {
            Kind::Text => text(body, "text").to_owned(),
            Kind::Location => text(body, "title").to_owned(),
            Kind::Reaction => text(body, "reaction").to_owned(),
            Kind::Poll => text(&body["poll"], "name").to_owned(),
            Kind::Buttons => lines(body, &["header", "body", "footer"]),
            Kind::Contacts => names(&body["contacts"]).join("\n"),
            Kind::Document if text(body, "caption").is_empty() => {
                text(&body["file"], "filename").to_owned()
            }
            _ => text(body, "caption").to_owned(),
        }
    }

    /// What can be chosen.
    pub(super) fn choices(&self, body: &Value) -> Vec<String> {
        match self.kind {
            Kind::Poll => texts(&body["poll"]["options"]),
            Kind::Buttons => of_each(&body["buttons"], "text"),
            _ => Vec::new(),
        }
    }
}

/// The names on cards, which are vCards or WAHA's own form of them.
fn names(contacts: &Value) -> Vec<String> {
    let mut names = of_each(contacts, "fullName");
    for card in of_each(contacts, "vcard") {
        let name = card.lines().find_map(|line| line.strip_prefix("FN:"));
        names.extend(name.map(str::to_owned));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_missing_is_named() {
        let file = json!({"mimetype": "image/png"});
        for (name, body, complaint) in [
            (
                "sendText",
                json!({"chatId": "a"}),
                "session must be a string",
            ),
            (
                "sendText",
                json!({"session": "a"}),
                "chatId must be a string",
            ),
            (
                "sendText",
                json!({"session": "a", "chatId": "b"}),
                "text should not be empty",
            ),
            (
                "sendImage",
                json!({"session": "a", "chatId": "b", "file": {"url": "c"}}),
                "file.mimetype must be a string",
            ),
            (
                "sendImage",
                json!({"session": "a", "chatId": "b", "file": file}),
                "file must have url or data",
            ),
        ] {
            let found = operation("POST", name).unwrap().complaint(&body);
            assert_eq!(found.as_deref(), Some(complaint));
        }
    }

    #[test]
    fn cards_are_read_in_both_forms() {
        let cards = json!([{"vcard": "BEGIN:VCARD\nFN:Ana\nEND:VCARD"}, {"fullName": "Rui"}]);
        assert_eq!(names(&cards), ["Rui", "Ana"]);
    }
}
