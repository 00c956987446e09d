//! The request for each kind of message.

use reqwest::Method;
use serde_json::{Map, Value, json};
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::{
    Button, Buttons, Location, Media, MediaSource, MessageBody, MessageKind, Poll, Reaction, Text,
};

use super::address::whole_id;
use super::contact;
use crate::provider::OutgoingMessage;

/// The kinds that have a request here.
pub(super) const KINDS: &[MessageKind] = &[
    MessageKind::Text,
    MessageKind::Image,
    MessageKind::Document,
    MessageKind::Audio,
    MessageKind::Video,
    MessageKind::Location,
    MessageKind::Contact,
    MessageKind::Reaction,
    MessageKind::Buttons,
    MessageKind::Poll,
];

/// The type of a file of which nothing is known.
const UNKNOWN_TYPE: &str = "application/octet-stream";
/// Whatever else a voice note is, WAHA has to convert it: phones play only this as one.
const VOICE_TYPE: &str = "audio/ogg; codecs=opus";

/// One request: method, operation below `/api`, body without session and chat.
type Request = (Method, &'static str, Value);

/// The request, for the session of that name and that chat.
pub(super) fn of(
    message: &OutgoingMessage,
    session: &str,
    chat: &str,
) -> Result<Request, SendError> {
    let (method, operation, mut body) = own_part(&message.body, chat)?;
    body["session"] = session.into();
    body["chatId"] = chat.into();
    if let Some(quoted) = &message.quotes {
        // What is not whole is the id of a message of our own.
        body["reply_to"] = whole_id(quoted, chat, true).into();
    }
    Ok((method, operation, body))
}

fn own_part(body: &MessageBody, chat: &str) -> Result<Request, SendError> {
    let post = |operation, body| Ok((Method::POST, operation, body));
    match body {
        MessageBody::Text(Text { text, preview }) => {
            post("sendText", json!({"text": text, "linkPreview": preview}))
        }
        MessageBody::Image(media) => post("sendImage", captioned(media, "image/jpeg")),
        MessageBody::Document(media) => post("sendFile", captioned(media, UNKNOWN_TYPE)),
        MessageBody::Audio(media) if media.voice => post("sendVoice", voice(media)),
        MessageBody::Audio(media) => post("sendFile", captioned(media, "audio/mpeg")),
        MessageBody::Video(media) => post("sendVideo", captioned(media, "video/mp4")),
        MessageBody::Location(location) => post("sendLocation", place(location)),
        MessageBody::Contact(cards) => {
            let cards = cards.contacts.iter();
            let cards: Vec<Value> = cards
                .map(|card| json!({"vcard": contact::vcard(card)}))
                .collect();
            post("sendContactVcard", json!({"contacts": cards}))
        }
        MessageBody::Reaction(reaction) => Ok((Method::PUT, "reaction", emoji(reaction, chat))),
        MessageBody::Buttons(message) => post("sendButtons", buttons(message)),
        MessageBody::Poll(message) => post("sendPoll", poll(message)),
        MessageBody::Sticker(_) | MessageBody::List(_) | MessageBody::Template(_) => {
            Err(SendError::before_sending(
                ErrorClass::Rejected,
                format!("no request for kind {}", body.kind().as_str()),
            ))
        }
    }
}

/// The file itself. WAHA requires a type; `usual` is the one for a file that has none.
fn file(media: &Media, usual: &str) -> Value {
    let mut file = Map::new();
    let mime_type = media.mime_type.as_deref().unwrap_or(usual);
    file.insert("mimetype".to_owned(), mime_type.into());
    if let Some(name) = &media.file_name {
        file.insert("filename".to_owned(), name.as_str().into());
    }
    let (field, source) = match &media.source {
        MediaSource::Url(url) => ("url", url),
        MediaSource::Base64(data) => ("data", data),
    };
    file.insert(field.to_owned(), source.as_str().into());
    file.into()
}

fn captioned(media: &Media, usual: &str) -> Value {
    let mut body = json!({"file": file(media, usual)});
    if let Some(caption) = &media.caption {
        body["caption"] = caption.as_str().into();
    }
    body
}

fn voice(media: &Media) -> Value {
    let mime_type = media.mime_type.as_deref().unwrap_or(VOICE_TYPE);
    json!({"file": file(media, VOICE_TYPE), "convert": !mime_type.starts_with("audio/ogg")})
}

fn place(location: &Location) -> Value {
    let lines = [&location.name, &location.address];
    let lines: Vec<&str> = lines.into_iter().flatten().map(String::as_str).collect();
    json!({
        "latitude": location.latitude,
        "longitude": location.longitude,
        "title": lines.join("\n"),
    })
}

fn emoji(reaction: &Reaction, chat: &str) -> Value {
    let id = whole_id(&reaction.message_id, chat, reaction.from_me);
    json!({"messageId": id, "reaction": reaction.emoji})
}

fn buttons(message: &Buttons) -> Value {
    let button = |button: &Button| json!({"type": "reply", "id": button.id, "text": button.label});
    json!({
        "header": message.title,
        "body": message.text,
        "footer": message.footer,
        "buttons": message.buttons.iter().map(button).collect::<Vec<Value>>(),
    })
}

/// WAHA knows one answer or any number of them.
fn poll(message: &Poll) -> Value {
    json!({"poll": {
        "name": message.question,
        "options": message.options,
        "multipleAnswers": message.choices != 1,
    }})
}
