//! Every refusal and the class it means.

use serde_json::{Value, json};
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::MessageBody;
use zapgres_providers::OutgoingMessage;

use super::{CLIENT_TOKEN, answered, zapi};
use crate::server::{AnswerScript, Then, rude_server};
use crate::{SECRET, expect_silence, phone};

async fn refused(script: AnswerScript) -> SendError {
    let error = answered(script.clone()).await.expect_err("a refusal");
    assert!(error.reached_provider, "{script:?}");
    for private in [SECRET, CLIENT_TOKEN, "987654321", "/token/"] {
        assert!(!error.message.contains(private), "{}", error.message);
    }
    assert!(!error.message.contains('\n') && error.message.chars().count() <= 300);
    error
}

async fn assert_class(expected: ErrorClass, script: AnswerScript) {
    let error = refused(script.clone()).await;
    assert_eq!(error.class, expected, "{script:?}: {error}");
}

/// O5: the error table, row by row.
#[tokio::test]
async fn every_row_of_the_error_table_has_its_class() {
    use ErrorClass::{
        ChannelAuth, ChannelDown, RecipientInvalid, Rejected, Throttled, Transient, Uncertain,
    };
    let not_found = json!({
        "error": "NOT_FOUND", "message": "Unable to find matching target resource method",
    });
    let error = |text: &str| json!({ "error": text });
    let rows = [
        // With 200, too.
        (ChannelAuth, 200, not_found.clone()),
        (ChannelAuth, 404, not_found),
        (ChannelAuth, 200, error("null not allowed")),
        (ChannelAuth, 403, error("203.0.113.7 not allowed")),
        (
            ChannelAuth,
            400,
            error("your client-token is not configured"),
        ),
        (ChannelAuth, 401, error("wrong")),
        (ChannelAuth, 404, error("Instance not found")),
        (
            ChannelAuth,
            400,
            error("you must subscribe to this instance again"),
        ),
        (ChannelAuth, 405, error("Method Not Allowed")),
        (ChannelDown, 503, error("wrong")),
        (ChannelDown, 200, error("You are not connected.")),
        (ChannelDown, 400, error("You need to restore the session.")),
        (ChannelDown, 400, error("Queue limit reached")),
        (RecipientInvalid, 400, error("Invalid phone")),
        (RecipientInvalid, 200, error("Phone number does not exist")),
        (Rejected, 400, error("message is required")),
        (Rejected, 415, error("Unsupported Media Type")),
        (Throttled, 429, error("slow down")),
        (Throttled, 400, error("Too many requests")),
        (Transient, 200, error("something else")),
        // Whoever fails or gives up waiting may have queued the message before.
        (Uncertain, 500, error("Internal Server Error")),
        (Uncertain, 502, error("Bad Gateway")),
        (Uncertain, 504, error("Gateway Timeout")),
        (Uncertain, 400, error("Request timeout")),
        (Uncertain, 200, error("Timed out")),
    ];
    for (class, status, body) in rows {
        assert_class(class, AnswerScript::json(status, &body)).await;
    }
}

/// B2: an error is looked at before the id, and both together tell nothing.
#[tokio::test]
async fn an_error_beside_an_id_is_no_success() {
    for (class, error) in [
        (ErrorClass::ChannelAuth, json!("NOT_FOUND")),
        (ErrorClass::Uncertain, json!("odd")),
        (ErrorClass::Uncertain, json!(true)),
        (ErrorClass::Uncertain, json!({"code": 7})),
    ] {
        let body = json!({"messageId": "D241", "error": error});
        assert_class(class, AnswerScript::json(200, &body)).await;
    }
    for error in [json!(null), json!(false), json!("")] {
        let body = json!({"messageId": "D241", "error": error});
        let accepted = answered(AnswerScript::json(200, &body)).await.unwrap();
        assert_eq!(accepted.provider_message_id, "D241");
    }
}

#[tokio::test]
async fn the_first_id_that_is_there_is_taken() {
    for (body, id) in [
        (json!({"messageId": "A", "id": "B", "zaapId": "C"}), "A"),
        (json!({"messageId": "", "id": "B", "zaapId": "C"}), "B"),
        (
            json!({"messageId": 7, "zaapId": "C", "status": "queued"}),
            "C",
        ),
    ] {
        let accepted = answered(AnswerScript::json(200, &body)).await.unwrap();
        assert_eq!(accepted.provider_message_id, id);
    }
}

/// B2
#[tokio::test]
async fn a_yes_that_does_not_name_the_message_is_uncertain() {
    for body in [
        "",
        "OK",
        "{",
        "[]",
        "{}",
        "null",
        r#"{"messageId":""}"#,
        r#"{"id":7}"#,
    ] {
        assert_class(ErrorClass::Uncertain, AnswerScript::text(200, body)).await;
    }
}

#[tokio::test]
async fn answers_of_proxies_and_other_servers_have_their_class() {
    let rows = [
        (ErrorClass::Uncertain, 500),
        (ErrorClass::Uncertain, 502),
        (ErrorClass::Uncertain, 504),
        (ErrorClass::Transient, 503),
        (ErrorClass::Transient, 400),
        (ErrorClass::Transient, 408),
        (ErrorClass::Throttled, 429),
        (ErrorClass::ChannelAuth, 302),
        (ErrorClass::ChannelAuth, 401),
        (ErrorClass::ChannelAuth, 403),
        (ErrorClass::ChannelAuth, 404),
        (ErrorClass::ChannelAuth, 405),
        (ErrorClass::ChannelAuth, 410),
        (ErrorClass::Rejected, 413),
        (ErrorClass::Rejected, 415),
    ];
    for (class, status) in rows {
        let html = "<html>\n<h1>nginx</h1> ligue 5511987654321</html>";
        assert_class(class, AnswerScript::text(status, html)).await;
    }
}

/// P7: the token is a part of the URL, and stays out of what is logged.
#[tokio::test]
async fn secrets_and_numbers_that_are_repeated_are_hidden() {
    let echo = format!("{SECRET} {CLIENT_TOKEN}\nphone 5511987654321");
    let error = refused(AnswerScript::json(400, &json!({ "error": echo }))).await;
    assert_eq!(
        error.message,
        "HTTP 400: [secret] [secret] phone *********4321"
    );
}

#[tokio::test]
async fn a_wish_to_wait_is_understood() {
    let script = AnswerScript::json(429, &json!({"error": "slow down"}));
    let error = refused(script.header("retry-after", "7")).await;
    assert_eq!(error.retry_after.map(|wait| wait.as_secs()), Some(7));
}

/// B2: what may have arrived is uncertain, and the URL with its token is in no error.
#[tokio::test]
async fn failures_on_the_way_do_not_show_the_url() {
    expect_silence();
    let message = OutgoingMessage::new(phone("11987654321"), MessageBody::text("Oi"));
    for (base_url, class) in [
        ("http://127.0.0.1:1".to_owned(), ErrorClass::ChannelDown),
        (rude_server(Then::Close).await, ErrorClass::Uncertain),
        (rude_server(Then::Nothing).await, ErrorClass::Uncertain),
        ("loja".to_owned(), ErrorClass::ChannelAuth),
        ("mailto:a@b".to_owned(), ErrorClass::ChannelAuth),
    ] {
        let error = zapi(&base_url).send(&message).await.expect_err("an error");
        assert_eq!(error.class, class, "{base_url}");
        assert!(!error.message.contains(SECRET) && !error.message.contains("instances"));
    }
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let not_found = json!({"error": "NOT_FOUND", "message": "Unable to find it"});
    for (script, expected) in [
        (
            AnswerScript::json(200, &not_found),
            "HTTP 200: NOT_FOUND: Unable to find it",
        ),
        (
            AnswerScript::json(400, &json!({"error": true})),
            "HTTP 400: no reason given",
        ),
        (
            AnswerScript::json(400, &json!({"error": {"code": 7}})),
            "HTTP 400: {\"code\":7}",
        ),
        (
            AnswerScript::text(404, "<html>"),
            "HTTP 404: no such address: check the channel's address, instance and credential",
        ),
        (
            AnswerScript::json(502, &Value::Null),
            "HTTP 502: not an answer of Z-API",
        ),
    ] {
        assert_eq!(refused(script).await.message, expected);
    }
}
