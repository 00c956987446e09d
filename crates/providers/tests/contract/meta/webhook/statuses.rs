//! Receipts.

use chrono::DateTime;
use serde_json::{Value, json};
use zapgres_core::error_class::ErrorClass;
use zapgres_providers::{Event, Receipt, ReceiptStatus};

use super::fixtures::{delivery, status};
use super::read_one;

fn event_of(status: Value) -> Event {
    read_one(&delivery("messages", json!({"statuses": [status]})))
}

fn receipt_of(status: Value) -> Receipt {
    match event_of(status) {
        Event::Receipt(receipt) => receipt,
        other => panic!("{other:?}"),
    }
}

/// C8: every status that says how far a message has come.
#[test]
fn every_status_has_its_meaning() {
    for (name, meaning) in [
        ("sent", ReceiptStatus::Sent),
        ("delivered", ReceiptStatus::Delivered),
        ("read", ReceiptStatus::Read),
        ("played", ReceiptStatus::Read),
    ] {
        let receipt = receipt_of(status("wamid.S", name));
        assert_eq!(receipt.status, meaning);
        assert_eq!(receipt.provider_message_id, "wamid.S");
        assert_eq!(receipt.at, DateTime::from_timestamp(1_697_043_230, 0));
        assert_eq!(receipt.recipient_address.as_deref(), Some("553187654321"));
        assert_eq!(receipt.reference, None);
    }
}

/// C8, B2: our own name of the message comes back, so that a lost answer can still be matched.
#[test]
fn a_receipt_repeats_our_reference() {
    let mut status = status("wamid.S", "delivered");
    status["biz_opaque_callback_data"] = json!("job-123");
    assert_eq!(receipt_of(status).reference.as_deref(), Some("job-123"));
}

#[test]
fn a_recipient_without_a_number_is_named_by_their_id() {
    let mut status = status("wamid.S", "delivered");
    status["recipient_id"] = Value::Null;
    assert_eq!(receipt_of(status.clone()).recipient_address, None);
    status["recipient_user_id"] = json!("BR.1");
    let address = receipt_of(status).recipient_address;
    assert_eq!(address.as_deref(), Some("BR.1"));
}

/// C8: why it failed, by the same table as answers.
#[test]
fn a_failure_has_the_class_of_its_code() {
    for (code, class) in [
        (131_026, ErrorClass::RecipientInvalid),
        (131_047, ErrorClass::WindowClosed),
        (131_049, ErrorClass::Throttled),
        (131_050, ErrorClass::OptedOut),
        (131_053, ErrorClass::Transient),
        (131_042, ErrorClass::ChannelAuth),
        (132_001, ErrorClass::Rejected),
        (999_999, ErrorClass::Rejected),
    ] {
        let mut status = status("wamid.S", "failed");
        status["errors"] = json!([{
            "code": code, "title": "Message\nundeliverable", "message": "Message undeliverable",
            "error_data": {"details": "to +5511987654321"}, "href": "https://developers…",
        }]);
        let ReceiptStatus::Failed { class: of, message } = receipt_of(status).status else {
            panic!("it has failed");
        };
        assert_eq!(of, class, "{code}");
        assert!(message.contains("Message undeliverable"), "{message}");
        assert!(!message.contains("98765"), "{message}");
        assert!(message.contains(&code.to_string()), "{message}");
    }
}

#[test]
fn a_failure_without_a_readable_reason_is_one_for_good() {
    for errors in [json!(null), json!([]), json!([{"title": "?"}]), json!("x")] {
        let mut status = status("wamid.S", "failed");
        status["errors"] = errors;
        let expected = ReceiptStatus::Failed {
            class: ErrorClass::Rejected,
            message: "no reason given".to_owned(),
        };
        assert_eq!(receipt_of(status).status, expected);
    }
}

#[test]
fn a_status_that_is_not_known_is_told_by_its_name() {
    for name in ["deleted", "warning", "accepted"] {
        let event = event_of(status("wamid.S", name));
        assert_eq!(event, Event::Other(format!("status {name}")));
    }
    let event = event_of(json!({"status": "sent"}));
    assert_eq!(event, Event::Other("status sent".to_owned()));
}
