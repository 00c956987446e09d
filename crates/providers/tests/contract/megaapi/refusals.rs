//! Every answer to a message and what it means.

use serde_json::{Value, json};
use zapgres_core::error_class::{ErrorClass, SendError};

use super::answered;
use crate::SECRET;
use crate::server::AnswerScript;

async fn refused(script: AnswerScript) -> SendError {
    let error = answered(script.clone()).await.expect_err("a refusal");
    assert!(error.reached_provider, "{script:?}");
    for private in [SECRET, "987654321"] {
        assert!(!error.message.contains(private), "{}", error.message);
    }
    error
}

async fn assert_class(expected: ErrorClass, script: AnswerScript) {
    let error = refused(script.clone()).await;
    assert_eq!(error.class, expected, "{script:?}: {error}");
}

/// P1: where the id is differs between versions.
#[tokio::test]
async fn the_id_is_found_wherever_it_is() {
    for body in [
        json!({"error": false, "key": {"id": "A"}}),
        json!({"error": false, "message": "sent", "messageData": {"key": {"id": "A"}, "status": "PENDING"}}),
        json!({"error": false, "messageData": {"id": "A"}}),
        json!({"id": "A"}),
        json!({"error": "false", "key": {"id": ""}, "messageId": "A"}),
    ] {
        for status in [200, 201] {
            let accepted = answered(AnswerScript::json(status, &body)).await.unwrap();
            assert_eq!(accepted.provider_message_id, "A", "{body}");
        }
    }
}

/// B2: repeating a message that was accepted would send it twice.
#[tokio::test]
async fn a_yes_without_an_id_is_a_yes() {
    for body in [
        json!({"error": false}),
        json!({"error": "false"}),
        json!({"error": false, "key": {"id": 7}}),
    ] {
        let accepted = answered(AnswerScript::json(200, &body)).await.unwrap();
        assert_eq!(accepted.provider_message_id, "", "{body}");
    }
}

/// B2
#[tokio::test]
async fn a_yes_of_somebody_else_is_uncertain() {
    for body in [
        "",
        "OK",
        "{}",
        "[]",
        "null",
        "<html>",
        r#"{"error":null}"#,
        r#"{"message":"hi"}"#,
    ] {
        assert_class(ErrorClass::Uncertain, AnswerScript::text(200, body)).await;
    }
}

/// O5: the error table, row by row.
#[tokio::test]
async fn every_row_of_the_error_table_has_its_class() {
    use ErrorClass::{
        ChannelAuth, ChannelDown, RecipientInvalid, Rejected, Throttled, Transient, Uncertain,
    };
    let rows = [
        (RecipientInvalid, 200, "The number is not on WhatsApp"),
        (RecipientInvalid, 400, "Number does not exist"),
        (ChannelDown, 200, "Phone not connected"),
        (ChannelDown, 500, "Connection Closed"),
        (ChannelDown, 403, "Instance disconnected"),
        (ChannelAuth, 404, "Instance not found"),
        (ChannelAuth, 200, "invalid key supplied"),
        (ChannelAuth, 401, "wrong"),
        (ChannelAuth, 405, "wrong"),
        (Throttled, 429, "slow down"),
        (Throttled, 200, "Too many requests"),
        (Transient, 200, "odd"),
        (Uncertain, 500, "odd"),
        (Uncertain, 502, "odd"),
        (Rejected, 400, "text is required"),
        (Rejected, 413, "request entity too large"),
        (Uncertain, 500, "Timed Out"),
        (Uncertain, 200, "request timeout"),
    ];
    for (class, status, text) in rows {
        for error in [json!(true), json!("true")] {
            let body = json!({"error": error, "message": text});
            assert_class(class, AnswerScript::json(status, &body)).await;
        }
        let body = json!({ "error": text });
        assert_class(class, AnswerScript::json(status, &body)).await;
    }
    // With a status that is no yes, the text alone is enough.
    let body = json!({"message": "Instance not found"});
    assert_class(ChannelAuth, AnswerScript::json(400, &body)).await;
}

#[tokio::test]
async fn an_error_beside_an_id_is_no_success() {
    let body = json!({"error": true, "message": "Connection Closed", "id": "A"});
    assert_class(ErrorClass::ChannelDown, AnswerScript::json(200, &body)).await;
}

#[tokio::test]
async fn answers_of_proxies_and_other_servers_have_their_class() {
    for (class, status) in [
        (ErrorClass::Uncertain, 500),
        (ErrorClass::Uncertain, 502),
        (ErrorClass::Transient, 503),
        (ErrorClass::Transient, 400),
        (ErrorClass::Throttled, 429),
        (ErrorClass::ChannelAuth, 301),
        (ErrorClass::ChannelAuth, 401),
        (ErrorClass::ChannelAuth, 404),
        (ErrorClass::ChannelAuth, 410),
        (ErrorClass::Rejected, 413),
        (ErrorClass::Rejected, 422),
    ] {
        assert_class(class, AnswerScript::text(status, "<html>")).await;
    }
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let echo = format!("Bearer {SECRET}\n5511987654321");
    for (script, expected) in [
        (
            AnswerScript::json(400, &json!({"error": true, "message": echo})),
            "HTTP 400: Bearer [secret] *********4321",
        ),
        (
            AnswerScript::json(400, &json!({"error": true})),
            "HTTP 400: no reason given",
        ),
        (
            AnswerScript::json(404, &Value::Null),
            "HTTP 404: no such address: check the channel's address and instance",
        ),
    ] {
        assert_eq!(refused(script).await.message, expected);
    }
}
