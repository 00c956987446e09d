//! What a message consists of: the one field of WhatsApp's `message` that is set.

use serde_json::{Map, Value};

use crate::evolution::wrapping::unwrapped;

/// Fields that are no message to read: keys, settings, and what is told beside a message.
const UNREADABLE: [&str; 3] = [
    "protocolMessage",
    "senderKeyDistributionMessage",
    "messageContextInfo",
];
/// Large or private, and of no use to whoever has the message: quoted messages, small pictures.
const LEFT_OUT: [&str; 3] = ["contextInfo", "jpegThumbnail", "waveform"];

/// A message, taken apart.
pub(super) struct Content {
    pub(super) kind: String,
    pub(super) text: Option<String>,
    pub(super) quotes: Option<String>,
    /// What else it has, in WhatsApp's shape; `id` is that of what was chosen.
    pub(super) rest: Value,
}

/// Where the parts of one kind are, as JSON pointers.
struct Form {
    field: &'static str,
    kind: &'static str,
    text: &'static str,
    /// The message that it is about, where that is not one it quotes.
    about: Option<&'static str>,
    /// What was chosen.
    chosen: Option<&'static str>,
}

impl Form {
    const fn new(field: &'static str, kind: &'static str, text: &'static str) -> Self {
        Self {
            field,
            kind,
            text,
            about: None,
            chosen: None,
        }
    }

    const fn about(self, pointer: &'static str) -> Self {
        Self {
            about: Some(pointer),
            ..self
        }
    }

    const fn chosen(self, pointer: &'static str) -> Self {
        Self {
            chosen: Some(pointer),
            ..self
        }
    }
}

/// One row for each field.
static FORMS: [Form; 21] = [
    // The text itself, not an object.
    Form::new("conversation", "text", ""),
    Form::new("extendedTextMessage", "text", "/text"),
    Form::new("imageMessage", "image", "/caption"),
    Form::new("videoMessage", "video", "/caption"),
    Form::new("ptvMessage", "video", "/caption"),
    Form::new("audioMessage", "audio", "/caption"),
    Form::new("documentMessage", "document", "/caption"),
    Form::new("stickerMessage", "sticker", "/caption"),
    Form::new("locationMessage", "location", "/name"),
    Form::new("liveLocationMessage", "location", "/caption"),
    Form::new("contactMessage", "contact", "/displayName"),
    Form::new("contactsArrayMessage", "contact", "/displayName"),
    Form::new("reactionMessage", "reaction", "/text").about("/key/id"),
    Form::new("pollCreationMessage", "poll", "/name"),
    Form::new("pollCreationMessageV2", "poll", "/name"),
    Form::new("pollCreationMessageV3", "poll", "/name"),
    Form::new("pollUpdateMessage", "poll_vote", "/name").about("/pollCreationMessageKey/id"),
    Form::new(
        "buttonsResponseMessage",
        "button_reply",
        "/selectedDisplayText",
    )
    .chosen("/selectedButtonId"),
    Form::new(
        "templateButtonReplyMessage",
        "button_reply",
        "/selectedDisplayText",
    )
    .chosen("/selectedId"),
    Form::new("interactiveResponseMessage", "button_reply", "/body/text")
        .chosen("/nativeFlowResponseMessage/paramsJson"),
    Form::new("listResponseMessage", "list_reply", "/title")
        .chosen("/singleSelectReply/selectedRowId"),
];

impl Content {
    /// The content of the message in `data`; none where there is nothing to read.
    pub(super) fn read(data: &Value) -> Option<Self> {
        let message = unwrapped(data.get("message")?.as_object()?);
        let is_set = |form: &&Form| {
            message
                .get(form.field)
                .is_some_and(|value| !value.is_null())
        };
        let form = FORMS.iter().find(is_set);
        let mut content = match form {
            Some(form) => Self::of_form(form, &message[form.field]),
            None => Self::of_unknown(message)?,
        };
        if content.quotes.is_none() {
            content.quotes = text_at(data, "/contextInfo/stanzaId");
        }
        // Where Evolution keeps the files itself.
        if let (Some(address), Value::Object(rest)) = (message.get("mediaUrl"), &mut content.rest) {
            rest.insert("mediaUrl".to_owned(), address.clone());
        }
        Some(content)
    }

    fn of_form(form: &Form, value: &Value) -> Self {
        let at = |pointer| text_at(value, pointer);
        let mut rest = without_bulk(value);
        if let Some(id) = form.chosen.and_then(at).map(chosen_id) {
            rest.insert("id".to_owned(), id.into());
        }
        Self {
            kind: form.kind.to_owned(),
            text: at(form.text),
            quotes: form
                .about
                .and_then(at)
                .or_else(|| at("/contextInfo/stanzaId")),
            rest: Value::Object(rest),
        }
    }

    /// Something newer than this table: under WhatsApp's own name.
    fn of_unknown(message: &Map<String, Value>) -> Option<Self> {
        let (field, value) = message
            .iter()
            .find(|(field, value)| value.is_object() && !UNREADABLE.contains(&field.as_str()))?;
        Some(Self {
            kind: field.clone(),
            text: None,
            quotes: text_at(value, "/contextInfo/stanzaId"),
            rest: Value::Object(without_bulk(value)),
        })
    }
}

fn without_bulk(value: &Value) -> Map<String, Value> {
    let mut fields = value.as_object().cloned().unwrap_or_default();
    fields.retain(|field, _| !LEFT_OUT.contains(&field.as_str()));
    fields
}

/// Buttons of the newer kind come back as JSON inside of a text: `{"id": …}`.
fn chosen_id(told: String) -> String {
    match serde_json::from_str::<Value>(&told) {
        Ok(Value::Object(object)) => object
            .get("id")
            .and_then(Value::as_str)
            .map_or(told, str::to_owned),
        _ => told,
    }
}

fn text_at(value: &Value, pointer: &str) -> Option<String> {
    let text = value.pointer(pointer)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}
