//! What a body says: its kind, its text, what can be chosen.

use serde_json::{Map, Value};

use crate::messages::Kind;

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

/// The items of a list; none when it is none.
pub(super) fn items(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    list.and_then(Value::as_array).into_iter().flatten()
}

/// The texts in a list.
pub(super) fn strings(list: Option<&Value>) -> Vec<String> {
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
