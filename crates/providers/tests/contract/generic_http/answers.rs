//! Every answer, and the class it means.

use serde_json::{Value, json};
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_providers::{Accepted, ConnectionState, Health, OutgoingMessage};

use super::{channel, message};
use crate::server::{AnswerScript, AnsweringServer, Then, rude_server};
use crate::{SECRET, expect_silence};

async fn answered(script: AnswerScript, options: &Value) -> Result<Accepted, SendError> {
    let server = AnsweringServer::start(script).await;
    let provider = channel(&server.base_url, options).expect("good options");
    provider.send(&message()).await
}

fn accepted(id: &str) -> Result<Accepted, SendError> {
    Ok(Accepted {
        provider_message_id: id.to_owned(),
        recipient_address: None,
    })
}

/// C8: receipts name the message by the API's id where its answer has one, else by our own.
#[tokio::test]
async fn a_yes_names_the_message() {
    let options = json!({"message_id": "/data/id"});
    for (id, expected) in [(json!("sms-1"), "sms-1"), (json!(4711), "4711")] {
        let answer = AnswerScript::json(201, &json!({"data": {"id": id}}));
        assert_eq!(answered(answer, &options).await, accepted(expected));
    }
    for status in [200, 202, 204] {
        let answer = AnswerScript::text(status, "OK");
        assert_eq!(answered(answer, &json!({})).await, accepted("n-7"));
    }
}

#[tokio::test]
async fn without_any_name_the_message_is_accepted_all_the_same() {
    let server = AnsweringServer::start(AnswerScript::text(200, "")).await;
    let nameless = OutgoingMessage {
        reference: None,
        ..message()
    };
    let provider = channel(&server.base_url, &json!({})).unwrap();
    assert_eq!(provider.send(&nameless).await, accepted(""));
}

/// An API that promises an id and gives none may have refused the message in words.
#[tokio::test]
async fn a_yes_without_the_promised_id_is_uncertain() {
    let options = json!({"message_id": "/id"});
    for body in [
        "",
        "OK",
        "{}",
        "[]",
        r#"{"id":""}"#,
        r#"{"id":null}"#,
        r#"{"error":"no credit"}"#,
    ] {
        let error = answered(AnswerScript::text(200, body), &options)
            .await
            .expect_err("no id");
        assert_eq!(error.class, ErrorClass::Uncertain, "{body}");
    }
}

/// T8: a number that the API does not know must not hold up everybody else's messages.
#[tokio::test]
async fn an_api_may_refuse_one_message_with_any_status() {
    let options = json!({"rejected_status": [403, 404]});
    for (status, class) in [
        (403, ErrorClass::Rejected),
        (404, ErrorClass::Rejected),
        (401, ErrorClass::ChannelAuth),
        (429, ErrorClass::Throttled),
    ] {
        let body = json!({"message": "unknown subscriber"});
        let error = answered(AnswerScript::json(status, &body), &options).await;
        let error = error.expect_err("a refusal");
        assert_eq!(
            (error.class, error.reached_provider),
            (class, true),
            "{status}"
        );
    }
}

/// P1: the error table, row by row.
#[tokio::test]
async fn every_status_has_its_class() {
    let rows: [(ErrorClass, &[u16]); 6] = [
        (
            ErrorClass::ChannelAuth,
            &[301, 302, 308, 401, 402, 403, 404, 405, 407],
        ),
        (ErrorClass::Throttled, &[429]),
        (ErrorClass::Transient, &[408, 503]),
        (
            ErrorClass::Rejected,
            &[400, 406, 409, 410, 413, 415, 422, 451],
        ),
        (ErrorClass::Uncertain, &[500, 501, 502, 504, 520]),
        (ErrorClass::Uncertain, &[600, 999]),
    ];
    for (class, statuses) in rows {
        for status in statuses {
            let script =
                AnswerScript::text(*status, "<html>").header("location", "http://127.0.0.1:1/");
            let error = answered(script, &json!({})).await.expect_err("a refusal");
            assert_eq!(
                (error.class, error.reached_provider),
                (class, true),
                "{status}"
            );
        }
    }
}

#[tokio::test]
async fn the_channel_may_say_which_status_is_a_yes() {
    let options = json!({"ok_status": [202, 302]});
    for status in [202, 302] {
        let answer = answered(AnswerScript::text(status, ""), &options).await;
        assert_eq!(answer, accepted("n-7"));
    }
    let error = answered(AnswerScript::text(200, ""), &options)
        .await
        .expect_err("not named");
    assert_eq!(error.class, ErrorClass::Uncertain);
}

#[tokio::test]
async fn the_wish_to_wait_is_understood() {
    let script = AnswerScript::text(429, "").header("retry-after", "30");
    let error = answered(script, &json!({})).await.expect_err("a refusal");
    assert_eq!(error.retry_after.map(|wait| wait.as_secs()), Some(30));
}

/// The reason is shown where APIs usually have it, without secrets and numbers; the rest of a body never is.
#[tokio::test]
async fn the_message_says_what_is_wrong() {
    let cases = [
        (
            json!({"message": "invalid \"to\""}),
            "HTTP 400: invalid \"to\"",
        ),
        (
            json!({"error": {"message": "no route"}}),
            "HTTP 400: no route",
        ),
        (json!({"error": "no route"}), "HTTP 400: no route"),
        (
            json!({"title": "Bad", "detail": format!("key {SECRET}, 5511987654321")}),
            "HTTP 400: key [secret], *********4321",
        ),
        (json!({"echo": "Olá, Ana"}), "HTTP 400: no reason given"),
        (json!("Olá, Ana"), "HTTP 400: no reason given"),
    ];
    for (body, expected) in cases {
        let error = answered(AnswerScript::json(400, &body), &json!({})).await;
        assert_eq!(error.expect_err("a refusal").message, expected);
    }
}

/// B2: no answer is no proof that nothing was sent.
#[tokio::test]
async fn silence_and_a_broken_connection_are_uncertain() {
    expect_silence();
    for then in [Then::Close, Then::Nothing] {
        let provider = channel(&rude_server(then).await, &json!({"body": "{}"})).unwrap();
        let error = provider.send(&message()).await.expect_err("no answer");
        assert_eq!(error.class, ErrorClass::Uncertain, "{then:?}");
    }
}

/// P3: what nobody can ask about is not said to have been asked.
#[tokio::test]
async fn health_is_what_the_health_url_says_or_not_checked() {
    let server = AnsweringServer::start_with(|request| match request.target.as_str() {
        "GET /health" if request.header("x-key") == SECRET => AnswerScript::text(204, ""),
        "GET /health" => AnswerScript::text(401, ""),
        "GET /broken" => AnswerScript::text(500, ""),
        _ => AnswerScript::text(404, ""),
    })
    .await;
    let health = async |options: Value| channel(&server.base_url, &options).unwrap().health().await;
    let key = json!({"X-Key": "{{ secret }}"});
    let at = |path: &str| format!("{}/{path}", server.base_url);
    let connected = |detail: Option<&str>| {
        Ok(Health {
            state: ConnectionState::Connected,
            number: None,
            detail: detail.map(str::to_owned),
        })
    };
    let unchecked = connected(Some("not checked: the option health_url is not set"));
    assert_eq!(health(json!({"headers": key})).await, unchecked);
    assert_eq!(server.requests().len(), 0);
    let good = json!({"headers": key, "health_url": at("health")});
    assert_eq!(health(good).await, connected(None));
    for (class, options) in [
        (ErrorClass::ChannelAuth, json!({"health_url": at("health")})),
        (
            ErrorClass::ChannelAuth,
            json!({"health_url": at("nothing")}),
        ),
        (ErrorClass::Transient, json!({"health_url": at("broken")})),
    ] {
        assert_eq!(health(options).await.expect_err("a refusal").class, class);
    }
}
