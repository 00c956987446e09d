//! Messages as Z-API takes them.

use serde::Serialize;
use serde_json::{Value, json};
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::{
    Buttons, ContactCard, List, ListRow, Location, Media, MessageBody, MessageKind, Poll, Reaction,
    Text,
};

use super::{Seconds, ZapiOptions, address, file};
use crate::provider::OutgoingMessage;

/// A request's body. What stands around the content is the same for all kinds.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Form<'a> {
    phone: String,
    /// The message that this one quotes, not this one's own name.
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_message: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_typing: Option<Seconds>,
    #[serde(flatten)]
    content: Value,
}

/// The operation, as parts of the URL's path.
pub(super) fn path(body: &MessageBody) -> Result<Vec<String>, SendError> {
    let operation = match body {
        MessageBody::Text(_) => "send-text",
        MessageBody::Image(_) => "send-image",
        MessageBody::Audio(_) => "send-audio",
        MessageBody::Video(_) => "send-video",
        MessageBody::Sticker(_) => "send-sticker",
        MessageBody::Document(media) => {
            return Ok(vec!["send-document".to_owned(), file::extension(media)?]);
        }
        MessageBody::Location(_) => "send-location",
        MessageBody::Contact(contacts) if contacts.contacts.len() == 1 => "send-contact",
        MessageBody::Contact(_) => "send-contacts",
        MessageBody::Reaction(reaction) if reaction.emoji.is_empty() => "send-remove-reaction",
        MessageBody::Reaction(_) => "send-reaction",
        MessageBody::Buttons(_) => "send-button-list",
        MessageBody::List(_) => "send-option-list",
        MessageBody::Poll(_) => "send-poll",
        MessageBody::Template(_) => return Err(lacking("template")),
    };
    Ok(vec![operation.to_owned()])
}

/// The request's body.
pub(super) fn form<'a>(
    message: &'a OutgoingMessage,
    options: &ZapiOptions,
) -> Result<Form<'a>, SendError> {
    let kind = message.body.kind();
    if message.quotes.is_some() && !quotes(kind) {
        return Err(lacking(&format!("{} that quote another", kind.as_str())));
    }
    let types = matches!(kind, MessageKind::Text | MessageKind::Audio);
    Ok(Form {
        phone: address::to(message)?,
        message_id: message.quotes.as_deref(),
        delay_message: options.delay_seconds,
        delay_typing: options.typing_seconds.filter(|_| types),
        content: present(content(&message.body)?),
    })
}

/// Kinds whose `messageId` is documented as that of the message they quote.
const fn quotes(kind: MessageKind) -> bool {
    matches!(
        kind,
        MessageKind::Text
            | MessageKind::Image
            | MessageKind::Video
            | MessageKind::Document
            | MessageKind::Sticker
            | MessageKind::Location
            | MessageKind::Contact
    )
}

fn content(body: &MessageBody) -> Result<Value, SendError> {
    let kind = body.kind();
    Ok(match body {
        MessageBody::Text(Text { text, .. }) => json!({ "message": text }),
        MessageBody::Image(media) => {
            json!({"image": file::content(media, kind), "caption": media.caption})
        }
        MessageBody::Video(media) => {
            json!({"video": file::content(media, kind), "caption": media.caption})
        }
        MessageBody::Sticker(media) => json!({ "sticker": file::content(media, kind) }),
        MessageBody::Audio(media) => audio(media),
        MessageBody::Document(media) => json!({
            "document": file::content(media, kind),
            "fileName": media.file_name,
            "caption": media.caption,
        }),
        MessageBody::Location(location) => place(location),
        MessageBody::Contact(contacts) => cards(&contacts.contacts),
        MessageBody::Reaction(reaction) => reaction_to(reaction),
        MessageBody::Buttons(buttons) => with_buttons(buttons),
        MessageBody::List(list) => with_list(list),
        MessageBody::Poll(poll) => question(poll),
        MessageBody::Template(_) => return Err(lacking("template")),
    })
}

/// `waveform` is what makes a voice note look like one.
fn audio(media: &Media) -> Value {
    let waveform = media.voice.then_some(true);
    json!({"audio": file::content(media, MessageKind::Audio), "waveform": waveform})
}

/// All four fields are texts, and obligatory.
fn place(location: &Location) -> Value {
    let Location {
        latitude,
        longitude,
        name,
        address,
    } = location;
    let coordinates = format!("{latitude}, {longitude}");
    json!({
        "title": name.as_ref().or(address.as_ref()).unwrap_or(&coordinates),
        "address": address.as_ref().or(name.as_ref()).unwrap_or(&coordinates),
        "latitude": latitude.to_string(),
        "longitude": longitude.to_string(),
    })
}

fn cards(contacts: &[ContactCard]) -> Value {
    if let [contact] = contacts {
        return json!({
            "contactName": contact.name,
            "contactPhone": digits(&contact.phone),
            "contactBusinessDescription": contact.organization,
        });
    }
    let cards = contacts.iter().map(|contact| {
        present(json!({
            "name": contact.name,
            "phones": [digits(&contact.phone)],
            "businessDescription": contact.organization,
        }))
    });
    json!({ "contacts": cards.collect::<Vec<_>>() })
}

fn reaction_to(reaction: &Reaction) -> Value {
    let emoji = Some(&reaction.emoji).filter(|emoji| !emoji.is_empty());
    json!({"messageId": reaction.message_id, "reaction": emoji})
}

fn with_buttons(buttons: &Buttons) -> Value {
    let choices = buttons
        .buttons
        .iter()
        .map(|button| json!({"id": button.id, "label": button.label}));
    json!({
        "message": framed(buttons.title.as_deref(), &buttons.text, buttons.footer.as_deref()),
        "buttonList": { "buttons": choices.collect::<Vec<_>>() },
    })
}

/// Z-API's lists have no sections: all rows stand in one.
fn with_list(list: &List) -> Value {
    let rows = list.sections.iter().flat_map(|section| &section.rows);
    json!({
        "message": framed(None, &list.text, list.footer.as_deref()),
        "optionList": {
            "title": list.title.as_ref().unwrap_or(&list.button),
            "buttonLabel": list.button,
            "options": rows.map(option).collect::<Vec<_>>(),
        },
    })
}

fn option(row: &ListRow) -> Value {
    let description = row.description.as_deref().unwrap_or_default();
    json!({"id": row.id, "title": row.title, "description": description})
}

fn question(poll: &Poll) -> Value {
    let options = poll.options.iter().map(|option| json!({ "name": option }));
    json!({
        "message": poll.question,
        "poll": options.collect::<Vec<_>>(),
        "pollMaxOptions": Some(poll.choices).filter(|choices| *choices > 0),
    })
}

/// Headings and footers of buttons and lists have no field of their own.
fn framed(title: Option<&str>, text: &str, footer: Option<&str>) -> String {
    let title = title.map_or_else(String::new, |title| format!("*{title}*\n"));
    let footer = footer.map_or_else(String::new, |footer| format!("\n\n_{footer}_"));
    format!("{title}{text}{footer}")
}

fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

/// The object without those of its fields that have no value.
fn present(mut fields: Value) -> Value {
    if let Value::Object(fields) = &mut fields {
        fields.retain(|_, value| !value.is_null());
    }
    fields
}

fn lacking(what: &str) -> SendError {
    SendError::before_sending(
        ErrorClass::Rejected,
        format!("zapi has no messages of kind {what}"),
    )
}
