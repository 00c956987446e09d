//! Whether a number is connected, connecting it again, and pairing it.

use serde_json::{Value, json};
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_providers::{ConnectionState, Health, Pairing};

use super::{envelope, evolution, evolution_with};
use crate::server::{AnswerScript, AnsweringServer, SeenRequest};
use crate::{SECRET, phone};

fn state(state: &str) -> AnswerScript {
    let body = json!({"instance": {"instanceName": "loja 1/sul", "state": state}});
    AnswerScript::json(200, &body)
}

/// What the server answers to each target that begins so.
async fn server(scripts: Vec<(&'static str, AnswerScript)>) -> AnsweringServer {
    AnsweringServer::start_with(move |request: &SeenRequest| {
        let script = scripts
            .iter()
            .find(|(target, _)| request.target.starts_with(target));
        script.map_or_else(
            || envelope(404, &json!([format!("Cannot {}", request.target)])),
            |(_, script)| script.clone(),
        )
    })
    .await
}

fn targets(server: &AnsweringServer) -> Vec<String> {
    let requests = server.requests();
    requests.into_iter().map(|request| request.target).collect()
}

async fn health(scripts: Vec<(&'static str, AnswerScript)>) -> Result<Health, SendError> {
    let server = server(scripts).await;
    evolution(&server.base_url).health().await
}

/// P3: the questions are the documented ones.
#[tokio::test]
async fn health_is_asked_as_evolution_expects() {
    let server = server(vec![("GET /instance/connectionState", state("open"))]).await;
    let health = evolution(&server.base_url).health().await.unwrap();
    assert_eq!(health.state, ConnectionState::Connected);
    let expected = [
        "GET /instance/connectionState/loja%201%2Fsul",
        "GET /instance/fetchInstances?instanceName=loja+1%2Fsul",
    ];
    assert_eq!(targets(&server), expected);
    for request in server.requests() {
        assert_eq!(request.header("apikey"), SECRET);
        assert!(request.bytes.is_empty());
    }
}

#[tokio::test]
async fn the_state_of_the_connection_is_told() {
    for (told, expected, detail) in [
        ("open", ConnectionState::Connected, None),
        ("connecting", ConnectionState::Connecting, None),
        ("close", ConnectionState::Disconnected, None),
        ("refused", ConnectionState::Disconnected, Some("refused")),
        (
            "lost\n5511987654321",
            ConnectionState::Disconnected,
            Some("lost *********4321"),
        ),
    ] {
        let health = health(vec![("GET /instance/connectionState", state(told))]).await;
        let expected = Health {
            state: expected,
            number: None,
            detail: detail.map(str::to_owned),
        };
        assert_eq!(health, Ok(expected));
    }
}

/// P3: the number that is connected, in the lists of both versions.
#[tokio::test]
async fn the_number_is_found_in_the_list_of_instances() {
    let owner = "5511987654321:7@s.whatsapp.net";
    let number = Some("5511987654321".to_owned());
    for (list, expected) in [
        (
            json!([{"name": "outra", "ownerJid": "551@s"}, {"name": "loja 1/sul", "ownerJid": owner}]),
            number.clone(),
        ),
        (
            json!([{"instance": {"instanceName": "loja 1/sul", "owner": owner}}]),
            number,
        ),
        (json!([{"name": "outra", "ownerJid": owner}]), None),
        (json!([{"name": "loja 1/sul", "ownerJid": null}]), None),
        (json!([{"name": "loja 1/sul", "ownerJid": "@x"}]), None),
        (json!({"error": true}), None),
    ] {
        let scripts = vec![
            ("GET /instance/connectionState", state("open")),
            (
                "GET /instance/fetchInstances",
                AnswerScript::json(200, &list),
            ),
        ];
        assert_eq!(health(scripts).await.unwrap().number, expected, "{list}");
    }
}

#[tokio::test]
async fn what_keeps_the_state_from_being_told_is_an_error() {
    let unknown = json!(["The \"loja1\" instance does not exist"]);
    for (script, class) in [
        (
            envelope(401, &json!("Unauthorized")),
            ErrorClass::ChannelAuth,
        ),
        (envelope(404, &unknown), ErrorClass::ChannelAuth),
        (AnswerScript::text(500, ""), ErrorClass::Transient),
        (AnswerScript::text(200, "OK"), ErrorClass::Transient),
        (
            AnswerScript::json(200, &json!({"instance": {}})),
            ErrorClass::Transient,
        ),
    ] {
        let error = health(vec![("GET /instance/connectionState", script)]).await;
        assert_eq!(error.expect_err("an error").class, class);
    }
}

fn failed(message: &str) -> AnswerScript {
    AnswerScript::json(200, &json!({"error": true, "message": message}))
}

/// P3: a connection that hangs is restarted, in the way of either version.
#[tokio::test]
async fn a_connection_is_restarted() {
    let (post, put) = (
        "POST /instance/restart/loja%201%2Fsul",
        "PUT /instance/restart/loja%201%2Fsul",
    );
    for (method, version, expected) in [
        (post, "auto", vec![post]),
        (put, "auto", vec![post, put]),
        (put, "1", vec![put]),
        (post, "1", vec![put, post]),
    ] {
        let server = server(vec![(method, state("connecting"))]).await;
        let provider = evolution_with(&server.base_url, &json!({ "version": version }));
        assert_eq!(provider.recover().await, Ok(()));
        assert_eq!(targets(&server), expected);
    }
}

/// P3: what is not connected cannot be restarted, so it is connected; errors come as successes here.
#[tokio::test]
async fn what_cannot_be_restarted_is_connected() {
    let closed = "The \"loja1\" instance is not connected";
    for refusal in [
        failed(closed),
        failed("[object Object]"),
        envelope(400, &json!([closed])),
    ] {
        let server = server(vec![
            ("POST /instance/restart", refusal),
            (
                "GET /instance/connect",
                AnswerScript::json(200, &json!({"count": 1})),
            ),
        ])
        .await;
        assert_eq!(evolution(&server.base_url).recover().await, Ok(()));
        assert_eq!(targets(&server)[1], "GET /instance/connect/loja%201%2Fsul");
    }
}

#[tokio::test]
async fn what_cannot_be_connected_either_is_an_error() {
    let unknown = "The \"loja1\" instance does not exist";
    for (restart, connect, class) in [
        (failed("x"), failed(unknown), ErrorClass::ChannelAuth),
        (
            failed("x"),
            failed("Error: Connection Closed"),
            ErrorClass::ChannelDown,
        ),
        (failed("x"), failed("Error: busy"), ErrorClass::Transient),
        (
            failed("x"),
            AnswerScript::json(200, &json!({"error": true})),
            ErrorClass::Transient,
        ),
        (
            envelope(404, &json!([unknown])),
            state("open"),
            ErrorClass::ChannelAuth,
        ),
        (
            envelope(401, &json!("Unauthorized")),
            state("open"),
            ErrorClass::ChannelAuth,
        ),
    ] {
        let server = server(vec![
            ("POST /instance/restart", restart),
            ("GET /instance/connect", connect),
        ])
        .await;
        let error = evolution(&server.base_url).recover().await;
        assert_eq!(error.expect_err("an error").class, class);
    }
}

async fn paired(answer: &Value, phone_number: Option<&str>) -> Result<Pairing, SendError> {
    let server = AnsweringServer::start(AnswerScript::json(200, answer)).await;
    let recipient = phone_number.map(phone);
    let number = recipient.as_ref().and_then(|recipient| recipient.phone());
    let pairing = evolution(&server.base_url).pair(number).await;
    let expected = match number {
        None => "GET /instance/connect/loja%201%2Fsul",
        Some(_) => "GET /instance/connect/loja%201%2Fsul?number=5511987654321",
    };
    assert_eq!(targets(&server), [expected]);
    pairing
}

/// P3: a number is paired by scanning a code or by typing one.
#[tokio::test]
async fn a_number_is_paired_with_a_code() {
    let codes = json!({"pairingCode": "ABCD1234", "code": "2@qr", "base64": "data:image/png;base64,eA==", "count": 1});
    let scan = Pairing::QrCode("2@qr".to_owned());
    assert_eq!(paired(&codes, None).await, Ok(scan.clone()));
    let number = Some("11987654321");
    let code = Pairing::Code("ABCD1234".to_owned());
    assert_eq!(paired(&codes, number).await, Ok(code));
    let without_code = json!({"pairingCode": null, "code": "2@qr"});
    assert_eq!(paired(&without_code, number).await, Ok(scan));
    let picture = json!({"base64": "data:image/png;base64,eA=="});
    let image = Pairing::QrImage("data:image/png;base64,eA==".to_owned());
    assert_eq!(paired(&picture, None).await, Ok(image));
    let open = json!({"instance": {"instanceName": "loja1", "state": "open"}});
    assert_eq!(paired(&open, None).await, Ok(Pairing::Connected));
}

#[tokio::test]
async fn where_there_is_no_code_it_is_said_why() {
    for answer in [
        json!({"count": 0}),
        json!({"instance": {"state": "connecting"}}),
        json!([]),
    ] {
        let error = paired(&answer, None).await.expect_err("no code");
        assert_eq!(error.class, ErrorClass::Transient);
        assert!(error.message.contains("ask again"), "{error}");
    }
    let unknown = envelope(404, &json!(["The \"loja1\" instance does not exist"]));
    let server = AnsweringServer::start(unknown).await;
    let error = evolution(&server.base_url).pair(None).await;
    let error = error.expect_err("no instance");
    assert_eq!(error.class, ErrorClass::ChannelAuth);
    assert_eq!(
        error.message,
        "HTTP 404: The \"loja1\" instance does not exist"
    );
}
