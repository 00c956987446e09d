//! The request for every kind of message and every kind of recipient.

use serde_json::{Value, json};
use zapgres_core::error_class::ErrorClass;
use zapgres_core::message::{MessageBody, MessageKind};
use zapgres_core::recipient::Recipient;
use zapgres_providers::{OutgoingMessage, fit};

use super::{request_of, to_ana, waha};
use crate::SECRET;

fn body(kind: &str, text: Option<&str>, payload: Value) -> MessageBody {
    MessageBody::from_parts(kind, text, Some(&payload)).expect("a message")
}

/// What each kind asks for, besides session and chat.
fn requests() -> Vec<(MessageBody, &'static str, Value)> {
    let image = json!({"url": "https://loja.example/1.png", "mime_type": "image/png"});
    let voice =
        json!({"url": "https://loja.example/1.mp3", "mime_type": "audio/mpeg", "voice": true});
    let vcard = "BEGIN:VCARD\nVERSION:3.0\nN:;Zé;;;\nFN:Zé\n\
        TEL;type=CELL;waid=5511987654321:+5511987654321\nEND:VCARD";
    vec![
        (
            body(
                "text",
                Some("Olá, Ana!\n*Total: R$ 5,00*"),
                json!({"preview": true}),
            ),
            "POST /api/sendText",
            json!({"text": "Olá, Ana!\n*Total: R$ 5,00*", "linkPreview": true}),
        ),
        (
            body("image", Some("Pizza"), image),
            "POST /api/sendImage",
            json!({"file": {"mimetype": "image/png", "url": "https://loja.example/1.png"}, "caption": "Pizza"}),
        ),
        (
            body("image", None, json!({"base64": "AAAA"})),
            "POST /api/sendImage",
            json!({"file": {"mimetype": "image/jpeg", "data": "AAAA"}}),
        ),
        (
            body(
                "document",
                None,
                json!({"base64": "AAAA", "mime_type": "application/pdf", "file_name": "nota.pdf"}),
            ),
            "POST /api/sendFile",
            json!({"file": {"mimetype": "application/pdf", "filename": "nota.pdf", "data": "AAAA"}}),
        ),
        (
            body("document", None, json!({"base64": "AAAA"})),
            "POST /api/sendFile",
            json!({"file": {"mimetype": "application/octet-stream", "data": "AAAA"}}),
        ),
        (
            body("audio", None, json!({"base64": "AAAA"})),
            "POST /api/sendFile",
            json!({"file": {"mimetype": "audio/mpeg", "data": "AAAA"}}),
        ),
        (
            body("audio", None, json!({"base64": "AAAA", "voice": true})),
            "POST /api/sendVoice",
            json!({"file": {"mimetype": "audio/ogg; codecs=opus", "data": "AAAA"}, "convert": false}),
        ),
        (
            body("audio", None, voice),
            "POST /api/sendVoice",
            json!({"file": {"mimetype": "audio/mpeg", "url": "https://loja.example/1.mp3"}, "convert": true}),
        ),
        (
            body("video", Some("Assim"), json!({"base64": "AAAA"})),
            "POST /api/sendVideo",
            json!({"file": {"mimetype": "video/mp4", "data": "AAAA"}, "caption": "Assim"}),
        ),
        (
            body(
                "location",
                None,
                json!({"latitude": -23.5, "longitude": -46.6, "name": "Loja", "address": "Rua A, 1"}),
            ),
            "POST /api/sendLocation",
            json!({"latitude": -23.5, "longitude": -46.6, "title": "Loja\nRua A, 1"}),
        ),
        (
            body(
                "contact",
                None,
                json!({"contacts": [{"name": "Zé", "phone": "+5511987654321"}]}),
            ),
            "POST /api/sendContactVcard",
            json!({"contacts": [{"vcard": vcard}]}),
        ),
        (
            body(
                "reaction",
                None,
                json!({"message_id": "false_5511987654321@c.us_B", "emoji": "👍"}),
            ),
            "PUT /api/reaction",
            json!({"messageId": "false_5511987654321@c.us_B", "reaction": "👍"}),
        ),
        (
            body(
                "reaction",
                None,
                json!({"message_id": "B", "from_me": true, "emoji": ""}),
            ),
            "PUT /api/reaction",
            json!({"messageId": "true_5511987654321@c.us_B", "reaction": ""}),
        ),
        (
            body(
                "buttons",
                Some("Confirma?"),
                json!({"title": "Pedido 7", "buttons": [{"id": "s", "label": "Sim"}]}),
            ),
            "POST /api/sendButtons",
            json!({
                "header": "Pedido 7", "body": "Confirma?", "footer": null,
                "buttons": [{"type": "reply", "id": "s", "text": "Sim"}],
            }),
        ),
        (
            body("poll", Some("Gostou?"), json!({"options": ["Sim", "Não"]})),
            "POST /api/sendPoll",
            json!({"poll": {"name": "Gostou?", "options": ["Sim", "Não"], "multipleAnswers": false}}),
        ),
        (
            body(
                "poll",
                Some("Quais?"),
                json!({"options": ["A", "B"], "choices": 0}),
            ),
            "POST /api/sendPoll",
            json!({"poll": {"name": "Quais?", "options": ["A", "B"], "multipleAnswers": true}}),
        ),
    ]
}

/// P1: every kind that WAHA has makes the documented request.
#[tokio::test]
async fn every_kind_makes_the_request_that_waha_expects() {
    let provider = waha("http://127.0.0.1:1");
    for (body, target, mut expected) in requests() {
        assert!(provider.kinds().contains(&body.kind()));
        let request = request_of(&to_ana(body)).await;
        assert_eq!(request.target, target);
        assert_eq!(request.header("x-api-key"), SECRET);
        assert_eq!(request.header("accept"), "application/json");
        expected["session"] = json!("loja 1");
        expected["chatId"] = json!("5511987654321@c.us");
        assert_eq!(request.body, expected, "{target}");
    }
}

#[test]
fn every_kind_that_waha_has_is_tested_here() {
    let tested: Vec<MessageKind> = requests().iter().map(|(body, ..)| body.kind()).collect();
    for kind in waha("http://127.0.0.1:1").kinds() {
        assert!(tested.contains(kind), "{kind:?}");
    }
}

/// A list is sent as numbered text; a sticker has no such form.
#[test]
fn kinds_that_waha_lacks_are_put_in_words_or_refused() {
    let provider = waha("http://127.0.0.1:1");
    let rows = json!([{"rows": [{"id": "1", "title": "Pizza"}]}]);
    let list = body(
        "list",
        Some("Escolha"),
        json!({"button": "Ver", "sections": rows}),
    );
    let fitted = fit(provider.as_ref(), to_ana(list), true).expect("a text");
    assert_eq!(fitted.body, MessageBody::text("Escolha\n\n1. Pizza"));
    let sticker = to_ana(body("sticker", None, json!({"base64": "AAAA"})));
    let refused = fit(provider.as_ref(), sticker, true).expect_err("a refusal");
    assert_eq!(refused.class, ErrorClass::Rejected);
    assert!(!refused.reached_provider);
}

/// An answer quotes what it answers; without its chat, an id is one of our own messages.
#[tokio::test]
async fn a_reply_names_the_whole_message_that_it_quotes() {
    for (quotes, expected) in [
        ("false_123@lid_B", "false_123@lid_B"),
        ("3EB0C5A277", "true_5511987654321@c.us_3EB0C5A277"),
    ] {
        let message = OutgoingMessage {
            quotes: Some(quotes.to_owned()),
            ..to_ana(MessageBody::text("Oi"))
        };
        assert_eq!(request_of(&message).await.body["reply_to"], expected);
    }
}

/// O4: the address that WAHA confirmed, else the one made of the recipient; never `@s.whatsapp.net`.
#[tokio::test]
async fn every_recipient_has_its_chat() {
    let recipient = |kind, address| Recipient::parse(kind, address).expect("a recipient");
    let cases = [
        (
            recipient("phone", "+5511987654321"),
            None,
            "5511987654321@c.us",
        ),
        (
            recipient("lid", "123456789012345"),
            None,
            "123456789012345@lid",
        ),
        (
            recipient("group", "120363025246125486"),
            None,
            "120363025246125486@g.us",
        ),
        (
            recipient("phone", "+5511987654321"),
            Some("551187654321@c.us"),
            "551187654321@c.us",
        ),
        (
            recipient("phone", "+5511987654321"),
            Some("551187654321@s.whatsapp.net"),
            "551187654321@c.us",
        ),
        (
            recipient("phone", "+5511987654321"),
            Some("123@lid"),
            "123@lid",
        ),
        (
            recipient("phone", "+5511987654321"),
            Some("+551187654321"),
            "551187654321@c.us",
        ),
    ];
    for (recipient, confirmed, chat) in cases {
        let message = OutgoingMessage {
            confirmed_address: confirmed.map(str::to_owned),
            ..OutgoingMessage::new(recipient, MessageBody::text("Oi"))
        };
        assert_eq!(request_of(&message).await.body["chatId"], chat);
    }
}

#[tokio::test]
async fn a_person_known_to_meta_only_is_not_asked_for() {
    let person = Recipient::parse("bsuid", "BR.1502576394655843").expect("a recipient");
    let message = OutgoingMessage::new(person, MessageBody::text("Oi"));
    let error = waha("http://127.0.0.1:1")
        .send(&message)
        .await
        .expect_err("a refusal");
    assert_eq!(
        (error.class, error.reached_provider),
        (ErrorClass::RecipientInvalid, false)
    );
}
