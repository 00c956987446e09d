//! Telling the server what to deliver, and where.

use std::sync::Arc;

use secrecy::SecretString;
use serde_json::{Value, json};
use zapgres_core::error_class::ErrorClass;
use zapgres_providers::{ChannelAddress, Provider, Secrets, provider_named};

use crate::evolution::{channel, envelope};
use crate::http;
use crate::server::{AnswerScript, AnsweringServer, SeenRequest};

const URL: &str = "https://zap.example.com/w/evolution/abc";

fn provider(base_url: &str, version: &str, secrets: &[(&str, &str)]) -> Arc<dyn Provider> {
    let mut address = ChannelAddress {
        secrets: Secrets::default(),
        ..channel(base_url, &json!({ "version": version }))
    };
    for (name, secret) in secrets {
        address.secrets.add(name, SecretString::from(*secret));
    }
    provider_named("evolution", address, http()).expect("evolution is there")
}

fn events() -> Value {
    json!([
        "MESSAGES_UPSERT",
        "MESSAGES_UPDATE",
        "SEND_MESSAGE",
        "CONNECTION_UPDATE",
        "QRCODE_UPDATED"
    ])
}

fn settings_of_two(headers: &Value) -> Value {
    json!({"webhook": {
        "enabled": true, "url": URL, "headers": headers, "byEvents": false, "base64": false,
        "events": events(),
    }})
}

fn settings_of_one() -> Value {
    json!({
        "enabled": true, "url": URL, "webhook_by_events": false, "webhook_base64": false,
        "events": events(),
    })
}

fn accepted() -> AnswerScript {
    AnswerScript::json(201, &json!({"id": "a", "url": URL, "enabled": true}))
}

/// C1: the server is told what proves its deliveries; of several secrets, the first.
#[tokio::test]
async fn the_server_is_told_what_to_deliver_and_how_to_prove_it() {
    let both = [
        ("webhook_jwt", "primeiro"),
        ("webhook_jwt", "segundo"),
        ("webhook_header", "palavra"),
    ];
    let headers = json!({"jwt_key": "primeiro", "x-zapgres-secret": "palavra"});
    for (secrets, headers) in [(both.as_slice(), headers), (&[], json!({}))] {
        let server = AnsweringServer::start(accepted()).await;
        let provider = provider(&server.base_url, "auto", secrets);
        assert_eq!(provider.set_webhook(URL).await, Ok(()));
        let request = &server.requests()[0];
        assert_eq!(request.target, "POST /webhook/set/loja%201%2Fsul");
        assert_eq!(request.body, settings_of_two(&headers));
    }
}

#[tokio::test]
async fn either_version_is_told_in_its_form() {
    for (field, first, second, version) in [
        (
            "url",
            settings_of_two(&json!({})),
            settings_of_one(),
            "auto",
        ),
        ("webhook", settings_of_two(&json!({})), json!(null), "2"),
        ("url", settings_of_one(), json!(null), "1"),
    ] {
        let server = AnsweringServer::start_with(move |request: &SeenRequest| {
            if request.body.get(field).is_some() {
                return accepted();
            }
            let complaint = format!("instance requires property \"{field}\"");
            envelope(400, &json!([[complaint]]))
        })
        .await;
        let provider = provider(&server.base_url, version, &[]);
        assert_eq!(provider.set_webhook(URL).await, Ok(()));
        let bodies: Vec<Value> = server
            .requests()
            .into_iter()
            .map(|request| request.body)
            .collect();
        let expected: Vec<Value> = [first, second]
            .into_iter()
            .filter(|body| !body.is_null())
            .collect();
        assert_eq!(bodies, expected);
    }
}

/// C1: a proof that the server will never give would have every delivery refused.
#[tokio::test]
async fn secrets_that_v1_cannot_send_are_refused() {
    let secrets = [("webhook_header", "palavra")];
    let provider = provider("http://127.0.0.1:1", "1", &secrets);
    let error = provider.set_webhook(URL).await.expect_err("a refusal");
    assert_eq!(error.class, ErrorClass::Rejected);
    assert!(error.message.contains("webhook_header"), "{error}");
    assert!(!error.message.contains("palavra"), "{error}");
}

#[tokio::test]
async fn a_refusal_is_an_error() {
    for (script, class) in [
        (
            envelope(401, &json!("Unauthorized")),
            ErrorClass::ChannelAuth,
        ),
        (
            envelope(
                400,
                &json!([["instance.webhook requires property \"url\""]]),
            ),
            ErrorClass::Rejected,
        ),
        (AnswerScript::text(500, ""), ErrorClass::Transient),
    ] {
        let server = AnsweringServer::start(script).await;
        let error = provider(&server.base_url, "auto", &[])
            .set_webhook(URL)
            .await;
        assert_eq!(error.expect_err("a refusal").class, class);
        assert_eq!(server.requests().len(), 1);
    }
}
