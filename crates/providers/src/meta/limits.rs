//! What Meta does not take, refused before it is asked. Lengths are in characters.
//! Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages>.

mod interactive;
mod template;

use std::collections::HashSet;

use zapgres_core::error_class::SendError;
use zapgres_core::message::{Media, MessageBody};

use super::request::rejected;
use crate::provider::OutgoingMessage;

const TEXT_MAX: usize = 4096;
const CAPTION_MAX: usize = 1024;
const CONTACTS_MAX: usize = 257;
const REFERENCE_MAX: usize = 512;

/// Refuses what Meta would.
///
/// # Errors
/// [`zapgres_core::error_class::ErrorClass::Rejected`], naming the part and its limit, never its text.
pub(super) fn check(message: &OutgoingMessage) -> Result<(), SendError> {
    let reference = message.reference.as_deref().unwrap_or_default();
    length("the reference", reference, REFERENCE_MAX)?;
    match &message.body {
        MessageBody::Text(text) => length("the text", &text.text, TEXT_MAX),
        MessageBody::Template(template) => template::check(template),
        MessageBody::Image(media) | MessageBody::Video(media) | MessageBody::Document(media) => {
            let caption = media.caption.as_deref().unwrap_or_default();
            length("the caption", caption, CAPTION_MAX)
        }
        MessageBody::Audio(media) => no_caption("a sound", media),
        MessageBody::Sticker(media) => no_caption("a sticker", media),
        MessageBody::Contact(contacts) => {
            count("the contacts", contacts.contacts.len(), CONTACTS_MAX)
        }
        MessageBody::Buttons(buttons) => interactive::check_buttons(buttons),
        MessageBody::List(list) => interactive::check_list(list),
        MessageBody::Location(_) | MessageBody::Reaction(_) | MessageBody::Poll(_) => Ok(()),
    }
}

fn no_caption(what: &str, media: &Media) -> Result<(), SendError> {
    match media.caption {
        Some(_) => Err(rejected(format!("{what} has no caption at Meta"))),
        None => Ok(()),
    }
}

fn length(what: &str, text: &str, max: usize) -> Result<(), SendError> {
    let characters = text.chars().count();
    if characters <= max {
        return Ok(());
    }
    Err(rejected(format!(
        "{what} has {characters} characters, at Meta at most {max}"
    )))
}

/// As [`length`], and not empty.
fn filled(what: &str, text: &str, max: usize) -> Result<(), SendError> {
    if text.trim().is_empty() {
        return Err(rejected(format!("{what} is empty")));
    }
    length(what, text, max)
}

fn count(what: &str, number: usize, max: usize) -> Result<(), SendError> {
    if number <= max {
        return Ok(());
    }
    Err(rejected(format!(
        "{what} are {number}, at Meta at most {max}"
    )))
}

fn different<'a>(what: &str, ids: impl Iterator<Item = &'a str>) -> Result<(), SendError> {
    let mut seen = HashSet::new();
    let mut ids = ids;
    match ids.all(|id| seen.insert(id)) {
        true => Ok(()),
        false => Err(rejected(format!("{what} have the same id twice"))),
    }
}
