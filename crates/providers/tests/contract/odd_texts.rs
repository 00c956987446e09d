//! JSON as programs write it that cut texts in the middle of a character, or write no UTF-8.

use serde_json::json;
use zapgres_core::message::MessageBody;
use zapgres_providers::{Event, Options, OutgoingMessage, Told, provider_named, registered};

use crate::server::{AnswerScript, AnsweringServer};
use crate::{address, http, phone};

/// Deliveries of a customer's text, and answers to a send, in which a text stands for `%`.
const WITH_TEXT: [(&str, &str, u16, &str); 5] = [
    (
        "meta",
        r#"{"object": "whatsapp_business_account", "entry": [{"changes": [{"value": {"messages": [
            {"from": "5511987654321", "id": "A", "type": "text", "text": {"body": "%"}}]}}]}]}"#,
        200,
        r#"{"messages": [{"id": "A"}], "contacts": [{"input": "%"}]}"#,
    ),
    (
        "evolution",
        r#"{"event": "messages.upsert", "data": {"key": {"id": "A", "remoteJid": "5511987654321@s.whatsapp.net"},
            "message": {"conversation": "%"}}}"#,
        201,
        r#"{"key": {"id": "A"}, "pushName": "%"}"#,
    ),
    (
        "zapi",
        r#"{"type": "ReceivedCallback", "messageId": "A", "phone": "5511987654321", "text": {"message": "%"}}"#,
        200,
        r#"{"messageId": "A", "name": "%"}"#,
    ),
    (
        "waha",
        r#"{"event": "message", "payload": {"id": "A", "from": "5511987654321@c.us", "body": "%"}}"#,
        201,
        r#"{"id": "A", "body": "%"}"#,
    ),
    (
        "http",
        r#"{"type": "message", "message_id": "A", "from": "+5511987654321", "text": "%"}"#,
        200,
        r#"{"id": "A", "echo": "%"}"#,
    ),
];

/// As they are written, and as they are read.
const TEXTS: [(&[u8], &str); 4] = [
    (br"Oi \ud83d", "Oi \u{fffd}"),
    (
        br"\uDE00 \ud83d\ude00 \\ud83d \ud83d\n\ud83d\u0041",
        "\u{fffd} 😀 \\ud83d \u{fffd}\n\u{fffd}A",
    ),
    (b"Ol\xe1", "Ol\u{fffd}"),
    ("Olá 😀".as_bytes(), "Olá 😀"),
];

fn with_text(body: &str, text: &[u8]) -> Vec<u8> {
    let (before, after) = body.split_once('%').expect("a place for the text");
    [before.as_bytes(), text, after.as_bytes()].concat()
}

/// C2: a customer's message is not lost because of half an emoji in it, or in a name beside it.
#[test]
fn half_an_emoji_hides_no_message() {
    for (name, delivery, ..) in WITH_TEXT {
        for (written, expected) in TEXTS {
            let webhook = registered(name).expect("a provider").webhook;
            let webhook = webhook.expect("it delivers");
            let told = webhook
                .read(&with_text(delivery, written))
                .expect("a delivery");
            let [
                Told {
                    event: Event::Message(message),
                    ..
                },
            ] = &told[..]
            else {
                panic!("{name}: {told:?}");
            };
            assert_eq!(message.text.as_deref(), Some(expected), "{name}");
        }
    }
}

/// B2: nor is a message sent twice because of one beside a yes.
#[tokio::test]
async fn half_an_emoji_makes_no_doubt_of_a_yes() {
    for (name, _, status, answer) in WITH_TEXT {
        for (written, _) in TEXTS {
            let script = AnswerScript::bytes(status, &with_text(answer, written));
            let server = AnsweringServer::start(script).await;
            let mut channel = address(&server.base_url);
            if name == "http" {
                let options = json!({"body": {"text": "{{ text }}"}, "message_id": "/id"});
                channel.options = Options(options.as_object().cloned().expect("an object"));
            }
            let provider = provider_named(name, channel, http()).expect("a provider");
            let message = OutgoingMessage::new(phone("11987654321"), MessageBody::text("Oi"));
            let accepted = provider.send(&message).await.expect("accepted");
            assert_eq!(accepted.provider_message_id, "A", "{name}");
        }
    }
}
