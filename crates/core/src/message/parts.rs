//! A message from the parts that the queue keeps, refused when it is none.

use serde_json::{Map, Value};

use super::{
    Buttons, ContactCard, Contacts, List, Location, Media, MediaSource, MessageBody, Poll, Text,
};
use crate::phone;

/// WhatsApp shows no more buttons than this on any provider.
const BUTTONS_MAX: usize = 3;
const LIST_ROWS_MAX: usize = 10;
const POLL_OPTIONS: std::ops::RangeInclusive<usize> = 2..=12;

/// Why the parts are no message. Repeats no text of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// No kind of that name, or a part is missing or of the wrong type.
    #[error("no message of kind {kind}: {cause}")]
    Form {
        /// The kind asked for.
        kind: String,
        /// What is wrong, by the field's name.
        cause: String,
    },
    /// The parts are there and make no sense.
    #[error("a message of kind {kind} {cause}")]
    Content {
        /// The kind.
        kind: &'static str,
        /// What is wrong with it.
        cause: &'static str,
    },
}

impl MessageBody {
    /// The message of a row of the queue: `body` is the text of kinds that have one (for files: the caption), `payload`
    /// an object with the other fields, named as here.
    ///
    /// # Errors
    /// When the kind is not known, a field is missing or of the wrong type, or a limit is exceeded.
    pub fn from_parts(
        kind: &str,
        body: Option<&str>,
        payload: Option<&Value>,
    ) -> Result<Self, MessageError> {
        let mut fields = match payload {
            Some(Value::Object(fields)) => fields.clone(),
            _ => Map::new(),
        };
        if let Some(body) = body.filter(|body| !body.is_empty()) {
            let field = match kind {
                "text" | "buttons" | "list" => Some("text"),
                "image" | "document" | "video" => Some("caption"),
                "poll" => Some("question"),
                _ => None,
            };
            if let Some(field) = field {
                fields.entry(field).or_insert_with(|| body.into());
            }
        }
        if let Some(Value::String(data)) = fields.get_mut("base64") {
            // PostgreSQL's encode() breaks lines, which not every provider takes.
            data.retain(|character| !character.is_ascii_whitespace());
        }
        fields.insert("kind".to_owned(), kind.into());
        let mut message: Self =
            serde_json::from_value(Value::Object(fields)).map_err(|error| MessageError::Form {
                kind: kind.to_owned(),
                cause: without_values(&error.to_string()),
            })?;
        if let Self::Contact(contacts) = &mut message {
            contacts.contacts.iter_mut().for_each(make_whole);
        }
        match message.fault() {
            Some(cause) => Err(MessageError::Content {
                kind: message.kind().as_str(),
                cause,
            }),
            None => Ok(message),
        }
    }

    /// What makes it no message.
    fn fault(&self) -> Option<&'static str> {
        match self {
            Self::Text(Text { text, .. }) => text.trim().is_empty().then_some("has no text"),
            Self::Location(location) => location_fault(location),
            Self::Contact(Contacts { contacts }) => {
                contacts.is_empty().then_some("has no contact in it")
            }
            Self::Buttons(buttons) => buttons_fault(buttons),
            Self::List(list) => list_fault(list),
            Self::Poll(poll) => poll_fault(poll),
            _ => self.media().and_then(media_fault),
        }
    }
}

/// Cards lead to their number's digits, which begin with the country code. What is no number stays as it is.
fn make_whole(card: &mut ContactCard) {
    if let Ok(number) = phone::normalize(&card.phone, None) {
        card.phone = number.as_e164().to_owned();
    }
}

fn media_fault(media: &Media) -> Option<&'static str> {
    match &media.source {
        MediaSource::Url(url) if url.starts_with("https://") || url.starts_with("http://") => None,
        MediaSource::Url(_) => Some("needs a url that begins with https:// or http://"),
        MediaSource::Base64(data) if data.is_empty() => Some("has no bytes"),
        MediaSource::Base64(data) if data.starts_with("data:") => {
            Some("takes base64 without the data: prefix")
        }
        MediaSource::Base64(_) => None,
    }
}

fn location_fault(location: &Location) -> Option<&'static str> {
    let on_earth = (-90.0..=90.0).contains(&location.latitude)
        && (-180.0..=180.0).contains(&location.longitude);
    (!on_earth).then_some("needs a latitude from -90 to 90 and a longitude from -180 to 180")
}

fn buttons_fault(buttons: &Buttons) -> Option<&'static str> {
    if buttons.text.trim().is_empty() {
        return Some("has no text");
    }
    let count = buttons.buttons.len();
    (!(1..=BUTTONS_MAX).contains(&count)).then_some("needs one to three buttons")
}

fn list_fault(list: &List) -> Option<&'static str> {
    if list.text.trim().is_empty() {
        return Some("has no text");
    }
    let rows: usize = list.sections.iter().map(|section| section.rows.len()).sum();
    (!(1..=LIST_ROWS_MAX).contains(&rows)).then_some("needs one to ten rows in all sections")
}

fn poll_fault(poll: &Poll) -> Option<&'static str> {
    let mut options = poll.options.clone();
    options.sort();
    options.dedup();
    (!POLL_OPTIONS.contains(&options.len()) || options.len() != poll.options.len())
        .then_some("needs two to twelve options, each different")
}

/// `serde_json` repeats values that do not fit, and they may be private.
fn without_values(error: &str) -> String {
    let mut text = String::with_capacity(error.len());
    let mut quoted = false;
    for character in error.chars() {
        if character == '"' {
            quoted = !quoted;
            text.push('"');
            if quoted {
                text.push('…');
            }
        } else if !quoted {
            text.push(character);
        }
    }
    text
}
