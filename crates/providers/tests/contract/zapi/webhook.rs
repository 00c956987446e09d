//! What Z-API delivers besides messages, and deliveries that are none.

use chrono::{DateTime, Utc};
use http::HeaderMap;
use proptest::prelude::*;
use serde_json::{Value, json};
use zapgres_core::error_class::ErrorClass;
use zapgres_providers::{
    ConnectionState, Delivery, Event, Receipt, ReceiptStatus, Secrets, ShapeError, Told, Webhook,
    registered,
};

use super::inbound::{CONTENTS, received};

pub fn webhook() -> &'static dyn Webhook {
    let registered = registered("zapi").expect("zapi is there");
    registered.webhook.expect("it delivers")
}

pub fn read(body: &Value) -> Vec<Told> {
    let told = webhook().read(body.to_string().as_bytes());
    told.expect("a delivery")
}

/// The only event of a delivery.
pub fn event(body: &Value) -> Event {
    let mut told = read(body);
    assert_eq!(told.len(), 1, "{body}");
    let Told { instance, event } = told.remove(0);
    assert_eq!(instance.as_deref(), Some("loja1"));
    event
}

fn at(millis: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(millis)
}

fn status(status: &str) -> Value {
    json!({
        "instanceId": "loja1", "status": status, "ids": ["A1", "A2"], "momment": 1_632_234_645_123_i64,
        "phoneDevice": 0, "phone": "5544999999999", "type": "MessageStatusCallback", "isGroup": false,
    })
}

fn delivered() -> Value {
    json!({
        "phone": "554499999999", "zaapId": "Z1", "messageId": "A1", "type": "DeliveryCallback",
        "instanceId": "loja1",
    })
}

fn receipt(id: &str, status: ReceiptStatus) -> Receipt {
    Receipt {
        provider_message_id: id.to_owned(),
        reference: None,
        status,
        at: None,
        recipient_address: Some("554499999999".to_owned()),
    }
}

/// C1: Z-API signs nothing.
#[test]
fn the_secret_in_the_address_is_the_only_proof() {
    assert!(webhook().secret_names().is_empty());
    let delivery = Delivery {
        headers: &HeaderMap::new(),
        body: b"",
    };
    let now = DateTime::<Utc>::UNIX_EPOCH;
    assert_eq!(
        webhook().verify(&delivery, &Secrets::default(), now),
        Ok(())
    );
}

/// C8: one receipt for each of its messages.
#[test]
fn a_status_is_told_for_every_message() {
    for (name, reached) in [
        ("SENT", ReceiptStatus::Sent),
        ("RECEIVED", ReceiptStatus::Delivered),
        ("READ", ReceiptStatus::Read),
        ("PLAYED", ReceiptStatus::Read),
    ] {
        let told = read(&status(name));
        let expected = ["A1", "A2"].map(|id| Told {
            instance: Some("loja1".to_owned()),
            event: Event::Receipt(Receipt {
                at: at(1_632_234_645_123),
                recipient_address: Some("5544999999999".to_owned()),
                ..receipt(id, reached.clone())
            }),
        });
        assert_eq!(told, expected);
    }
}

/// C8: that we read a customer's message is not that they read ours.
#[test]
fn a_status_of_others_messages_is_no_receipt() {
    for name in ["READ_BY_ME", "SOMETHING"] {
        let expected = Event::Other(format!("MessageStatusCallback {name}"));
        assert_eq!(event(&status(name)), expected);
    }
    let mut odd = status("READ");
    for ids in [json!(null), json!("A1"), json!([7, "", null])] {
        odd["ids"] = ids;
        assert_eq!(read(&odd), []);
    }
}

/// C8: WhatsApp has it, or the sending failed.
#[test]
fn leaving_the_queue_is_a_receipt() {
    let sent = Event::Receipt(receipt("A1", ReceiptStatus::Sent));
    assert_eq!(event(&delivered()), sent);
    for (error, class) in [
        ("Phone number does not exist", ErrorClass::RecipientInvalid),
        ("You are not connected.", ErrorClass::ChannelDown),
        ("odd 5511987654321", ErrorClass::Rejected),
    ] {
        let mut failed = delivered();
        failed["error"] = json!(error);
        let message = error.replace("5511987654321", "*********4321");
        let expected = ReceiptStatus::Failed { class, message };
        assert_eq!(event(&failed), Event::Receipt(receipt("A1", expected)));
    }
    let mut nameless = delivered();
    nameless["messageId"] = json!("");
    let by_queue = Event::Receipt(receipt("Z1", ReceiptStatus::Sent));
    assert_eq!(event(&nameless), by_queue);
    nameless["zaapId"] = json!(null);
    assert_eq!(
        event(&nameless),
        Event::Other("DeliveryCallback".to_owned())
    );
}

/// P3
#[test]
fn a_connection_that_comes_or_goes_is_told() {
    let connected = json!({"type": "ConnectedCallback", "connected": true,
        "momment": 26_151_515_154_i64, "phone": "5544999999999", "instanceId": "loja1"});
    let expected = Event::Connection {
        state: ConnectionState::Connected,
        detail: None,
    };
    assert_eq!(event(&connected), expected);
    let disconnected = json!({"type": "DisconnectedCallback", "disconnected": true,
        "momment": 1, "error": "Device has been disconnected", "instanceId": "loja1"});
    let expected = Event::Connection {
        state: ConnectionState::Disconnected,
        detail: Some("Device has been disconnected".to_owned()),
    };
    assert_eq!(event(&disconnected), expected);
}

#[test]
fn other_deliveries_are_named() {
    for kind in ["PresenceChatCallback", "SomethingNew"] {
        let body = json!({"type": kind, "phone": "5544999999999", "status": "COMPOSING",
            "instanceId": "loja1"});
        assert_eq!(event(&body), Event::Other(kind.to_owned()));
    }
    let told = read(&json!({"type": "PresenceChatCallback"}));
    assert_eq!(told[0].instance, None);
}

#[test]
fn what_is_no_delivery_is_refused() {
    for body in ["", "{", "type=ReceivedCallback", "\u{0}"] {
        let error = webhook().read(body.as_bytes());
        assert_eq!(error, Err(ShapeError::NotJson), "{body}");
    }
    for body in ["null", "7", "[]", "{}", r#"{"type":7}"#, r#"{"type":""}"#] {
        let error = webhook().read(body.as_bytes());
        assert_eq!(error, Err(ShapeError::WrongShape), "{body}");
    }
}

#[test]
fn times_are_read_as_numbers_and_as_texts() {
    for (momment, expected) in [
        (json!("1632234645123"), at(1_632_234_645_123)),
        (json!(i64::MAX), None),
        (json!("soon"), None),
        (json!(1.5), None),
    ] {
        let mut body = status("READ");
        body["momment"] = momment;
        let Event::Receipt(receipt) = &read(&body)[0].event else {
            panic!("a receipt");
        };
        assert_eq!(receipt.at, expected);
    }
}

/// Every delivery of these tests.
fn fixtures() -> Vec<Value> {
    let messages = CONTENTS.iter().map(|case| received(&case.content()));
    messages.chain([status("READ"), delivered()]).collect()
}

/// The value with what is at the `at`th place of it, counted through all its parts, replaced.
fn replaced(value: &Value, at: &mut usize, by: &Value) -> Value {
    if *at == 0 {
        *at = usize::MAX;
        return by.clone();
    }
    *at -= 1;
    match value {
        Value::Array(parts) => parts.iter().map(|part| replaced(part, at, by)).collect(),
        Value::Object(parts) => {
            let parts = parts.iter();
            let parts = parts.map(|(name, part)| (name.clone(), replaced(part, at, by)));
            Value::Object(parts.collect())
        }
        other => other.clone(),
    }
}

fn anything() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([{"name": 7}, null])),
    ]
}

/// Whether this is JSON that names its type: all that makes a delivery.
fn is_delivery(bytes: &[u8]) -> bool {
    let body = String::from_utf8_lossy(bytes);
    let body: Value = serde_json::from_str(&body).unwrap_or_default();
    body["type"].as_str().is_some_and(|kind| !kind.is_empty())
}

proptest! {
    /// C2: whatever somebody sends to the address, reading it ends.
    #[test]
    fn arbitrary_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(webhook().read(&bytes).is_ok(), is_delivery(&bytes));
    }

    /// C2: a delivery of another shape than documented is told all the same.
    #[test]
    fn deliveries_with_any_part_replaced_are_read_without_a_panic(
        fixture in 0..fixtures().len(), mut place in 1..40_usize, by in anything(),
    ) {
        let changed = replaced(&fixtures()[fixture], &mut place, &by).to_string();
        let told = webhook().read(changed.as_bytes());
        prop_assert_eq!(told.is_ok(), is_delivery(changed.as_bytes()));
    }

    #[test]
    fn deliveries_that_are_cut_or_damaged_are_read_without_a_panic(
        fixture in 0..fixtures().len(), place in any::<prop::sample::Index>(), byte in any::<u8>(), cut: bool,
    ) {
        let mut bytes = fixtures()[fixture].to_string().into_bytes();
        let place = place.index(bytes.len());
        if cut {
            bytes.truncate(place);
        } else {
            bytes[place] = byte;
        }
        prop_assert_eq!(webhook().read(&bytes).is_ok(), is_delivery(&bytes));
    }
}
