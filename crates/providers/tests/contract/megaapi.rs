//! What the MegaAPI provider makes of every answer that its contract knows, and of others.

mod refusals;
mod session;

use std::sync::Arc;

use serde_json::{Value, json};
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::{MessageBody, MessageKind};
use zapgres_core::recipient::Recipient;
use zapgres_providers::{Accepted, Options, OutgoingMessage, Provider, provider_named, registered};

use crate::server::{AnswerScript, AnsweringServer};
use crate::{SECRET, address, http, phone};

fn megaapi(base_url: &str) -> Arc<dyn Provider> {
    provider_named("megaapi", address(base_url), http()).expect("megaapi is there")
}

fn message(body: &Value) -> OutgoingMessage {
    let body: MessageBody = serde_json::from_value(body.clone()).expect("a message");
    OutgoingMessage::new(phone("11987654321"), body)
}

fn accepted_json() -> Value {
    json!({"error": false, "message": "ok", "id": "3EB0C5"})
}

/// The result of a text when the server gives this answer.
async fn answered(script: AnswerScript) -> Result<Accepted, SendError> {
    let server = AnsweringServer::start(script).await;
    let message = message(&json!({"kind": "text", "text": "Oi"}));
    megaapi(&server.base_url).send(&message).await
}

/// Asserts the operation and the fields of `messageData`.
async fn assert_request(message: &OutgoingMessage, operation: &str, fields: Value) {
    let server = AnsweringServer::start(AnswerScript::json(200, &accepted_json())).await;
    let accepted = megaapi(&server.base_url).send(message).await;
    let accepted = accepted.expect("accepted");
    assert_eq!(accepted.provider_message_id, "3EB0C5");
    let requests = server.requests();
    let [request] = requests.as_slice() else {
        panic!("one request, not {requests:?}");
    };
    let target = format!("POST /rest/sendMessage/loja1/{operation}");
    assert_eq!(request.target, target);
    assert_eq!(request.header("authorization"), format!("Bearer {SECRET}"));
    assert_eq!(request.body, json!({ "messageData": fields }));
}

/// P1: the request is the documented one.
#[tokio::test]
async fn texts_are_sent_as_documented() {
    let to = "5511987654321@s.whatsapp.net";
    for preview in [false, true] {
        assert_request(
            &message(&json!({"kind": "text", "text": "Olá\n*Ana*", "preview": preview})),
            "text",
            json!({"to": to, "text": "Olá\n*Ana*", "linkPreview": preview}),
        )
        .await;
    }
}

/// P1
#[tokio::test]
async fn files_are_sent_as_documented() {
    let to = "5511987654321@s.whatsapp.net";
    let url = "https://loja.example/a";
    for (kind, voice, name) in [
        ("image", false, "image"),
        ("video", false, "video"),
        ("document", false, "document"),
        ("audio", false, "audio"),
        ("audio", true, "ptt"),
    ] {
        assert_request(
            &message(&json!({"kind": kind, "url": url, "voice": voice})),
            "mediaUrl",
            json!({"to": to, "url": url, "type": name}),
        )
        .await;
    }
    assert_request(
        &message(
            &json!({"kind": "document", "url": url, "file_name": "nota.pdf",
            "caption": "Nota", "mime_type": "application/pdf"}),
        ),
        "mediaUrl",
        json!({"to": to, "url": url, "type": "document", "fileName": "nota.pdf",
            "caption": "Nota", "mimeType": "application/pdf"}),
    )
    .await;
}

#[tokio::test]
async fn every_recipient_has_its_spelling() {
    let to = |recipient| OutgoingMessage::new(recipient, MessageBody::text("Oi"));
    let group = Recipient::parse("group", "120363025246125486").expect("a group");
    assert_request(
        &to(group),
        "text",
        json!({"to": "120363025246125486@g.us", "text": "Oi", "linkPreview": false}),
    )
    .await;
    let confirmed = OutgoingMessage {
        confirmed_address: Some("551187654321@s.whatsapp.net".to_owned()),
        ..to(phone("11987654321"))
    };
    assert_request(
        &confirmed,
        "text",
        json!({"to": "551187654321@s.whatsapp.net", "text": "Oi", "linkPreview": false}),
    )
    .await;
}

#[tokio::test]
async fn what_it_does_not_have_is_refused_before_it_is_sent() {
    let lid = Recipient::parse("lid", "81896604192873").expect("a lid");
    let bsuid = Recipient::parse("bsuid", "BR.1502576394655843").expect("a bsuid");
    for (message, part) in [
        (
            message(&json!({"kind": "image", "base64": "QUJD"})),
            "give a url instead of base64",
        ),
        (
            message(&json!({"kind": "sticker", "url": "https://a.example/a"})),
            "kind sticker",
        ),
        (
            OutgoingMessage::new(lid, MessageBody::text("Oi")),
            "not to a lid",
        ),
        (
            OutgoingMessage::new(bsuid, MessageBody::text("Oi")),
            "bsuid",
        ),
    ] {
        let error = megaapi("http://127.0.0.1:1").send(&message).await;
        let error = error.expect_err("refused");
        assert_eq!(error.class, ErrorClass::Rejected);
        assert!(
            !error.reached_provider && error.message.contains(part),
            "{error}"
        );
    }
}

/// P1: text and media. Nothing is confirmed about what it delivers.
#[test]
fn it_has_texts_and_files_and_no_webhook() {
    let provider = megaapi("http://127.0.0.1:1");
    let kinds = [
        MessageKind::Text,
        MessageKind::Image,
        MessageKind::Document,
        MessageKind::Audio,
        MessageKind::Video,
    ];
    assert_eq!(provider.kinds(), kinds);
    assert!(!provider.can_quote() && !provider.can_look_up());
    let registered = registered("megaapi").expect("megaapi is there");
    assert!(registered.webhook.is_none() && registered.base_url.is_none());
    let mut channel = address("http://127.0.0.1:1");
    channel.options = Options(json!({"x": 1}).as_object().expect("an object").clone());
    let error = provider_named("megaapi", channel, http()).err();
    assert!(
        error
            .expect("refused")
            .to_string()
            .starts_with("option x: ")
    );
}
