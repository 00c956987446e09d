//! Where Meta delivers to.

use serde_json::json;
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_providers::{Secrets, provider_named};

use super::{channel, meta, meta_with};
use crate::http;
use crate::server::{AnswerScript, AnsweringServer};

const URL: &str = "https://zap.example.com/webhook/loja1";

async fn set_by(script: AnswerScript) -> Result<(), SendError> {
    let server = AnsweringServer::start(script).await;
    let account = json!({"business_account_id": "102290129340398"});
    let set = meta_with(&server.base_url, account).set_webhook(URL).await;
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    let target = "POST /v25.0/102290129340398/subscribed_apps";
    assert_eq!(requests[0].target, target);
    let expected = json!({"override_callback_uri": URL, "verify_token": "a-verify-token"});
    assert_eq!(requests[0].body, expected);
    set
}

/// C1
#[tokio::test]
async fn the_business_account_is_subscribed_with_our_address() {
    let done = AnswerScript::json(200, &json!({"success": true}));
    assert_eq!(set_by(done).await, Ok(()));
}

#[tokio::test]
async fn a_refusal_is_told() {
    let refused = json!({"error": {"code": 2_200, "message": "Callback verification failed"}});
    for (script, class) in [
        (AnswerScript::json(400, &refused), ErrorClass::Rejected),
        (
            AnswerScript::json(200, &json!({"success": false})),
            ErrorClass::Transient,
        ),
        (AnswerScript::text(502, ""), ErrorClass::Transient),
    ] {
        let error = set_by(script).await.expect_err("a refusal");
        assert_eq!(error.class, class, "{error}");
    }
}

#[tokio::test]
async fn what_is_missing_for_it_is_named() {
    let error = meta("http://127.0.0.1:1")
        .set_webhook(URL)
        .await
        .expect_err("no account");
    assert!(error.message.contains("business_account_id"), "{error}");
    let mut channel = channel("http://127.0.0.1:1", json!({"business_account_id": "1"}));
    channel.secrets = Secrets::default();
    let provider = provider_named("meta", channel, http()).expect("meta is there");
    let error = provider.set_webhook(URL).await.expect_err("no token");
    assert!(error.message.contains("verify_token"), "{error}");
}
