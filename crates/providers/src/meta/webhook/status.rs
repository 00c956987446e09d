//! Receipts: `{"id", "status", "timestamp", "recipient_id", "biz_opaque_callback_data", "errors"}`.

use serde::Deserialize;
use serde_json::Value;
use zapgres_core::error_class::ErrorClass;
use zapgres_core::error_text;

use super::super::errors::GraphError;
use super::{items, text, time};
use crate::webhook::{Event, Receipt, ReceiptStatus};

/// What one of `statuses` tells.
pub(super) fn receipt(item: &Value) -> Event {
    let status = text(item, "/status").unwrap_or("unnamed");
    match (text(item, "/id"), status_of(status, item)) {
        (Some(id), Some(status)) => Event::Receipt(Receipt {
            provider_message_id: id.to_owned(),
            reference: text(item, "/biz_opaque_callback_data").map(str::to_owned),
            status,
            at: time(item),
            // Users with a name instead of a number have the second only.
            recipient_address: text(item, "/recipient_id")
                .or_else(|| text(item, "/recipient_user_id"))
                .map(str::to_owned),
        }),
        _ => Event::Other(format!("status {status}")),
    }
}

fn status_of(name: &str, item: &Value) -> Option<ReceiptStatus> {
    Some(match name {
        "sent" => ReceiptStatus::Sent,
        "delivered" => ReceiptStatus::Delivered,
        "read" | "played" => ReceiptStatus::Read,
        "failed" => failure(item),
        _ => return None,
    })
}

/// The first error that can be read decides.
fn failure(item: &Value) -> ReceiptStatus {
    let error = items(item, "errors").find_map(|error| GraphError::deserialize(error).ok());
    let (class, text) = match &error {
        Some(error) => (error.class_in_receipt(), error.text()),
        None => (ErrorClass::Rejected, "no reason given".to_owned()),
    };
    ReceiptStatus::Failed {
        class,
        message: error_text::presentable(&text),
    }
}
