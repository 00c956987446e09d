//! State of the connection, restarts and pairing.

use serde_json::{Value, json};
use zapgres_core::error_class::ErrorClass;
use zapgres_providers::{ConnectionState, Health, Pairing};

use super::megaapi;
use crate::phone;
use crate::server::{AnswerScript, AnsweringServer};

fn state(status: &str) -> Value {
    json!({"error": false, "message": "Instance data fetched", "instance": {
        "key": "loja1", "status": status, "user": {"id": "5511987654321:12@s.whatsapp.net"},
    }})
}

async fn health(answer: &Value) -> Health {
    let server = AnsweringServer::start(AnswerScript::json(200, answer)).await;
    let health = megaapi(&server.base_url).health().await.expect("a state");
    assert_eq!(server.requests()[0].target, "GET /rest/instance/loja1");
    health
}

/// P3
#[tokio::test]
async fn the_state_is_told_with_the_number() {
    let connected = Health {
        state: ConnectionState::Connected,
        number: Some("5511987654321".to_owned()),
        detail: None,
    };
    assert_eq!(health(&state("connected")).await, connected);
    assert_eq!(health(&json!([state("connected")])).await, connected);
    let nameless = json!({"instance": {"status": "connected", "user": {"id": "x"}}});
    assert_eq!(health(&nameless).await.number, None);
    for (status, expected) in [
        ("connecting", ConnectionState::Connecting),
        ("disconnected", ConnectionState::Disconnected),
        ("odd", ConnectionState::Disconnected),
    ] {
        let told = health(&state(status)).await;
        assert_eq!((told.state, told.number), (expected, None));
        assert_eq!(told.detail.as_deref(), Some(status));
    }
}

/// P3
#[tokio::test]
async fn a_state_that_is_not_told_is_an_error() {
    let not_found = json!({"error": true, "message": "Instance not found"});
    for (class, script) in [
        (ErrorClass::ChannelAuth, AnswerScript::json(200, &not_found)),
        (ErrorClass::ChannelAuth, AnswerScript::text(401, "")),
        (
            ErrorClass::Transient,
            AnswerScript::json(200, &json!({"instance": {}})),
        ),
        (ErrorClass::Transient, AnswerScript::json(200, &json!([]))),
        (ErrorClass::Transient, AnswerScript::text(502, "")),
    ] {
        let server = AnsweringServer::start(script).await;
        let error = megaapi(&server.base_url)
            .health()
            .await
            .expect_err("an error");
        assert_eq!(error.class, class);
    }
}

/// P3
#[tokio::test]
async fn an_instance_is_restarted() {
    let server = AnsweringServer::start(AnswerScript::json(200, &json!({"error": false}))).await;
    assert_eq!(megaapi(&server.base_url).recover().await, Ok(()));
    assert_eq!(
        server.requests()[0].target,
        "DELETE /rest/instance/loja1/restart"
    );
    let refused = json!({"error": true, "message": "Instance not found"});
    let server = AnsweringServer::start(AnswerScript::json(404, &refused)).await;
    let error = megaapi(&server.base_url)
        .recover()
        .await
        .expect_err("an error");
    assert_eq!(error.class, ErrorClass::ChannelAuth);
}

/// P5
#[tokio::test]
async fn a_code_to_scan_is_understood() {
    let image = "data:image/png;base64,iVBORw0KGgo=";
    let connected = json!({"error": true, "message": "User is already logged in"});
    for (answer, pairing) in [
        (
            json!({"error": false, "qrcode": image}),
            Pairing::QrImage(image.to_owned()),
        ),
        (
            json!({"qrcode": "2@abc"}),
            Pairing::QrCode("2@abc".to_owned()),
        ),
        (connected, Pairing::Connected),
    ] {
        let server = AnsweringServer::start(AnswerScript::json(200, &answer)).await;
        assert_eq!(megaapi(&server.base_url).pair(None).await, Ok(pairing));
        let target = "GET /rest/instance/qrcode_base64/loja1";
        assert_eq!(server.requests()[0].target, target);
    }
    for answer in [json!({}), json!({"qrcode": ""})] {
        let server = AnsweringServer::start(AnswerScript::json(200, &answer)).await;
        let error = megaapi(&server.base_url)
            .pair(None)
            .await
            .expect_err("an error");
        assert_eq!(error.class, ErrorClass::Transient);
    }
}

#[tokio::test]
async fn a_code_to_type_is_refused() {
    let number = phone("11987654321");
    let error = megaapi("http://127.0.0.1:1").pair(number.phone()).await;
    let error = error.expect_err("refused");
    assert_eq!(error.class, ErrorClass::Rejected);
    assert!(!error.reached_provider && error.message.contains("QR code"));
}
