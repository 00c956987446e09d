//! Questions about a session and its numbers, and what is done to it.

use std::sync::Arc;

use secrecy::SecretString;
use serde_json::{Value, json};
use zapgres_core::error_class::ErrorClass;
use zapgres_core::phone::normalize;
use zapgres_providers::{
    ChannelAddress, ConnectionState, Health, Lookup, Options, Pairing, Provider, Secrets,
    provider_named,
};

use super::waha;
use crate::server::{AnswerScript, AnsweringServer};
use crate::{SECRET, address, http};

const SESSION: &str = "GET /api/sessions/loja%201";
const QR: &str = "GET /api/loja%201/auth/qr?format=raw";

/// A server with a session of that status, and an answer to everything else.
async fn server(status: &str, other: AnswerScript) -> AnsweringServer {
    let session = json!({
        "name": "loja 1", "status": status, "me": {"id": "5511912345678@c.us", "pushName": "Loja"},
        "config": {
            "metadata": {"user.id": "1"}, "proxy": {"server": "localhost:3128"},
            "webhooks": [
                {"url": "https://other.example/hook", "events": ["message"], "hmac": null},
                {"url": "https://zap.example/hook", "events": ["message"]},
            ],
        },
    });
    let session = AnswerScript::json(200, &session);
    AnsweringServer::start_with(move |request| match request.target.as_str() {
        SESSION => session.clone(),
        _ => other.clone(),
    })
    .await
}

fn targets(server: &AnsweringServer) -> Vec<String> {
    let requests = server.requests();
    requests.into_iter().map(|request| request.target).collect()
}

/// P3: every status of a session is a state of the channel.
#[tokio::test]
async fn health_is_the_status_of_the_session() {
    for (status, state) in [
        ("WORKING", ConnectionState::Connected),
        ("STARTING", ConnectionState::Connecting),
        ("SCAN_QR_CODE", ConnectionState::AwaitsPairing),
        ("PASSKEY_REQUIRED", ConnectionState::AwaitsPairing),
        ("STOPPED", ConnectionState::Disconnected),
        ("FAILED", ConnectionState::Disconnected),
        ("DREAMING", ConnectionState::Disconnected),
    ] {
        let server = server(status, AnswerScript::text(500, "")).await;
        let expected = Health {
            state,
            number: Some("5511912345678".to_owned()),
            detail: Some(status.to_owned()),
        };
        assert_eq!(waha(&server.base_url).health().await, Ok(expected));
        assert_eq!(server.requests()[0].header("x-api-key"), SECRET);
    }
}

#[tokio::test]
async fn a_session_without_a_number_has_a_status_all_the_same() {
    for me in [json!(null), json!({"id": null}), json!({})] {
        let session = json!({"name": "loja 1", "status": "STARTING", "me": me});
        let server = AnsweringServer::start(AnswerScript::json(200, &session)).await;
        let health = waha(&server.base_url).health().await.expect("an answer");
        assert_eq!(
            (health.state, health.number),
            (ConnectionState::Connecting, None)
        );
    }
}

/// P3: what a question cannot find out is no more than that.
#[tokio::test]
async fn a_failed_question_has_its_class_and_is_never_uncertain() {
    let rows = [
        (
            ErrorClass::ChannelAuth,
            AnswerScript::json(401, &json!({"message": "Unauthorized"})),
        ),
        (
            ErrorClass::ChannelAuth,
            AnswerScript::json(404, &json!({"message": "Session not found"})),
        ),
        (ErrorClass::Throttled, AnswerScript::text(429, "")),
        (ErrorClass::Transient, AnswerScript::text(502, "<html>")),
        (ErrorClass::Transient, AnswerScript::text(500, "")),
        (ErrorClass::Transient, AnswerScript::text(200, "<html>")),
        (
            ErrorClass::Transient,
            AnswerScript::json(200, &json!({"status": 7})),
        ),
    ];
    for (class, script) in rows {
        let server = AnsweringServer::start(script.clone()).await;
        let error = waha(&server.base_url)
            .health()
            .await
            .expect_err("a refusal");
        assert_eq!(error.class, class, "{script:?}");
    }
}

/// P3: a session is started or restarted where that helps, and left alone where it does not.
#[tokio::test]
async fn recovery_does_what_the_status_needs() {
    for (status, operation) in [
        ("STOPPED", Some("POST /api/sessions/loja%201/start")),
        ("FAILED", Some("POST /api/sessions/loja%201/restart")),
        ("WORKING", None),
        ("STARTING", None),
        ("SCAN_QR_CODE", None),
    ] {
        let server = server(status, AnswerScript::json(201, &json!({}))).await;
        assert_eq!(waha(&server.base_url).recover().await, Ok(()));
        let expected: Vec<&str> = [SESSION].into_iter().chain(operation).collect();
        assert_eq!(targets(&server), expected);
    }
    let server = server("STOPPED", AnswerScript::text(500, "")).await;
    let error = waha(&server.base_url)
        .recover()
        .await
        .expect_err("a refusal");
    assert_eq!(error.class, ErrorClass::Transient);
}

/// P5: a number is connected by the text of a QR code, by its picture, or by a code to type.
#[tokio::test]
async fn pairing_gives_what_waha_shows() {
    let cases = [
        (
            json!({"value": "2@abc"}),
            Pairing::QrCode("2@abc".to_owned()),
        ),
        (
            json!({"mimetype": "image/png", "data": "AAAA"}),
            Pairing::QrImage("data:image/png;base64,AAAA".to_owned()),
        ),
    ];
    for (answer, pairing) in cases {
        let server = server("SCAN_QR_CODE", AnswerScript::json(200, &answer)).await;
        assert_eq!(waha(&server.base_url).pair(None).await, Ok(pairing));
        assert_eq!(targets(&server), [SESSION, QR]);
        assert_eq!(server.requests()[1].header("accept"), "application/json");
    }
    let code = json!({"code": "ABCD-ABCD"});
    let server = server("SCAN_QR_CODE", AnswerScript::json(201, &code)).await;
    let number = normalize("+5511912345678", None).expect("a number");
    let pairing = waha(&server.base_url).pair(Some(&number)).await;
    assert_eq!(pairing, Ok(Pairing::Code("ABCD-ABCD".to_owned())));
    let request = &server.requests()[1];
    assert_eq!(request.target, "POST /api/loja%201/auth/request-code");
    assert_eq!(request.body, json!({"phoneNumber": "5511912345678"}));
}

#[tokio::test]
async fn a_stopped_session_is_started_to_be_paired_and_a_working_one_left_alone() {
    let answer = AnswerScript::json(200, &json!({"value": "2@abc"}));
    let stopped = server("STOPPED", answer.clone()).await;
    let pairing = waha(&stopped.base_url).pair(None).await;
    assert_eq!(pairing, Ok(Pairing::QrCode("2@abc".to_owned())));
    assert_eq!(
        targets(&stopped),
        [SESSION, "POST /api/sessions/loja%201/start", QR]
    );
    let working = server("WORKING", answer).await;
    assert_eq!(
        waha(&working.base_url).pair(None).await,
        Ok(Pairing::Connected)
    );
    assert_eq!(targets(&working), [SESSION]);
}

#[tokio::test]
async fn no_code_is_an_error_that_may_pass() {
    let starting = json!({"error": "Session status is not as expected", "status": "STARTING"});
    for (class, script) in [
        (ErrorClass::Transient, AnswerScript::text(200, "PNG")),
        (
            ErrorClass::Transient,
            AnswerScript::json(200, &json!({"value": ""})),
        ),
        (ErrorClass::ChannelDown, AnswerScript::json(422, &starting)),
    ] {
        let server = server("SCAN_QR_CODE", script).await;
        let error = waha(&server.base_url)
            .pair(None)
            .await
            .expect_err("no code");
        assert_eq!(error.class, class);
    }
}

/// O4: WAHA knows under which number, with the ninth digit or without, an account is registered.
#[tokio::test]
async fn each_number_is_looked_up() {
    let server = AnsweringServer::start_with(|request| {
        let answer = match &request.target {
            target if target.contains("phone=5511987654321&") => {
                json!({"numberExists": true, "chatId": "551187654321@c.us"})
            }
            target if target.contains("phone=5511987654322&") => json!({"numberExists": false}),
            _ => json!({"numberExists": true}),
        };
        AnswerScript::json(200, &answer)
    })
    .await;
    let numbers = ["11987654321", "11987654322", "11987654323"];
    let numbers = numbers.map(|number| normalize(number, None).expect("a number"));
    let provider = waha(&server.base_url);
    assert!(provider.can_look_up());
    let exists = Lookup::Exists {
        address: "551187654321@c.us".to_owned(),
        aliases: Vec::new(),
    };
    let expected = vec![exists, Lookup::Absent, Lookup::CannotTell];
    assert_eq!(provider.look_up(&numbers).await, Ok(expected));
    assert_eq!(
        targets(&server)[0],
        "GET /api/contacts/check-exists?phone=5511987654321&session=loja+1"
    );
}

#[tokio::test]
async fn numbers_cannot_be_looked_up_without_a_working_session() {
    let body = json!({"error": "Session status is not as expected", "status": "STARTING"});
    let server = AnsweringServer::start(AnswerScript::json(422, &body)).await;
    let number = normalize("11987654321", None).expect("a number");
    let error = waha(&server.base_url)
        .look_up(&[number])
        .await
        .expect_err("a refusal");
    assert_eq!(error.class, ErrorClass::ChannelDown);
}

fn with_key(base_url: &str) -> Arc<dyn Provider> {
    let mut secrets = Secrets::default();
    secrets.add("hmac_key", SecretString::from("my-secret-key"));
    let address = ChannelAddress {
        instance: "loja 1".to_owned(),
        secrets,
        ..address(base_url)
    };
    provider_named("waha", address, http()).expect("waha is there")
}

/// C1: the webhook is added with its key; what else the session has stays, though WAHA replaces all of it.
#[tokio::test]
async fn the_webhook_is_added_to_the_sessions_configuration() {
    let server = server("WORKING", AnswerScript::json(200, &json!({}))).await;
    let set = with_key(&server.base_url)
        .set_webhook("https://zap.example/hook")
        .await;
    assert_eq!(set, Ok(()));
    let request = &server.requests()[1];
    assert_eq!(request.target, "PUT /api/sessions/loja%201");
    let ours = json!({
        "url": "https://zap.example/hook",
        "events": ["message.any", "message.ack", "message.reaction", "poll.vote", "session.status"],
        "hmac": {"key": "my-secret-key"},
        "retries": {"policy": "exponential", "delaySeconds": 2, "attempts": 15},
    });
    let theirs = json!({"url": "https://other.example/hook", "events": ["message"], "hmac": null});
    let config = json!({
        "metadata": {"user.id": "1"}, "proxy": {"server": "localhost:3128"}, "webhooks": [theirs, ours],
    });
    assert_eq!(request.body, json!({"name": "loja 1", "config": config}));
}

/// C1: an address that is no longer good must not be told of what customers write, nor a good one twice.
#[tokio::test]
async fn the_webhook_replaces_an_earlier_one_of_ours() {
    let webhook = |url: &str| json!({"url": url});
    let session = json!({"status": "WORKING", "config": {"webhooks": [
        webhook("https://zap.example/webhooks/waha/first"), webhook("https://zap.example/webhooks/waha/second"),
        webhook("https://zap.example/webhooks/other/first"), webhook("https://zap.example:8443/webhooks/waha/first"),
        webhook("no address"),
    ]}});
    let server = AnsweringServer::start(AnswerScript::json(200, &session)).await;
    let set = waha(&server.base_url)
        .set_webhook("https://zap.example/webhooks/waha/third")
        .await;
    assert_eq!(set, Ok(()));
    let body = &server.requests()[1].body;
    let webhooks = body["config"]["webhooks"].as_array().expect("webhooks");
    let urls: Vec<&Value> = webhooks.iter().map(|webhook| &webhook["url"]).collect();
    assert_eq!(
        urls,
        [
            "https://zap.example/webhooks/other/first",
            "https://zap.example:8443/webhooks/waha/first",
            "no address",
            "https://zap.example/webhooks/waha/third",
        ]
    );
}

#[tokio::test]
async fn a_session_without_configuration_gets_one() {
    for config in [json!(null), json!({}), json!({"webhooks": null})] {
        let session = json!({"status": "STOPPED", "config": config});
        let server = AnsweringServer::start(AnswerScript::json(200, &session)).await;
        let set = waha(&server.base_url)
            .set_webhook("https://zap.example/hook")
            .await;
        assert_eq!(set, Ok(()));
        let body = &server.requests()[1].body;
        let webhooks = body.pointer("/config/webhooks").and_then(Value::as_array);
        assert_eq!(webhooks.map(Vec::len), Some(1), "{body}");
        assert_eq!(body.pointer("/config/webhooks/0/hmac"), Some(&Value::Null));
    }
}

#[test]
fn an_option_that_waha_does_not_have_is_an_error() {
    let options = json!({"engine": "NOWEB"});
    let address = ChannelAddress {
        options: Options(options.as_object().expect("an object").clone()),
        ..address("http://127.0.0.1:1")
    };
    let error = provider_named("waha", address, http())
        .err()
        .expect("an error");
    assert!(error.to_string().contains("engine"), "{error}");
}
