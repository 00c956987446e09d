//! Whether a stored message is the one that was to be sent, as far as one can see.

use serde_json::Value;
use zapgres_core::message::{Location, Media, MessageBody, Text};

use crate::evolution::wrapping::unwrapped;

/// Degrees are rounded when they are stored: this much is 10 cm.
const DEGREES_TOLERANCE: f64 = 0.000_001;

/// Whether messages like it can be told from others: a sound or a picture without a caption looks like every other.
pub(in crate::evolution) fn is_comparable(body: &MessageBody) -> bool {
    match body {
        MessageBody::Text(_)
        | MessageBody::Location(_)
        | MessageBody::Poll(_)
        | MessageBody::Reaction(_) => true,
        MessageBody::Contact(contacts) => contacts.contacts.len() == 1,
        MessageBody::Image(media) | MessageBody::Video(media) => media.caption.is_some(),
        MessageBody::Document(media) => media.caption.is_some() || media.file_name.is_some(),
        // Buttons and lists are stored in a shape that changes with each version.
        _ => false,
    }
}

/// Whether `stored`, WhatsApp's `message`, is like `body`.
pub(super) fn is_like(body: &MessageBody, stored: &Value) -> bool {
    let Some(stored) = stored.as_object().map(unwrapped) else {
        return false;
    };
    let field = |name: &str| stored.get(name).unwrap_or(&Value::Null);
    match body {
        // A text with a link, or one that quotes, is stored as another kind.
        MessageBody::Text(Text { text, .. }) => {
            field("conversation") == text || field("extendedTextMessage")["text"] == *text
        }
        MessageBody::Image(media) => has_caption(media, field("imageMessage")),
        MessageBody::Video(media) => has_caption(media, field("videoMessage")),
        MessageBody::Document(media) => {
            let stored = field("documentMessage");
            has_caption(media, stored) && is_told(media.file_name.as_deref(), &stored["fileName"])
        }
        MessageBody::Location(location) => is_same_place(location, field("locationMessage")),
        MessageBody::Contact(contacts) => contacts
            .contacts
            .iter()
            .all(|card| field("contactMessage")["displayName"] == card.name),
        MessageBody::Poll(poll) => ["", "V2", "V3"].into_iter().any(|version| {
            field(&format!("pollCreationMessage{version}"))["name"] == poll.question
        }),
        MessageBody::Reaction(reaction) => {
            let stored = field("reactionMessage");
            stored["key"]["id"] == reaction.message_id && stored["text"] == reaction.emoji
        }
        _ => false,
    }
}

fn has_caption(media: &Media, stored: &Value) -> bool {
    stored.is_object() && is_told(media.caption.as_deref(), &stored["caption"])
}

/// What we said is there, word for word.
fn is_told(ours: Option<&str>, stored: &Value) -> bool {
    ours.is_none_or(|ours| stored == ours)
}

fn is_same_place(location: &Location, stored: &Value) -> bool {
    let near = |name: &str, degrees: f64| {
        let there = stored[name].as_f64();
        there.is_some_and(|there| (there - degrees).abs() < DEGREES_TOLERANCE)
    };
    near("degreesLatitude", location.latitude) && near("degreesLongitude", location.longitude)
}
