//! A message as the queue keeps it, and as a provider takes it.

use serde_json::Value;
use tokio_postgres::Row;
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::{MessageBody, Template};
use zapgres_core::phone::PhoneNumber;
use zapgres_core::recipient::Recipient;
use zapgres_providers::OutgoingMessage;

/// Columns of `zap.notification_queue`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Stored {
    pub recipient_kind: String,
    pub recipient: String,
    pub kind: String,
    pub body: Option<String>,
    pub payload: Option<Value>,
}

impl Stored {
    /// The columns of a row that has them all, the payload as text: a number in it may be larger than any of ours, and must
    /// not keep other rows from being read.
    pub(crate) fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            recipient_kind: row.try_get("recipient_kind")?,
            recipient: row
                .try_get::<_, Option<String>>("recipient")?
                .unwrap_or_default(),
            kind: row.try_get("kind")?,
            body: row.try_get("body")?,
            payload: row
                .try_get::<_, Option<&str>>("payload")?
                .and_then(|text| serde_json::from_str(text).ok()),
        })
    }

    /// The message.
    pub(crate) fn message(&self) -> Result<OutgoingMessage, SendError> {
        let body = MessageBody::from_parts(&self.kind, self.body.as_deref(), self.payload.as_ref())
            .map_err(|error| rejected(&error))?;
        let recipient =
            Recipient::parse(&self.recipient_kind, &self.recipient).map_err(|error| {
                SendError::before_sending(ErrorClass::RecipientInvalid, error.to_string())
            })?;
        let mut message = OutgoingMessage::new(recipient, body);
        message.quotes = self
            .field("reply_to")
            .and_then(Value::as_str)
            .map(str::to_owned);
        Ok(message)
    }

    /// The recipient's number, where it is one.
    pub(crate) fn number(&self) -> Option<PhoneNumber> {
        let recipient = Recipient::parse(&self.recipient_kind, &self.recipient);
        recipient.ok()?.phone().cloned()
    }

    /// The approved template that may go instead of the text.
    pub(crate) fn template(&self) -> Option<Result<Template, SendError>> {
        let template = self.field("template").filter(|_| self.kind == "text")?;
        Some(serde_json::from_value(template.clone()).map_err(|_| {
            let text =
                "the template beside the text is none: it needs name, language and parameters";
            SendError::before_sending(ErrorClass::Rejected, text.to_owned())
        }))
    }

    fn field(&self, name: &str) -> Option<&Value> {
        self.payload.as_ref()?.get(name)
    }
}

fn rejected(error: &impl ToString) -> SendError {
    SendError::before_sending(ErrorClass::Rejected, error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stored(kind: &str, body: Option<&str>, payload: Value) -> Stored {
        Stored {
            recipient_kind: "phone".to_owned(),
            recipient: "+5511987654321".to_owned(),
            kind: kind.to_owned(),
            body: body.map(str::to_owned),
            payload: Some(payload),
        }
    }

    /// P1: what the queue keeps is what is sent, whatever its kind.
    #[test]
    fn a_row_is_a_message() {
        let row = stored(
            "text",
            Some("Oi"),
            json!({"reply_to": "3EB0", "delay_seconds": 2}),
        );
        let message = row.message().unwrap();
        assert_eq!(message.body, MessageBody::text("Oi"));
        assert_eq!(message.quotes.as_deref(), Some("3EB0"));
        let image = stored("image", Some("Olha"), json!({"url": "https://h/a.jpg"}));
        assert_eq!(
            image
                .message()
                .unwrap()
                .body
                .media()
                .unwrap()
                .caption
                .as_deref(),
            Some("Olha")
        );
        let nothing = stored("text", None, Value::Null).message().unwrap_err();
        assert_eq!(
            (nothing.class, nothing.reached_provider),
            (ErrorClass::Rejected, false)
        );
    }

    /// C1: the approved template lies beside the text.
    #[test]
    fn a_template_beside_a_text_is_found() {
        let payload = json!({"template": {"name": "pedido", "language": "pt_BR", "parameters": [{"text": "Ana"}]}});
        let template = stored("text", Some("Oi"), payload.clone()).template();
        assert_eq!(template.unwrap().unwrap().name, "pedido");
        assert!(stored("image", None, payload).template().is_none());
        assert!(
            stored("text", Some("Oi"), json!({"template": 7}))
                .template()
                .unwrap()
                .is_err()
        );
        assert!(stored("text", Some("Oi"), json!({})).template().is_none());
    }
}
