//! What can be sent to somebody: the kinds of message, as every provider is asked for them.
//!
//! The queue keeps a message as its kind (`kind`), its text (`body`) and what else the kind needs (`payload`, JSON); see
//! [`MessageBody::from_parts`].

mod filling;
mod numbered;
mod parts;

use serde::{Deserialize, Serialize};

pub use parts::MessageError;

/// Every kind of message there is. A provider says which of them it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// Text with WhatsApp's own marks (`*bold*`).
    Text,
    /// A text that the provider has approved beforehand.
    Template,
    /// A picture.
    Image,
    /// A file.
    Document,
    /// Sound, or a voice note.
    Audio,
    /// A film.
    Video,
    /// A sticker.
    Sticker,
    /// A place.
    Location,
    /// One or several address cards.
    Contact,
    /// An emoji on an earlier message.
    Reaction,
    /// A text with buttons to press.
    Buttons,
    /// A text with a list to choose from.
    List,
    /// A question with answers to vote for.
    Poll,
}

impl MessageKind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Text,
        Self::Template,
        Self::Image,
        Self::Document,
        Self::Audio,
        Self::Video,
        Self::Sticker,
        Self::Location,
        Self::Contact,
        Self::Reaction,
        Self::Buttons,
        Self::List,
        Self::Poll,
    ];

    /// The text stored in the queue's `kind` column.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Template => "template",
            Self::Image => "image",
            Self::Document => "document",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Sticker => "sticker",
            Self::Location => "location",
            Self::Contact => "contact",
            Self::Reaction => "reaction",
            Self::Buttons => "buttons",
            Self::List => "list",
            Self::Poll => "poll",
        }
    }
}

/// What a message consists of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MessageBody {
    /// [`MessageKind::Text`]
    Text(Text),
    /// [`MessageKind::Template`]
    Template(Template),
    /// [`MessageKind::Image`]
    Image(Media),
    /// [`MessageKind::Document`]
    Document(Media),
    /// [`MessageKind::Audio`]
    Audio(Media),
    /// [`MessageKind::Video`]
    Video(Media),
    /// [`MessageKind::Sticker`]
    Sticker(Media),
    /// [`MessageKind::Location`]
    Location(Location),
    /// [`MessageKind::Contact`]
    Contact(Contacts),
    /// [`MessageKind::Reaction`]
    Reaction(Reaction),
    /// [`MessageKind::Buttons`]
    Buttons(Buttons),
    /// [`MessageKind::List`]
    List(List),
    /// [`MessageKind::Poll`]
    Poll(Poll),
}

/// A text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// With WhatsApp's own marks.
    pub text: String,
    /// Whether the first link in it is shown with a preview.
    #[serde(default)]
    pub preview: bool,
}

/// A text that the provider has approved, and what to fill its gaps with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// The provider's name of it.
    pub name: String,
    /// Its language, in the provider's spelling: `pt_BR`.
    pub language: String,
    /// Picture, film, file or text above the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<TemplateHeader>,
    /// For the gaps of the body, in their order where they have no names.
    #[serde(default)]
    pub parameters: Vec<TemplateParameter>,
    /// For those buttons that take something.
    #[serde(default)]
    pub buttons: Vec<TemplateButton>,
}

/// What stands above a template's body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TemplateHeader {
    /// The gap of a text.
    Text(TemplateParameter),
    /// A picture.
    Image(Media),
    /// A film.
    Video(Media),
    /// A file.
    Document(Media),
}

/// What fills one gap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateParameter {
    /// The gap's name; none: the gaps are numbered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// One line.
    pub text: String,
}

/// What one button of a template takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TemplateButton {
    /// The end of the button's address.
    Url {
        /// The button's place, from 0.
        index: u8,
        /// Appended to the approved address.
        text: String,
    },
    /// What comes back when it is pressed.
    QuickReply {
        /// The button's place, from 0.
        index: u8,
        /// Comes back with the answer.
        payload: String,
    },
    /// A code to copy.
    CopyCode {
        /// The button's place, from 0.
        index: u8,
        /// The code.
        code: String,
    },
}

/// A file to show or hear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// Where its bytes are.
    #[serde(flatten)]
    pub source: MediaSource,
    /// Its type, such as `image/jpeg`; none: as whoever has it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// Text below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// The name that a document is shown with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// Whether a sound is a voice note.
    #[serde(default)]
    pub voice: bool,
}

/// Where a file's bytes are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaSource {
    /// At an address that anybody may read.
    Url(String),
    /// Here, as base64 without a `data:` prefix.
    Base64(String),
}

/// A place on earth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// Degrees, north positive.
    pub latitude: f64,
    /// Degrees, east positive.
    pub longitude: f64,
    /// Name of the place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// Address cards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contacts {
    /// At least one.
    pub contacts: Vec<ContactCard>,
}

/// One address card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactCard {
    /// Full name.
    pub name: String,
    /// Its number, E.164.
    pub phone: String,
    /// Where they work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// An e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// An emoji on a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// The provider's id of that message.
    pub message_id: String,
    /// Whether we sent that message.
    #[serde(default)]
    pub from_me: bool,
    /// One emoji; empty: takes an earlier one away.
    pub emoji: String,
}

/// A text with buttons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buttons {
    /// Above the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The text.
    pub text: String,
    /// Below the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// One to three.
    pub buttons: Vec<Button>,
}

/// A button that answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// Comes back with the answer.
    pub id: String,
    /// What stands on it, at most 20 characters.
    pub label: String,
}

/// A text with a list to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    /// Above the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The text.
    pub text: String,
    /// Below the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// What opens the list.
    pub button: String,
    /// At least one.
    pub sections: Vec<ListSection>,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSection {
    /// Its heading; none where there is but one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// At least one.
    pub rows: Vec<ListRow>,
}

/// What can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListRow {
    /// Comes back with the choice.
    pub id: String,
    /// At most 24 characters.
    pub title: String,
    /// At most 72 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A question to vote on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poll {
    /// The question.
    pub question: String,
    /// Two to twelve, each different.
    pub options: Vec<String>,
    /// How many may be chosen; 0: any number.
    #[serde(default = "one")]
    pub choices: u8,
}

const fn one() -> u8 {
    1
}

impl MessageBody {
    /// A plain text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(Text {
            text: text.into(),
            preview: false,
        })
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> MessageKind {
        match self {
            Self::Text(_) => MessageKind::Text,
            Self::Template(_) => MessageKind::Template,
            Self::Image(_) => MessageKind::Image,
            Self::Document(_) => MessageKind::Document,
            Self::Audio(_) => MessageKind::Audio,
            Self::Video(_) => MessageKind::Video,
            Self::Sticker(_) => MessageKind::Sticker,
            Self::Location(_) => MessageKind::Location,
            Self::Contact(_) => MessageKind::Contact,
            Self::Reaction(_) => MessageKind::Reaction,
            Self::Buttons(_) => MessageKind::Buttons,
            Self::List(_) => MessageKind::List,
            Self::Poll(_) => MessageKind::Poll,
        }
    }

    /// Its file, if it has one.
    #[must_use]
    pub const fn media(&self) -> Option<&Media> {
        match self {
            Self::Image(media)
            | Self::Document(media)
            | Self::Audio(media)
            | Self::Video(media)
            | Self::Sticker(media) => Some(media),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
