//! The request for a message: `{"messaging_product": "whatsapp", "to", "type", …}`.
//! Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages>.

use serde_json::{Map, Value, json};
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::MessageBody;
use zapgres_core::recipient::Recipient;

use crate::provider::OutgoingMessage;

/// The body of the request for `message`.
///
/// # Errors
/// [`ErrorClass::Rejected`] for what Meta does not take; nothing was asked.
pub(super) fn of(message: &OutgoingMessage) -> Result<Value, SendError> {
    let mut request = Map::new();
    request.insert("messaging_product".to_owned(), "whatsapp".into());
    address(&mut request, message)?;
    let MessageBody::Text(text) = &message.body else {
        return Err(rejected(format!(
            "no request for kind {}",
            message.body.kind().as_str()
        )));
    };
    request.insert("type".to_owned(), "text".into());
    request.insert(
        "text".to_owned(),
        json!({"body": text.text, "preview_url": text.preview}),
    );
    if let Some(id) = &message.quotes {
        request.insert("context".to_owned(), json!({"message_id": id}));
    }
    if let Some(reference) = &message.reference {
        let reference = reference.as_str().into();
        request.insert("biz_opaque_callback_data".to_owned(), reference);
    }
    Ok(Value::Object(request))
}

/// To whom. Without a + Meta puts the country code of the business before a number.
fn address(request: &mut Map<String, Value>, message: &OutgoingMessage) -> Result<(), SendError> {
    let (kind, field, address) = match &message.recipient {
        Recipient::Phone(number) => {
            let confirmed = message.confirmed_address.as_deref();
            let number = confirmed
                .map(|confirmed| format!("+{}", confirmed.trim_start_matches('+')))
                .unwrap_or_else(|| number.as_e164().to_owned());
            ("individual", "to", number)
        }
        Recipient::Bsuid(id) => ("individual", "recipient", id.clone()),
        Recipient::Group(id) => ("group", "to", id.clone()),
        Recipient::Lid(_) => {
            return Err(rejected(
                "Meta knows no hidden ids (lid): it needs a number or its own id".to_owned(),
            ));
        }
    };
    request.insert("recipient_type".to_owned(), kind.into());
    request.insert(field.to_owned(), address.into());
    Ok(())
}

/// Refused before anything was asked.
pub(super) const fn rejected(text: String) -> SendError {
    SendError::before_sending(ErrorClass::Rejected, text)
}
