//! The body of a message: what each type needs, and what the phone shows of it.

use serde_json::{Map, Value};

use super::check::{Part, invalid, missing};
use super::error::{Code, Refusal};
use super::interactive;
use super::settings::MetaSettings;
use super::template;
use crate::messages::Kind;

/// What the phone shows of a message.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) kind: Kind,
    pub(super) text: String,
    pub(super) choices: Vec<String>,
}

impl Shown {
    fn plain(kind: Kind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
            choices: Vec::new(),
        }
    }
}

/// Types of messages, as a complaint lists them.
const TYPES: &str = "AUDIO, CONTACTS, DOCUMENT, IMAGE, INTERACTIVE, LOCATION, REACTION, STICKER, \
                     TEMPLATE, TEXT, VIDEO";

/// Checks what is under the type's name.
pub(super) fn read(settings: &MetaSettings, body: &Map<String, Value>) -> Result<Shown, Refusal> {
    match body.get("type").and_then(Value::as_str).unwrap_or("text") {
        "text" => text(Part::of(body, "text")?),
        "image" => media(settings, body, "image", Kind::Image, &["caption"]),
        "video" => media(settings, body, "video", Kind::Video, &["caption"]),
        "audio" => media(settings, body, "audio", Kind::Audio, &["voice"]),
        "sticker" => media(settings, body, "sticker", Kind::Sticker, &[]),
        "document" => {
            let own = ["caption", "filename"];
            media(settings, body, "document", Kind::Document, &own)
        }
        "location" => location(Part::of(body, "location")?),
        "contacts" => contacts(body.get("contacts")),
        "reaction" => reaction(body),
        "interactive" => interactive::read(Part::of(body, "interactive")?),
        "template" => template::read(settings, Part::of(body, "template")?),
        _ => Err(Refusal::of_body(
            Code::InvalidParameter,
            format!("Param type must be one of {{{TYPES}}}."),
        )),
    }
}

fn text(text: Part<'_>) -> Result<Shown, Refusal> {
    text.only(&["body", "preview_url"])?;
    let body = text.required_text("body", 4096)?;
    Ok(Shown::plain(Kind::Text, body))
}

fn media(
    settings: &MetaSettings,
    body: &Map<String, Value>,
    name: &str,
    kind: Kind,
    own: &[&str],
) -> Result<Shown, Refusal> {
    let media = Part::of(body, name)?;
    media.only(&[&["id", "link"], own].concat())?;
    match (media.text("id"), media.text("link")) {
        (Some(id), None) if settings.media.get(id).is_some() => {}
        (Some(_), None) => return Err(invalid(format!("{name}: no media has this id"))),
        (None, Some(_)) => {
            media.required_url("link")?;
        }
        (None, None) => return Err(missing(&format!("{name}['id'] or {name}['link']"))),
        (Some(_), Some(_)) => return Err(invalid(format!("{name}: either id or link"))),
    }
    let caption = media.optional_text("caption", 1024)?;
    let text = caption.or_else(|| media.text("filename"));
    Ok(Shown::plain(kind, text.unwrap_or_default()))
}

fn location(location: Part<'_>) -> Result<Shown, Refusal> {
    location.only(&["latitude", "longitude", "name", "address"])?;
    for (name, most) in [("latitude", 90.0), ("longitude", 180.0)] {
        let value = location.get(name);
        let value = value.ok_or_else(|| missing(&format!("location['{name}']")))?;
        let degrees = match value {
            Value::String(text) => text.parse().ok(),
            value => value.as_f64(),
        };
        if degrees.is_none_or(|degrees: f64| degrees.abs() > most) {
            return Err(invalid(format!("location['{name}'] is no such angle")));
        }
    }
    let lines = ["name", "address"].map(|name| location.text(name));
    let lines: Vec<&str> = lines.into_iter().flatten().collect();
    Ok(Shown::plain(Kind::Location, lines.join("\n")))
}

fn contacts(contacts: Option<&Value>) -> Result<Shown, Refusal> {
    let contacts = contacts.and_then(Value::as_array);
    let contacts = contacts.ok_or_else(|| missing("contacts"))?;
    if !(1..=257).contains(&contacts.len()) {
        return Err(invalid("contacts: between 1 and 257 contacts"));
    }
    let names: Result<Vec<&str>, Refusal> = contacts
        .iter()
        .map(|contact| {
            let name = Part::item(contact, "contacts")?.part("name")?;
            name.required_text("formatted_name", usize::MAX)
        })
        .collect();
    Ok(Shown::plain(Kind::Contacts, names?.join("\n")))
}

fn reaction(body: &Map<String, Value>) -> Result<Shown, Refusal> {
    let reaction = Part::of(body, "reaction")?;
    reaction.only(&["message_id", "emoji"])?;
    reaction.required_text("message_id", usize::MAX)?;
    let emoji = reaction.text("emoji");
    let emoji = emoji.ok_or_else(|| missing("reaction['emoji']"))?;
    if body.contains_key("context") {
        return Err(invalid("context is not allowed with a reaction"));
    }
    Ok(Shown::plain(Kind::Reaction, emoji))
}
