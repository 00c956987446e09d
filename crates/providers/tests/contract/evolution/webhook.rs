//! What is made of every event that Evolution delivers.

mod messages;
mod proof;
mod robustness;
mod settings;

use serde_json::{Value, json};
use zapgres_core::error_class::ErrorClass;
use zapgres_core::recipient::Recipient;
use zapgres_providers::{
    ConnectionState, Event, Receipt, ReceiptStatus, ShapeError, Told, Webhook, registered,
};

const NUMBER: &str = "5511987654321@s.whatsapp.net";

fn webhook() -> &'static dyn Webhook {
    let evolution = registered("evolution").expect("evolution is there");
    evolution.webhook.expect("it tells something")
}

fn delivery(event: &str, data: &Value) -> Vec<u8> {
    let envelope = json!({
        "event": event, "instance": "loja1", "data": data, "destination": "https://zap.example.com/w",
        "date_time": "2025-11-28T06:30:00.000Z", "sender": "5511900000000@s.whatsapp.net",
        "server_url": "https://evolution.example.com", "apikey": null,
    });
    envelope.to_string().into_bytes()
}

fn read(event: &str, data: &Value) -> Vec<Event> {
    let told = webhook()
        .read(&delivery(event, data))
        .expect("a delivery of Evolution");
    told.into_iter()
        .map(|told| {
            assert_eq!(told.instance.as_deref(), Some("loja1"));
            told.event
        })
        .collect()
}

/// The one event in `data`.
fn only(event: &str, data: &Value) -> Event {
    let mut events = read(event, data);
    assert_eq!(events.len(), 1, "{data}");
    events.remove(0)
}

fn recipient(kind: &str, address: &str) -> Recipient {
    Recipient::parse(kind, address).expect("an address")
}

fn update(status: &Value) -> Value {
    json!({
        "messageId": "cm9", "keyId": "3EB0C5A277", "remoteJid": NUMBER, "fromMe": true,
        "status": status, "instanceId": "a-b",
    })
}

/// C8: receipts carry the id that the send answered with; states come by name or by number.
#[test]
fn updates_of_our_messages_are_receipts() {
    for (name, number, expected) in [
        ("SERVER_ACK", 2, ReceiptStatus::Sent),
        ("DELIVERY_ACK", 3, ReceiptStatus::Delivered),
        ("READ", 4, ReceiptStatus::Read),
        ("PLAYED", 5, ReceiptStatus::Read),
    ] {
        for told in [json!(name), json!(number)] {
            for event in ["messages.update", "MESSAGES_UPDATE"] {
                let expected = Event::Receipt(Receipt {
                    provider_message_id: "3EB0C5A277".to_owned(),
                    reference: None,
                    status: expected.clone(),
                    at: None,
                    recipient_address: Some(NUMBER.to_owned()),
                });
                assert_eq!(only(event, &update(&told)), expected);
            }
        }
    }
}

#[test]
fn an_error_of_whatsapp_is_a_failure() {
    for told in [json!("ERROR"), json!(0)] {
        let Event::Receipt(receipt) = only("messages.update", &update(&told)) else {
            panic!("a receipt");
        };
        let ReceiptStatus::Failed { class, message } = receipt.status else {
            panic!("a failure");
        };
        assert_eq!(class, ErrorClass::Rejected);
        assert!(message.contains("status ERROR"), "{message}");
    }
}

/// C8: v1 names the message by `id`, and the library below both by `key` and `update`.
#[test]
fn older_shapes_of_receipts_are_read_too() {
    let v1 =
        json!({"id": "X", "remoteJid": NUMBER, "fromMe": true, "status": "READ", "datetime": 1});
    let raw =
        json!({"key": {"id": "X", "remoteJid": NUMBER, "fromMe": true}, "update": {"status": 4}});
    for data in [v1, raw] {
        let Event::Receipt(receipt) = only("messages.update", &data) else {
            panic!("a receipt: {data}");
        };
        assert_eq!(receipt.provider_message_id, "X");
        assert_eq!(receipt.status, ReceiptStatus::Read);
        assert_eq!(receipt.recipient_address.as_deref(), Some(NUMBER));
    }
}

#[test]
fn updates_without_news_about_our_messages_are_no_receipts() {
    let mut theirs = update(&json!("READ"));
    theirs["fromMe"] = json!(false);
    let mut nameless = update(&json!("READ"));
    nameless["keyId"] = json!("");
    for data in [
        theirs,
        nameless,
        update(&json!("PENDING")),
        update(&json!(1)),
        update(&json!("DELETED")),
        update(&json!(6)),
        update(&json!(null)),
        json!({}),
        json!(null),
        json!("x"),
    ] {
        let other = Event::Other("messages.update".to_owned());
        assert_eq!(only("messages.update", &data), other, "{data}");
    }
}

#[test]
fn several_entries_of_a_delivery_are_told_in_their_order() {
    let events = read(
        "messages.update",
        &json!([
            update(&json!(3)),
            update(&json!("PENDING")),
            update(&json!(4))
        ]),
    );
    assert_eq!(events.len(), 3);
    assert!(
        matches!(&events[0], Event::Receipt(receipt) if receipt.status == ReceiptStatus::Delivered)
    );
    assert!(matches!(&events[1], Event::Other(_)));
    assert!(matches!(&events[2], Event::Receipt(receipt) if receipt.status == ReceiptStatus::Read));
    assert_eq!(read("messages.update", &json!([])), []);
}

/// P3: what is told of the connection.
#[test]
fn changes_of_the_connection_are_told() {
    let connection = |state, detail: Option<&str>| Event::Connection {
        state,
        detail: detail.map(str::to_owned),
    };
    let lost = ConnectionState::Disconnected;
    for (event, data, expected) in [
        (
            "connection.update",
            json!({"instance": "loja1", "state": "open", "statusReason": 200, "wuid": NUMBER}),
            connection(ConnectionState::Connected, None),
        ),
        (
            "CONNECTION_UPDATE",
            json!({"instance": "loja1", "state": "connecting", "statusReason": 200}),
            connection(ConnectionState::Connecting, None),
        ),
        (
            "connection.update",
            json!({"instance": "loja1", "state": "close", "statusReason": 401}),
            connection(lost, Some("close, reason 401")),
        ),
        (
            "connection.update",
            json!({"instance": "loja1", "state": "refused"}),
            connection(lost, Some("refused")),
        ),
        (
            "status.instance",
            json!({"instance": "loja1", "status": "closed", "disconnectionReasonCode": 403}),
            connection(lost, Some("logged out, reason 403")),
        ),
        (
            "logout.instance",
            json!(null),
            connection(lost, Some("logged out")),
        ),
        (
            "qrcode.updated",
            json!({"message": "QR code limit reached, please login again", "statusCode": 500}),
            connection(
                ConnectionState::AwaitsPairing,
                Some("QR code limit reached, please login again"),
            ),
        ),
        (
            "qrcode.updated",
            json!({"message": "no code\nfor 5511987654321"}),
            connection(
                ConnectionState::AwaitsPairing,
                Some("no code for *********4321"),
            ),
        ),
        (
            "connection.update",
            json!({"instance": "loja1", "state": "gone\n5511987654321"}),
            connection(lost, Some("gone *********4321")),
        ),
    ] {
        assert_eq!(only(event, &data), expected, "{event} {data}");
    }
}

/// Whoever has the code has the number.
#[test]
fn a_pairing_code_is_not_repeated() {
    let data = json!({"qrcode": {"instance": "loja1", "pairingCode": "ABCD1234", "code": "2@x", "base64": "data:"}});
    let expected = Event::Connection {
        state: ConnectionState::AwaitsPairing,
        detail: None,
    };
    assert_eq!(only("qrcode.updated", &data), expected);
}

/// C2: a newer server may tell more than is known here.
#[test]
fn other_events_are_told_by_their_name() {
    for event in [
        "contacts.update",
        "presence.update",
        "messages.delete",
        "CHATS_UPSERT",
        "group-participants.update",
        "something.new",
    ] {
        assert_eq!(
            only(event, &json!({"id": 1})),
            Event::Other(event.to_owned())
        );
    }
    let without_data = webhook().read(br#"{"event": "application.startup"}"#);
    let expected = Told {
        instance: None,
        event: Event::Other("application.startup".to_owned()),
    };
    assert_eq!(without_data, Ok(vec![expected]));
}

#[test]
fn what_is_no_delivery_is_refused() {
    for body in ["", "{", "event=x", "\u{1}"] {
        assert_eq!(webhook().read(body.as_bytes()), Err(ShapeError::NotJson));
    }
    for body in [
        "[]",
        "7",
        "null",
        "{}",
        r#"{"event": 7}"#,
        r#"{"data": {}}"#,
    ] {
        assert_eq!(webhook().read(body.as_bytes()), Err(ShapeError::WrongShape));
    }
}
