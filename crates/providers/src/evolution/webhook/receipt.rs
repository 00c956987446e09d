//! What became of a message that we sent (`messages.update`).

use serde_json::Value;
use zapgres_core::error_class::ErrorClass;

use crate::webhook::{Receipt, ReceiptStatus};

/// The receipt in `data`; none where it is about a message of somebody else, or tells no news.
pub(super) fn read(data: &Value) -> Option<Receipt> {
    let of = |pointer| data.pointer(pointer);
    let from_me = of("/fromMe").or_else(|| of("/key/fromMe"));
    if from_me.and_then(Value::as_bool) == Some(false) {
        return None;
    }
    // v1 has the message's id in `id`; in v2 that, like `messageId`, is a row of Evolution's own.
    let id = ["/keyId", "/key/id", "/id"].into_iter().find_map(of)?;
    let id = id.as_str().filter(|id| !id.is_empty())?;
    let address = of("/remoteJid").or_else(|| of("/key/remoteJid"));
    Some(Receipt {
        provider_message_id: id.to_owned(),
        reference: None,
        status: status(of("/status").or_else(|| of("/update/status"))?)?,
        // There is a time in the envelope, but versions shift it by the server's time zone.
        at: None,
        recipient_address: address.and_then(Value::as_str).map(str::to_owned),
    })
}

/// The states of WhatsApp's protocol by name, or by number.
fn status(told: &Value) -> Option<ReceiptStatus> {
    let name = match told.as_u64() {
        Some(number) => {
            const NAMES: [&str; 6] = [
                "ERROR",
                "PENDING",
                "SERVER_ACK",
                "DELIVERY_ACK",
                "READ",
                "PLAYED",
            ];
            NAMES.get(usize::try_from(number).ok()?).copied()?
        }
        None => told.as_str()?,
    };
    match name {
        "SERVER_ACK" => Some(ReceiptStatus::Sent),
        "DELIVERY_ACK" => Some(ReceiptStatus::Delivered),
        "READ" | "PLAYED" => Some(ReceiptStatus::Read),
        "ERROR" => Some(ReceiptStatus::Failed {
            class: ErrorClass::Rejected,
            message: "WhatsApp refused the message (status ERROR); no reason is given".to_owned(),
        }),
        // PENDING and DELETED: nothing about how far it came.
        _ => None,
    }
}
