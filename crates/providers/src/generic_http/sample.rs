//! A message of each kind, to try templates with before there is one to send.

use serde_json::json;
use zapgres_core::message::{MessageBody, MessageKind};
use zapgres_core::recipient::Recipient;

use crate::provider::OutgoingMessage;

/// What breaks a body that does not escape it.
const TEXT: &str = "O \"novo\" cardápio\\\nchegou & custa <R$ 5,00> 🍕";

/// A message of that kind, each text of it hard to escape.
pub(super) fn message(kind: MessageKind) -> OutgoingMessage {
    let recipient = Recipient::parse("phone", "+5511987654321").expect("a number of Brazil");
    OutgoingMessage {
        reference: Some("sample".to_owned()),
        ..OutgoingMessage::new(recipient, body(kind))
    }
}

fn body(kind: MessageKind) -> MessageBody {
    // The fields of all kinds; each takes its own.
    let mut payload = json!({
        "name": "sample", "language": "pt_BR", "parameters": [{"text": "Ana"}],
        "url": "https://example.com/sample", "mime_type": "image/png", "caption": TEXT, "file_name": "sample.png",
        "latitude": -23.5, "longitude": -46.6, "address": TEXT,
        "contacts": [{"name": TEXT, "phone": "+5511987654321"}],
        "message_id": "sample", "emoji": "👍",
        "title": "A", "footer": "B", "buttons": [{"id": "1", "label": "Sim"}],
        "button": "Ver", "sections": [{"title": "A", "rows": [{"id": "1", "title": "Pizza"}]}],
        "question": TEXT, "options": ["Sim", "Não"],
    });
    if kind == MessageKind::Template {
        // Its buttons are others.
        payload["buttons"] = json!([{"type": "url", "index": 0, "text": "sample"}]);
    }
    MessageBody::from_parts(kind.as_str(), Some(TEXT), Some(&payload))
        .expect("the sample has the fields of every kind")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_sample() {
        for kind in MessageKind::ALL {
            assert_eq!(message(kind).body.kind(), kind);
        }
    }
}
