//! Receipts and messages in the form that any program can deliver.

use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use secrecy::SecretString;
use serde_json::{Value, json};
use zapgres_core::error_class::ErrorClass;
use zapgres_providers::{
    Delivery, Event, InboundMessage, ProofError, Receipt, ReceiptStatus, Secrets, ShapeError, Told,
    Webhook, registered,
};

use crate::phone;

/// Made with `openssl dgst -sha256 -hmac my-secret-key`.
const BODY: &str = r#"{"message_id":"sms-1","status":"delivered"}"#;
const SIGNATURE: &str = "028be57416be0aaac1765e0f8e617a15820e247ef2f94abb06ab665f8a59254e";

fn webhook() -> &'static dyn Webhook {
    let http = registered("http").expect("http is there");
    http.webhook.expect("it delivers")
}

fn verified(signature: Option<&str>, body: &[u8], keys: &[&str]) -> Result<(), ProofError> {
    let mut headers = HeaderMap::new();
    if let Some(signature) = signature {
        headers.insert("x-signature", signature.parse().expect("a header"));
    }
    let mut secrets = Secrets::default();
    for key in keys {
        secrets.add("hmac_key", SecretString::from(*key));
    }
    let delivery = Delivery {
        headers: &headers,
        body,
    };
    webhook().verify(&delivery, &secrets, DateTime::<Utc>::UNIX_EPOCH)
}

/// C1: with a key, a delivery has to be signed with it, or with another active one.
#[test]
fn a_signature_of_any_active_key_is_believed() {
    let body = BODY.as_bytes();
    assert_eq!(webhook().secret_names(), ["hmac_key"]);
    for keys in [&["my-secret-key"] as &[_], &["new", "my-secret-key"]] {
        assert_eq!(verified(Some(SIGNATURE), body, keys), Ok(()));
    }
    assert_eq!(
        verified(Some(SIGNATURE), body, &["new"]),
        Err(ProofError::Wrong)
    );
    assert_eq!(
        verified(Some(SIGNATURE), b"{}", &["my-secret-key"]),
        Err(ProofError::Wrong)
    );
    assert_eq!(
        verified(Some("00"), body, &["my-secret-key"]),
        Err(ProofError::Wrong)
    );
    assert_eq!(
        verified(None, body, &["my-secret-key"]),
        Err(ProofError::Missing)
    );
    assert_eq!(verified(None, body, &[]), Ok(()));
}

fn read(body: &Value) -> Result<Vec<Event>, ShapeError> {
    let told = webhook().read(body.to_string().as_bytes())?;
    assert!(told.iter().all(|Told { instance, .. }| instance.is_none()));
    Ok(told.into_iter().map(|told| told.event).collect())
}

fn receipt(id: &str, status: ReceiptStatus) -> Event {
    Event::Receipt(Receipt {
        provider_message_id: id.to_owned(),
        reference: None,
        status,
        at: None,
        recipient_address: None,
    })
}

/// C8: every status that a message can come to, one at a time or several at once.
#[test]
fn receipts_are_read_in_their_order() {
    let failed = |message: &str| ReceiptStatus::Failed {
        class: ErrorClass::Rejected,
        message: message.to_owned(),
    };
    let several = json!([
        {"message_id": "a", "status": "sent"},
        {"message_id": "a", "status": "delivered", "type": "receipt"},
        {"message_id": "b", "status": "read"},
        {"message_id": "c", "status": "failed", "error": "no route\nto 5511987654321"},
        {"message_id": "d", "status": "failed"},
    ]);
    let expected = vec![
        receipt("a", ReceiptStatus::Sent),
        receipt("a", ReceiptStatus::Delivered),
        receipt("b", ReceiptStatus::Read),
        receipt("c", failed("no route to *********4321")),
        receipt("d", failed("no reason given")),
    ];
    assert_eq!(read(&several), Ok(expected));
    let one = json!({"message_id": "a", "status": "sent", "more": 1});
    assert_eq!(read(&one), Ok(vec![receipt("a", ReceiptStatus::Sent)]));
    assert_eq!(read(&json!([])), Ok(Vec::new()));
}

#[test]
fn a_receipt_may_have_its_time() {
    let body = json!({"message_id": "a", "status": "sent", "at": "2026-11-28T12:00:00Z"});
    let events = read(&body).expect("a delivery");
    let [Event::Receipt(receipt)] = events.as_slice() else {
        panic!("a receipt");
    };
    assert_eq!(receipt.at, DateTime::from_timestamp(1_795_867_200, 0));
}

/// C2
#[test]
fn an_answer_of_a_customer_is_a_message() {
    let body =
        json!({"type": "message", "message_id": "in-1", "from": "+5511987654321", "text": "SAIR"});
    let expected = InboundMessage {
        provider_message_id: "in-1".to_owned(),
        chat: phone("11987654321"),
        aliases: Vec::new(),
        author: None,
        name: None,
        from_me: false,
        at: None,
        kind: "text".to_owned(),
        text: Some("SAIR".to_owned()),
        quotes: None,
        content: Value::Null,
    };
    assert_eq!(read(&body), Ok(vec![Event::Message(Box::new(expected))]));
}

#[test]
fn what_is_not_known_keeps_its_name() {
    let body = json!([{"type": "balance", "value": 7}, {"message_id": "a", "status": "queued"}]);
    let others = ["balance", "queued"].map(|name| Event::Other(name.to_owned()));
    assert_eq!(read(&body), Ok(others.to_vec()));
}

/// C8: the answer to a send may have its id as a number, and so may the receipt.
#[test]
fn an_id_may_be_a_number() {
    let body = json!({"message_id": 9_007_199_254_740_993_u64, "status": "sent"});
    let expected = receipt("9007199254740993", ReceiptStatus::Sent);
    assert_eq!(read(&body), Ok(vec![expected]));
}

/// C2: operators and banks write from names and short numbers. Nothing else of the same delivery is lost for that.
#[test]
fn who_cannot_be_written_to_is_no_reason_to_refuse_a_delivery() {
    let from =
        |from: &str| json!({"type": "message", "message_id": "a", "from": from, "text": "Oi"});
    let body = json!([from("CLARO"), from("29555"), {"message_id": "b", "status": "sent"}]);
    let other = || Event::Other("message".to_owned());
    let expected = vec![other(), other(), receipt("b", ReceiptStatus::Sent)];
    assert_eq!(read(&body), Ok(expected));
}

/// Whoever writes such a delivery is told at once that it says nothing.
#[test]
fn what_is_no_delivery_is_refused() {
    for body in ["", "sent", "{\"message_id\":", "\u{0}"] {
        assert_eq!(webhook().read(body.as_bytes()), Err(ShapeError::NotJson));
    }
    for body in [
        json!(null),
        json!(7),
        json!({}),
        json!([7]),
        json!({"message_id": "a"}),
        json!({"status": "sent"}),
        json!({"message_id": "", "status": "sent"}),
        json!({"message_id": true, "status": "sent"}),
        json!({"message_id": "a", "status": "sent", "at": "yesterday"}),
        json!({"type": 7}),
        json!({"type": "message", "from": "+5511987654321", "text": "Oi"}),
        json!([{"message_id": "a", "status": "sent"}, {}]),
    ] {
        assert_eq!(read(&body), Err(ShapeError::WrongShape), "{body}");
    }
}

proptest! {
    /// C1: a delivery is anybody's until it is read.
    #[test]
    fn no_delivery_makes_the_reader_panic(
        id in any::<String>(), status in "(sent|read|failed|\\PC{0,9})", from in any::<String>(),
        error in any::<Option<String>>(), kind in "(message|receipt|\\PC{0,9})",
    ) {
        let told = read(&json!({
            "type": kind, "message_id": id, "status": status, "from": from, "text": from, "error": error,
        }));
        if let Ok(events) = told {
            prop_assert_eq!(events.len(), 1);
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(body in any::<Vec<u8>>(), signature in "[ -~]{0,80}") {
        prop_assert!(webhook().read(&body).is_err() || body == b"[]");
        prop_assert!(verified(Some(&signature), &body, &["my-secret-key"]).is_err());
    }
}
