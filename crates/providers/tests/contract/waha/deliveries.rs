//! What the deliveries of WAHA tell.

use chrono::DateTime;
use proptest::prelude::*;
use serde_json::{Value, json};
use zapgres_core::error_class::ErrorClass;
use zapgres_core::recipient::Recipient;
use zapgres_providers::{
    ConnectionState, Event, InboundMessage, Receipt, ReceiptStatus, ShapeError, Told, Webhook,
    registered,
};

use crate::phone;

const ANA: &str = "5511987654321@c.us";
const LOJA: &str = "5511912345678@c.us";

fn webhook() -> &'static dyn Webhook {
    let waha = registered("waha").expect("waha is there");
    waha.webhook.expect("it delivers")
}

/// WAHA's envelope around a payload.
fn delivery(event: &str, payload: &Value) -> Value {
    json!({
        "id": "evt_01", "timestamp": 1_741_249_702_485_i64, "event": event, "session": "loja1",
        "metadata": {"user.id": "1"}, "me": {"id": LOJA, "pushName": "Loja"}, "payload": payload,
        "environment": {"tier": "PLUS", "version": "2026.9.1"}, "engine": "NOWEB",
    })
}

fn told(event: &str, payload: &Value) -> Event {
    let body = delivery(event, payload).to_string();
    let told = webhook().read(body.as_bytes()).expect("a delivery");
    let [Told { instance, event }] = told.as_slice() else {
        panic!("one event, not {told:?}");
    };
    assert_eq!(instance.as_deref(), Some("loja1"));
    event.clone()
}

fn message(event: &str, payload: &Value) -> InboundMessage {
    match told(event, payload) {
        Event::Message(message) => *message,
        other => panic!("a message, not {other:?}"),
    }
}

fn receipt(payload: &Value) -> Receipt {
    match told("message.ack", payload) {
        Event::Receipt(receipt) => receipt,
        other => panic!("a receipt, not {other:?}"),
    }
}

fn text_payload() -> Value {
    json!({
        "id": "false_5511987654321@c.us_AAAA", "timestamp": 1_667_561_485, "from": ANA, "fromMe": false,
        "source": "app", "to": LOJA, "participant": null, "body": "Oi, chegou?", "hasMedia": false,
        "media": null, "ack": 1, "ackName": "SERVER", "vCards": [], "replyTo": null,
        "_data": {"notifyName": "Ana", "key": {"remoteJidAlt": "123456789012345@lid"}},
    })
}

/// C2: a message has its writer, time, text, and an id by which it is known again.
#[test]
fn a_message_of_a_customer_is_read() {
    let read = message("message", &text_payload());
    let expected = InboundMessage {
        // Whole: quoting it needs the chat.
        provider_message_id: "false_5511987654321@c.us_AAAA".to_owned(),
        chat: phone("11987654321"),
        aliases: vec![Recipient::Lid("123456789012345".to_owned())],
        author: None,
        name: Some("Ana".to_owned()),
        from_me: false,
        at: DateTime::from_timestamp(1_667_561_485, 0),
        kind: "text".to_owned(),
        text: Some("Oi, chegou?".to_owned()),
        quotes: None,
        content: Value::Null,
    };
    assert_eq!(read, expected);
    assert_eq!(message("message.any", &text_payload()), expected);
}

/// C8: what was written on the phone itself is told too; NOWEB has the chat in `from` then.
#[test]
fn our_own_message_is_in_the_customers_chat() {
    for (from, to) in [(LOJA, json!(ANA)), (ANA, json!(null))] {
        let mut payload = text_payload();
        payload["id"] = json!("true_5511987654321@c.us_3EB0C5A277");
        payload["fromMe"] = json!(true);
        payload["from"] = json!(from);
        payload["to"] = to;
        let read = message("message.any", &payload);
        assert!(read.from_me);
        assert_eq!(read.chat, phone("11987654321"));
        assert_eq!(read.provider_message_id, "3EB0C5A277");
        assert_eq!(read.name, None, "the name of the customer is not told");
    }
}

#[test]
fn a_group_is_the_chat_and_its_member_the_author() {
    let mut payload = text_payload();
    payload["id"] = json!("false_120363025246125486@g.us_AAAA_5511987654321@c.us");
    payload["from"] = json!("120363025246125486@g.us");
    payload["participant"] = json!("5511987654321:12@s.whatsapp.net");
    let read = message("message", &payload);
    assert_eq!(read.chat, Recipient::Group("120363025246125486".to_owned()));
    assert_eq!(read.author, Some(phone("11987654321")));
    assert_eq!(read.aliases, []);
}

#[test]
fn a_person_without_a_number_is_known_by_lid() {
    let mut payload = text_payload();
    payload["id"] = json!("false_123456789012345@lid_AAAA");
    payload["from"] = json!("123456789012345@lid");
    payload["_data"] =
        json!({"Info": {"SenderAlt": "5511987654321:3@s.whatsapp.net", "PushName": "Ana"}});
    let read = message("message", &payload);
    assert_eq!(read.chat, Recipient::Lid("123456789012345".to_owned()));
    assert_eq!(read.aliases, [phone("11987654321")]);
    assert_eq!(read.name.as_deref(), Some("Ana"));
}

#[test]
fn files_places_and_cards_have_their_kind_and_content() {
    let media = |mime_type: &str| json!({"hasMedia": true, "media": {"url": "http://waha/api/files/1", "mimetype": mime_type}});
    let cases = [
        ("image", media("image/jpeg")),
        ("sticker", media("image/webp")),
        ("video", media("video/mp4")),
        ("audio", media("audio/ogg; codecs=opus")),
        ("document", media("application/pdf")),
        ("document", json!({"hasMedia": true, "media": null})),
        (
            "location",
            json!({"location": {"latitude": "-23.5", "longitude": "-46.6"}}),
        ),
        ("contact", json!({"vCards": ["BEGIN:VCARD"]})),
    ];
    for (kind, fields) in cases {
        let mut payload = text_payload();
        payload["body"] = json!("");
        payload["vCards"] = json!(null);
        for (name, value) in fields.as_object().expect("fields") {
            payload[name] = value.clone();
        }
        let read = message("message", &payload);
        assert_eq!((read.kind.as_str(), read.text), (kind, None));
        for name in ["media", "location", "vCards"] {
            let part = fields.get(name).filter(|part| !part.is_null());
            assert_eq!(read.content.get(name), part, "{kind}");
        }
    }
}

/// An answer to our message names it as its receipts do.
#[test]
fn an_answer_names_the_message_that_it_quotes() {
    for id in ["3EB0C5A277", "true_5511987654321@c.us_3EB0C5A277"] {
        let mut payload = text_payload();
        payload["replyTo"] = json!({"id": id, "participant": LOJA, "body": "Pedido 7"});
        let read = message("message", &payload);
        assert_eq!(read.quotes.as_deref(), Some("3EB0C5A277"));
    }
}

#[test]
fn a_reaction_is_about_a_message() {
    let payload = json!({
        "id": "false_5511987654321@c.us_BBBB", "from": ANA, "fromMe": false, "to": LOJA,
        "timestamp": 1_710_481_111.853, "participant": ANA,
        "reaction": {"text": "🙏", "messageId": "true_5511987654321@c.us_3EB0C5A277"},
    });
    let read = message("message.reaction", &payload);
    assert_eq!(read.kind, "reaction");
    assert_eq!(read.text.as_deref(), Some("🙏"));
    assert_eq!(read.quotes.as_deref(), Some("3EB0C5A277"));
    assert_eq!(read.provider_message_id, "false_5511987654321@c.us_BBBB");
    assert_eq!(read.at, DateTime::from_timestamp(1_710_481_111, 0));
}

#[test]
fn a_vote_has_the_options_chosen() {
    let payload = json!({
        "vote": {
            "id": "false_5511987654321@c.us_CCCC", "to": LOJA, "from": ANA, "fromMe": false,
            "selectedOptions": ["Sim", "Talvez"], "timestamp": 1_692_861_427_000_i64,
        },
        "poll": {"id": "true_5511987654321@c.us_3EB0C5A277", "to": ANA, "from": LOJA, "fromMe": true},
    });
    let read = message("poll.vote", &payload);
    assert_eq!(read.kind, "poll_vote");
    assert_eq!(read.text.as_deref(), Some("Sim, Talvez"));
    assert_eq!(read.quotes.as_deref(), Some("3EB0C5A277"));
    assert_eq!(read.content, json!({"options": ["Sim", "Talvez"]}));
    assert_eq!(read.at, DateTime::from_timestamp(1_692_861_427, 0));
}

fn ack(number: i8) -> Value {
    json!({
        "id": "true_551187654321@c.us_3EB0C5A277", "from": LOJA, "to": "551187654321@c.us",
        "participant": null, "fromMe": true, "ack": number, "ackName": "any",
    })
}

/// C8: receipts name the message as the answer to its sending did.
#[test]
fn every_ack_is_a_step_of_the_message() {
    let steps = [
        (1, ReceiptStatus::Sent),
        (2, ReceiptStatus::Delivered),
        (3, ReceiptStatus::Read),
        (4, ReceiptStatus::Read),
    ];
    for (number, status) in steps {
        let expected = Receipt {
            provider_message_id: "3EB0C5A277".to_owned(),
            reference: None,
            status,
            at: DateTime::from_timestamp_millis(1_741_249_702_485),
            recipient_address: Some("551187654321@c.us".to_owned()),
        };
        assert_eq!(receipt(&ack(number)), expected);
    }
    let ReceiptStatus::Failed { class, .. } = receipt(&ack(-1)).status else {
        panic!("a failure");
    };
    assert_eq!(class, ErrorClass::Rejected);
}

#[test]
fn acks_of_what_waits_or_is_not_ours_are_no_receipts() {
    let mut theirs = ack(3);
    theirs["fromMe"] = json!(false);
    let mut by_id = ack(3);
    by_id["id"] = json!("false_5511987654321@c.us_AAAA");
    for payload in [ack(0), ack(5), theirs, by_id, json!({"id": 7})] {
        let other = Event::Other("message.ack".to_owned());
        assert_eq!(told("message.ack", &payload), other, "{payload}");
    }
}

/// P3: the state of the session is the state of the channel.
#[test]
fn every_status_of_a_session_is_a_state() {
    for (status, state) in [
        ("WORKING", ConnectionState::Connected),
        ("STARTING", ConnectionState::Connecting),
        ("SCAN_QR_CODE", ConnectionState::AwaitsPairing),
        ("PASSKEY_REQUIRED", ConnectionState::AwaitsPairing),
        (
            "PASSKEY_CONFIRMATION_REQUIRED",
            ConnectionState::AwaitsPairing,
        ),
        ("STOPPED", ConnectionState::Disconnected),
        ("FAILED", ConnectionState::Disconnected),
    ] {
        let event = told(
            "session.status",
            &json!({"name": "loja1", "status": status}),
        );
        let detail = Some(status.to_owned());
        assert_eq!(event, Event::Connection { state, detail });
    }
}

/// C2: what is not known is kept by name and is no error, or WAHA would try again for hours.
#[test]
fn what_zapgres_has_no_use_for_keeps_its_name() {
    let mut status = text_payload();
    status["id"] = json!("false_status@broadcast_AAAA_5511987654321@c.us");
    status["from"] = json!("status@broadcast");
    for (event, payload) in [
        ("message.revoked", json!({"before": null, "after": {}})),
        ("message.edited", text_payload()),
        ("message.waiting", text_payload()),
        ("presence.update", json!({"id": ANA})),
        ("something.new", json!(7)),
        ("session.status", json!({"status": "DREAMING"})),
        ("message", status),
        ("message", json!({"id": null})),
        ("message.reaction", text_payload()),
    ] {
        assert_eq!(told(event, &payload), Event::Other(event.to_owned()));
    }
}

#[test]
fn an_envelope_needs_no_more_than_its_event() {
    let told = webhook().read(br#"{"event": "engine.event"}"#);
    let event = Event::Other("engine.event".to_owned());
    let instance = None;
    assert_eq!(told, Ok(vec![Told { instance, event }]));
}

#[test]
fn what_is_no_delivery_is_refused() {
    for body in ["", "event", "{\"event\":\"mess", "\u{0}"] {
        assert_eq!(webhook().read(body.as_bytes()), Err(ShapeError::NotJson));
    }
    for body in [
        "[]",
        "7",
        "null",
        "{}",
        "{\"event\":7}",
        "{\"session\":\"loja1\"}",
    ] {
        let told = webhook().read(body.as_bytes());
        assert_eq!(told, Err(ShapeError::WrongShape), "{body}");
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "(true|false)?_?[0-9]{0,15}(@(c.us|lid|g.us))?_?[A-Z]{0,4}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    let name = prop::sample::select(vec![
        "id",
        "from",
        "to",
        "fromMe",
        "ack",
        "body",
        "timestamp",
        "reaction",
        "messageId",
        "text",
        "vote",
        "poll",
        "selectedOptions",
        "status",
        "media",
        "mimetype",
        "hasMedia",
        "_data",
        "key",
    ]);
    leaf.prop_recursive(3, 24, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(name.clone(), inner, 0..8).prop_map(|fields| {
                fields
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect()
            }),
        ]
    })
}

proptest! {
    /// C1: a delivery is anybody's until it is read.
    #[test]
    fn no_payload_makes_the_reader_panic(
        event in "(message|message.any|message.ack|message.reaction|poll.vote|session.status|x)",
        payload in any_json(),
    ) {
        if let Event::Other(name) = told(&event, &payload) {
            prop_assert_eq!(name, event);
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(body in any::<Vec<u8>>()) {
        prop_assert!(webhook().read(&body).is_err());
    }
}
