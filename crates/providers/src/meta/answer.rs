//! What Meta's answers mean, where they are no errors.

use serde::Deserialize;
use serde_json::Value;
use zapgres_core::error_class::{ErrorClass, SendError};

use super::errors;
use crate::channel::ChannelAddress;
use crate::exchange::Answer;
use crate::health::{ConnectionState, Health};
use crate::provider::Accepted;

/// `message_status` of a template, `held_for_quality_assessment` or `paused`, is not looked at: Meta has the message and
/// tells in a receipt what became of it.
#[derive(Deserialize)]
struct Sent {
    messages: Vec<SentMessage>,
    /// `[{"wa_id"}]`, where it is known. Whatever it is, it makes no doubt of a yes.
    #[serde(default)]
    contacts: Value,
}

#[derive(Deserialize)]
struct SentMessage {
    id: String,
}

#[derive(Deserialize)]
struct Object {
    id: String,
}

#[derive(Deserialize)]
struct Done {
    success: bool,
}

/// A number, as far as it tells whether messages can be sent.
#[derive(Deserialize)]
struct Number {
    #[serde(rename = "id")]
    _id: String,
    #[serde(default)]
    display_phone_number: String,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    quality_rating: Option<String>,
}

/// The outcome that `answer` stands for. The channel's secrets are kept out of error texts.
pub(super) fn judge(answer: &Answer, channel: &ChannelAddress) -> Result<Accepted, SendError> {
    if !answer.status.is_success() {
        return Err(errors::refused(answer, channel));
    }
    accepted(&answer.body).ok_or_else(|| {
        errors::told(answer, channel).unwrap_or_else(|| {
            let detail = "accepted, but the answer does not name the message";
            answer.error(ErrorClass::Uncertain, detail, channel)
        })
    })
}

fn accepted(body: &[u8]) -> Option<Accepted> {
    let sent: Sent = serde_json::from_slice(body).ok()?;
    let message = sent.messages.into_iter().next()?;
    let address = sent.contacts.pointer("/0/wa_id").and_then(Value::as_str);
    (!message.id.is_empty()).then_some(Accepted {
        provider_message_id: message.id,
        recipient_address: address.map(str::to_owned),
    })
}

/// Meta's id of an uploaded file.
pub(super) fn uploaded(answer: &Answer, channel: &ChannelAddress) -> Result<String, SendError> {
    if !answer.status.is_success() {
        return Err(errors::refused(answer, channel).of_question());
    }
    match serde_json::from_slice(&answer.body) {
        Ok(Object { id }) if !id.is_empty() => Ok(id),
        _ => {
            let detail = "the answer does not name the uploaded file";
            Err(answer.error(ErrorClass::Transient, detail, channel))
        }
    }
}

/// A yes to what gives nothing back.
pub(super) fn done(answer: &Answer, channel: &ChannelAddress) -> Result<(), SendError> {
    if !answer.status.is_success() {
        return Err(errors::refused(answer, channel).of_question());
    }
    match serde_json::from_slice(&answer.body) {
        Ok(Done { success: true }) => Ok(()),
        _ => {
            let detail = "the answer does not say that it was done";
            Err(answer.error(ErrorClass::Transient, detail, channel))
        }
    }
}

/// What the number's own page says.
pub(super) fn health(answer: &Answer, channel: &ChannelAddress) -> Result<Health, SendError> {
    if !answer.status.is_success() {
        return match errors::refused(answer, channel) {
            error if errors::is_unregistered(answer) => Ok(Health {
                state: ConnectionState::Disconnected,
                number: None,
                detail: Some(error.message),
            }),
            error => Err(error.of_question()),
        };
    }
    let number = serde_json::from_slice::<Number>(&answer.body).map_err(|_| {
        let detail = "the answer does not tell the number's state";
        answer.error(ErrorClass::Transient, detail, channel)
    })?;
    Ok(Health {
        state: number.state(),
        number: number.digits(),
        detail: number.detail(),
    })
}

impl Number {
    /// Numbers that Meta has flagged or restricted still send, fewer messages.
    fn state(&self) -> ConnectionState {
        match self.status.as_deref() {
            Some("PENDING") => ConnectionState::Connecting,
            Some("DISCONNECTED" | "UNVERIFIED" | "MIGRATED" | "BANNED" | "DELETED") => {
                ConnectionState::Disconnected
            }
            _ => ConnectionState::Connected,
        }
    }

    fn digits(&self) -> Option<String> {
        let digits: String = self
            .display_phone_number
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        (!digits.is_empty()).then_some(digits)
    }

    fn detail(&self) -> Option<String> {
        let status = self
            .status
            .as_ref()
            .map(|status| format!("status {status}"));
        let quality = self.quality_rating.as_ref();
        let quality = quality.map(|quality| format!("quality {quality}"));
        let parts: Vec<String> = [status, quality].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}
