//! The request for a message: `{"messaging_product": "whatsapp", "to", "type", …}`.
//! Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages>.

mod content;
mod interactive;
mod template;

use serde_json::{Map, Value, json};
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::{MessageBody, MessageKind};
use zapgres_core::recipient::Recipient;

use super::files::FileName;
use crate::provider::OutgoingMessage;

/// The body of the request for `message`, whose file is `file`.
///
/// # Errors
/// [`ErrorClass::Rejected`] for what Meta does not have; nothing was asked.
pub(super) fn of(message: &OutgoingMessage, file: Option<&FileName>) -> Result<Value, SendError> {
    let mut request = address(message)?;
    let (name, content) = content(&message.body, file)?;
    request.insert("messaging_product".to_owned(), "whatsapp".into());
    request.insert("type".to_owned(), name.into());
    request.insert(name.to_owned(), content);
    // A reaction names its message itself, and Meta refuses both.
    if let Some(id) = &message.quotes
        && message.body.kind() != MessageKind::Reaction
    {
        request.insert("context".to_owned(), json!({"message_id": id}));
    }
    if let Some(reference) = &message.reference {
        let reference = reference.as_str().into();
        request.insert("biz_opaque_callback_data".to_owned(), reference);
    }
    Ok(Value::Object(request))
}

/// Meta's name of the kind, and the object of that name.
fn content(
    body: &MessageBody,
    file: Option<&FileName>,
) -> Result<(&'static str, Value), SendError> {
    Ok(match body {
        MessageBody::Text(text) => (
            "text",
            json!({"body": text.text, "preview_url": text.preview}),
        ),
        MessageBody::Template(template) => ("template", template::of(template, file)),
        MessageBody::Image(media) => ("image", content::captioned(media, file)),
        MessageBody::Video(media) => ("video", content::captioned(media, file)),
        MessageBody::Document(media) => ("document", content::document(media, file)),
        MessageBody::Audio(media) => ("audio", content::audio(media, file)),
        MessageBody::Sticker(_) => ("sticker", Value::Object(content::file_object(file))),
        MessageBody::Location(location) => ("location", content::location(location)),
        MessageBody::Contact(contacts) => ("contacts", content::contacts(contacts)),
        MessageBody::Reaction(reaction) => (
            "reaction",
            json!({"message_id": reaction.message_id, "emoji": reaction.emoji}),
        ),
        MessageBody::Buttons(buttons) => ("interactive", interactive::buttons(buttons)),
        MessageBody::List(list) => ("interactive", interactive::list(list)),
        MessageBody::Poll(_) => return Err(rejected("Meta has no polls".to_owned())),
    })
}

/// To whom.
fn address(message: &OutgoingMessage) -> Result<Map<String, Value>, SendError> {
    let (kind, field, address) = match &message.recipient {
        // Without a + Meta puts the country code of the business before a number.
        Recipient::Phone(number) => {
            let number = message
                .confirmed_address
                .as_deref()
                .unwrap_or(number.as_e164());
            let number = format!("+{}", number.trim_start_matches('+'));
            ("individual", "to", number)
        }
        Recipient::Bsuid(id) => ("individual", "recipient", id.clone()),
        Recipient::Group(id) => ("group", "to", id.clone()),
        Recipient::Lid(_) => {
            return Err(rejected(
                "Meta knows no hidden ids (lid): it needs a number or its own id (bsuid)"
                    .to_owned(),
            ));
        }
    };
    Ok(Map::from_iter([
        ("recipient_type".to_owned(), kind.into()),
        (field.to_owned(), address.into()),
    ]))
}

/// Refused before anything was asked.
pub(super) const fn rejected(text: String) -> SendError {
    SendError::before_sending(ErrorClass::Rejected, text)
}

/// Puts in what is there.
fn insert_some(object: &mut Map<String, Value>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        object.insert(name.to_owned(), value.into());
    }
}
