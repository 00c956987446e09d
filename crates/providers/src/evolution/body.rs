//! The request for each kind of message, in the forms of both versions.

mod choices;
mod media;

use serde_json::{Map, Value, json};
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::{ContactCard, Location, MessageBody, Reaction};

use super::address;
use super::options::Version;
use crate::provider::OutgoingMessage;

/// A request to `/message/{operation}/{instance}`.
pub(super) struct MessageRequest {
    pub(super) operation: &'static str,
    pub(super) body: Value,
}

/// What of a request depends on the kind of message.
struct Part {
    operation: &'static str,
    fields: Value,
}

impl Part {
    /// v2 has the fields beside the recipient, v1 in a field of their own.
    fn new(
        operation: &'static str,
        version: Version,
        name_in_v1: &'static str,
        fields: Value,
    ) -> Self {
        let fields = match version {
            Version::One => json!({ name_in_v1: fields }),
            Version::Two => fields,
        };
        Self { operation, fields }
    }
}

/// The request that sends `message`, shown as being typed for `delay_ms`.
///
/// # Errors
/// [`ErrorClass::Rejected`] where Evolution cannot have such a message.
pub(super) fn request(
    message: &OutgoingMessage,
    version: Version,
    delay_ms: u64,
) -> Result<MessageRequest, SendError> {
    let Part {
        operation,
        mut fields,
    } = part(message, version)?;
    // A reaction goes to a message, not to somebody.
    if !matches!(message.body, MessageBody::Reaction(_)) {
        fields["number"] = address::number(message)?.into();
        let settings = settings(message, version, delay_ms);
        match version {
            Version::One => fields["options"] = settings.into(),
            Version::Two => settings
                .into_iter()
                .for_each(|(name, value)| fields[name] = value),
        }
    }
    Ok(MessageRequest {
        operation,
        body: fields,
    })
}

/// What is said besides the message, whatever its kind.
fn settings(message: &OutgoingMessage, version: Version, delay_ms: u64) -> Map<String, Value> {
    let mut settings = Map::new();
    let mut set = |name: &str, value| settings.insert(name.to_owned(), value);
    let is_voice = matches!(&message.body, MessageBody::Audio(media) if media.voice);
    if delay_ms > 0 {
        set("delay", delay_ms.into());
        // v2 chooses it by itself.
        if version == Version::One {
            let presence = if is_voice { "recording" } else { "composing" };
            set("presence", presence.into());
        }
    }
    if let Some(id) = &message.quotes {
        set("quoted", json!({"key": {"id": id}}));
    }
    if let MessageBody::Text(text) = &message.body {
        set("linkPreview", text.preview.into());
    }
    if is_voice {
        // Converted by the server: phones play a voice note only as Opus.
        set("encoding", true.into());
    }
    settings
}

fn part(message: &OutgoingMessage, version: Version) -> Result<Part, SendError> {
    Ok(match &message.body {
        MessageBody::Text(text) => {
            let fields = json!({"text": text.text});
            Part::new("sendText", version, "textMessage", fields)
        }
        MessageBody::Image(media) => media::file("image", media, version)?,
        MessageBody::Document(media) => media::file("document", media, version)?,
        MessageBody::Video(media) => media::file("video", media, version)?,
        MessageBody::Audio(media) if media.voice => media::voice_note(media, version),
        MessageBody::Audio(media) => media::file("audio", media, version)?,
        MessageBody::Sticker(media) => media::sticker(media, version),
        MessageBody::Location(location) => {
            let fields = location_fields(location)?;
            Part::new("sendLocation", version, "locationMessage", fields)
        }
        MessageBody::Contact(contacts) => {
            let name = match version {
                Version::One => "contactMessage",
                Version::Two => "contact",
            };
            let cards: Vec<Value> = contacts.contacts.iter().map(card).collect();
            Part {
                operation: "sendContact",
                fields: json!({ name: cards }),
            }
        }
        MessageBody::Reaction(reaction) => {
            let fields = reaction_fields(reaction, address::jid(message)?);
            Part::new("sendReaction", version, "reactionMessage", fields)
        }
        MessageBody::Buttons(buttons) => choices::buttons(buttons, version),
        MessageBody::List(list) => choices::list(list, version)?,
        MessageBody::Poll(poll) => choices::poll(poll, version)?,
        MessageBody::Template(_) => {
            return Err(unfit("evolution has no messages of kind template"));
        }
    })
}

/// All four fields are required.
fn location_fields(location: &Location) -> Result<Value, SendError> {
    let (name, address) = (location.name.as_ref(), location.address.as_ref());
    match (name.or(address), address.or(name)) {
        (Some(name), Some(address)) => Ok(json!({
            "latitude": location.latitude, "longitude": location.longitude,
            "name": name, "address": address,
        })),
        _ => Err(unfit("evolution needs a name or an address of a location")),
    }
}

fn card(contact: &ContactCard) -> Value {
    let digits: String = contact.phone.chars().filter(char::is_ascii_digit).collect();
    // `wuid` makes the card lead to a conversation; v1 requires it.
    let mut card = json!({"fullName": contact.name, "wuid": digits, "phoneNumber": contact.phone});
    set_some(&mut card, "organization", contact.organization.as_deref());
    set_some(&mut card, "email", contact.email.as_deref());
    card
}

fn reaction_fields(reaction: &Reaction, jid: String) -> Value {
    json!({
        "key": {"id": reaction.message_id, "remoteJid": jid, "fromMe": reaction.from_me},
        "reaction": reaction.emoji,
    })
}

/// Evolution's schemas take no null.
fn set_some(fields: &mut Value, name: &str, value: Option<&str>) {
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        fields[name] = value.into();
    }
}

fn unfit(cause: &str) -> SendError {
    SendError::before_sending(ErrorClass::Rejected, cause.to_owned())
}
