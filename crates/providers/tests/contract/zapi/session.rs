//! State of the connection, restarts, pairing, and the webhooks' address.

use serde_json::{Value, json};
use zapgres_core::error_class::ErrorClass;
use zapgres_providers::{ConnectionState, Health, Pairing};

use super::{server_with, target, targets, zapi};
use crate::phone;
use crate::server::{AnswerScript, AnsweringServer};

fn ok(body: &Value) -> AnswerScript {
    AnswerScript::json(200, body)
}

/// P3: `error` is filled even when all is well; `connected` decides.
#[tokio::test]
async fn a_connected_number_is_told_with_its_digits() {
    for connected in [json!(true), json!("true")] {
        let status = json!({"connected": connected, "error": "You are already connected.",
            "smartphoneConnected": true});
        let device = json!({"phone": "5511987654321", "name": "Loja"});
        let server = server_with(vec![("status", ok(&status)), ("device", ok(&device))]).await;
        let health = zapi(&server.base_url).health().await;
        let expected = Health {
            state: ConnectionState::Connected,
            number: Some("5511987654321".to_owned()),
            detail: None,
        };
        assert_eq!(health, Ok(expected));
        assert_eq!(
            targets(&server),
            [target("GET", "status"), target("GET", "device")]
        );
    }
}

/// P3
#[tokio::test]
async fn a_phone_that_is_not_online_and_a_number_that_is_not_told_are_no_failure() {
    let status = json!({"connected": true, "smartphoneConnected": "false"});
    for device in [
        ok(&json!({})),
        ok(&json!({"phone": "x"})),
        AnswerScript::text(500, ""),
    ] {
        let server = server_with(vec![("status", ok(&status)), ("device", device)]).await;
        let health = zapi(&server.base_url).health().await.unwrap();
        assert_eq!(health.state, ConnectionState::Connected);
        assert_eq!(health.number, None);
        assert_eq!(health.detail.as_deref(), Some("the phone is not online"));
    }
}

/// P3
#[tokio::test]
async fn a_disconnected_number_is_told_with_the_reason() {
    for words in ["You are not connected.", "You need to restore the session."] {
        let status = json!({"connected": false, "error": words, "smartphoneConnected": false});
        let server = server_with(vec![("status", ok(&status))]).await;
        let health = zapi(&server.base_url).health().await.unwrap();
        assert_eq!(health.state, ConnectionState::Disconnected);
        assert_eq!(health.detail.as_deref(), Some(words));
        assert_eq!(targets(&server), [target("GET", "status")]);
    }
}

/// P3: a question sends nothing, so it is never uncertain.
#[tokio::test]
async fn a_state_that_is_not_told_is_an_error() {
    for (class, script) in [
        (ErrorClass::ChannelAuth, ok(&json!({"error": "NOT_FOUND"}))),
        (ErrorClass::ChannelAuth, AnswerScript::text(403, "")),
        (ErrorClass::Transient, ok(&json!({}))),
        (ErrorClass::Transient, ok(&json!({"connected": 1}))),
        (ErrorClass::Transient, AnswerScript::text(502, "<html>")),
    ] {
        let server = AnsweringServer::start(script).await;
        let error = zapi(&server.base_url).health().await.expect_err("an error");
        assert_eq!(error.class, class, "{error}");
    }
}

/// P3: what Z-API says that it needs is done.
#[tokio::test]
async fn a_session_is_restored_where_that_is_what_it_needs_and_restarted_otherwise() {
    for (status, operation) in [
        (
            json!({"connected": false, "error": "You need to restore the session."}),
            "restore-session",
        ),
        (
            json!({"connected": false, "error": "You are not connected."}),
            "restart",
        ),
        (
            json!({"connected": true, "error": "You are already connected."}),
            "restart",
        ),
    ] {
        let done = ok(&json!({"value": true}));
        let server = server_with(vec![
            ("status", ok(&status)),
            ("restart", done.clone()),
            ("restore-session", done),
        ])
        .await;
        assert_eq!(zapi(&server.base_url).recover().await, Ok(()));
        assert_eq!(
            targets(&server),
            [target("GET", "status"), target("GET", operation)]
        );
    }
}

/// P3
#[tokio::test]
async fn a_restart_that_failed_is_told() {
    for (class, restart) in [
        (ErrorClass::Transient, ok(&json!({"value": false}))),
        (ErrorClass::Transient, ok(&json!({"value": "false"}))),
        (
            ErrorClass::ChannelAuth,
            ok(&json!({"error": "null not allowed"})),
        ),
    ] {
        let status = ok(&json!({"connected": false}));
        let server = server_with(vec![("status", status), ("restart", restart)]).await;
        let error = zapi(&server.base_url)
            .recover()
            .await
            .expect_err("an error");
        assert_eq!(error.class, class);
    }
}

/// P5: a QR code in every shape that was seen.
#[tokio::test]
async fn a_code_to_scan_is_understood() {
    let image = "data:image/png;base64,iVBORw0KGgo=";
    let picture = || Pairing::QrImage(image.to_owned());
    let code = || Pairing::QrCode("2@abc,def==".to_owned());
    for (script, pairing) in [
        (AnswerScript::text(200, "2@abc,def==\n"), code()),
        (ok(&json!({"value": "2@abc,def=="})), code()),
        (ok(&json!({"value": image})), picture()),
        (ok(&json!(image)), picture()),
        (AnswerScript::text(200, image), picture()),
        (ok(&json!({"connected": true})), Pairing::Connected),
        (
            ok(&json!({"error": "You are already connected."})),
            Pairing::Connected,
        ),
    ] {
        let server = AnsweringServer::start(script).await;
        assert_eq!(zapi(&server.base_url).pair(None).await, Ok(pairing));
        assert_eq!(targets(&server), [target("GET", "qr-code")]);
    }
}

/// P5
#[tokio::test]
async fn where_the_code_is_no_text_its_picture_is_asked_for() {
    let image = "data:image/png;base64,iVBORw0KGgo=";
    for first in [
        ok(&json!({})),
        AnswerScript::text(404, ""),
        AnswerScript::text(200, ""),
    ] {
        let picture = ok(&json!({ "value": image }));
        let server = server_with(vec![("qr-code", first), ("image", picture)]).await;
        let pairing = zapi(&server.base_url).pair(None).await;
        assert_eq!(pairing, Ok(Pairing::QrImage(image.to_owned())));
        assert_eq!(
            targets(&server),
            [target("GET", "qr-code"), target("GET", "qr-code/image")]
        );
    }
}

/// P5
#[tokio::test]
async fn a_code_to_type_is_understood() {
    let number = phone("11987654321");
    for script in [
        ok(&json!({"code": "ABCD1234"})),
        AnswerScript::text(200, "ABCD1234"),
    ] {
        let server = AnsweringServer::start(script).await;
        let pairing = zapi(&server.base_url).pair(number.phone()).await;
        assert_eq!(pairing, Ok(Pairing::Code("ABCD1234".to_owned())));
        assert_eq!(
            targets(&server),
            [target("GET", "phone-code/5511987654321")]
        );
    }
}

#[tokio::test]
async fn an_answer_without_a_code_is_an_error() {
    for (class, script) in [
        (ErrorClass::Transient, ok(&json!({"value": ""}))),
        (ErrorClass::Transient, ok(&json!({}))),
        (ErrorClass::Transient, AnswerScript::text(200, "<html>")),
        (
            ErrorClass::ChannelAuth,
            ok(&json!({"error": "null not allowed"})),
        ),
    ] {
        let server = AnsweringServer::start(script).await;
        let error = zapi(&server.base_url)
            .pair(None)
            .await
            .expect_err("an error");
        assert_eq!(error.class, class);
    }
}

/// C1
#[tokio::test]
async fn all_webhooks_are_set_to_one_address() {
    let server = AnsweringServer::start(ok(&json!({"value": true}))).await;
    let url = "https://zapgres.example/hook/abc";
    assert_eq!(zapi(&server.base_url).set_webhook(url).await, Ok(()));
    let request = &server.requests()[0];
    assert_eq!(request.target, target("PUT", "update-every-webhooks"));
    assert_eq!(request.body, json!({"value": url, "notifySentByMe": true}));

    for (class, answer) in [
        (
            ErrorClass::ChannelAuth,
            json!({"error": "null not allowed"}),
        ),
        (ErrorClass::Transient, json!({"value": false})),
    ] {
        let server = AnsweringServer::start(ok(&answer)).await;
        let error = zapi(&server.base_url).set_webhook(url).await;
        assert_eq!(error.expect_err("an error").class, class);
    }
}
