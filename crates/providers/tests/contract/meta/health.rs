//! Whether the number can send.

use serde_json::json;
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_providers::{ConnectionState, Health};

use super::{NUMBER, meta};
use crate::server::{AnswerScript, AnsweringServer};

async fn health_by(script: AnswerScript) -> Result<Health, SendError> {
    let server = AnsweringServer::start(script).await;
    let health = meta(&server.base_url).health().await;
    let requests = server.requests();
    let target = format!(
        "GET /v25.0/{NUMBER}?fields=display_phone_number%2Cverified_name%2Cquality_rating%2Cstatus"
    );
    assert_eq!((requests.len(), &requests[0].target), (1, &target));
    health
}

/// P3: every state that Meta knows of a number.
#[tokio::test]
async fn the_state_of_the_number_is_told() {
    for (status, state) in [
        ("CONNECTED", ConnectionState::Connected),
        ("FLAGGED", ConnectionState::Connected),
        ("RESTRICTED", ConnectionState::Connected),
        ("RATE_LIMITED", ConnectionState::Connected),
        ("PENDING", ConnectionState::Connecting),
        ("DISCONNECTED", ConnectionState::Disconnected),
        ("UNVERIFIED", ConnectionState::Disconnected),
        ("MIGRATED", ConnectionState::Disconnected),
        ("BANNED", ConnectionState::Disconnected),
        ("DELETED", ConnectionState::Disconnected),
    ] {
        let answer = json!({
            "id": NUMBER, "display_phone_number": "+55 31 8765-4321", "verified_name": "Loja",
            "quality_rating": "GREEN", "status": status,
        });
        let health = health_by(AnswerScript::json(200, &answer)).await;
        let expected = Health {
            state,
            number: Some("553187654321".to_owned()),
            detail: Some(format!("status {status}, quality GREEN")),
        };
        assert_eq!(health, Ok(expected));
    }
    let bare = json!({"id": NUMBER});
    let expected = Health {
        state: ConnectionState::Connected,
        number: None,
        detail: None,
    };
    let health = health_by(AnswerScript::json(200, &bare)).await;
    assert_eq!(health, Ok(expected));
}

/// P3: not registered is a state, not a failure to ask.
#[tokio::test]
async fn a_number_that_is_not_registered_is_disconnected() {
    let answer = json!({"error": {"code": 133_010, "message": "(#133010) Account not registered"}});
    let health = health_by(AnswerScript::json(400, &answer)).await;
    let health = health.expect("a state");
    assert_eq!(health.state, ConnectionState::Disconnected);
    let detail = health.detail.expect("Meta's words");
    assert!(detail.contains("Account not registered"), "{detail}");
}

/// B4: a question is never uncertain, it can be asked again.
#[tokio::test]
async fn what_keeps_the_question_from_being_answered_is_an_error() {
    let expired = json!({"error": {"code": 190, "message": "Session has expired"}});
    for (script, class) in [
        (AnswerScript::json(401, &expired), ErrorClass::ChannelAuth),
        (AnswerScript::text(502, "<html>"), ErrorClass::Transient),
        (AnswerScript::text(200, "<html>"), ErrorClass::Transient),
        (AnswerScript::text(200, "{}"), ErrorClass::Transient),
    ] {
        let error = health_by(script).await.expect_err("an error");
        assert_eq!(error.class, class, "{error}");
    }
}
