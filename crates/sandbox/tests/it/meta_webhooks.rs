//! What Meta tells by webhook.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::client::{Running, start};
use crate::meta::{code, to_ana};
use crate::receiver::{Receiver, VERIFY_TOKEN};

const WEBHOOK: &str = "/sandbox/webhooks/meta/123";

async fn listening(mut settings: Value) -> (Running, Receiver) {
    let (sandbox, receiver) = (start(), Receiver::start().await);
    settings["url"] = receiver.url().into();
    let answer = sandbox.put(WEBHOOK, &settings).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    (sandbox, receiver)
}

fn value(body: &Value) -> &Value {
    &body["entry"][0]["changes"][0]["value"]
}

/// R2: signed over the bytes, with the app's secret.
#[tokio::test]
async fn statuses_are_signed_and_repeat_the_senders_reference() {
    let (sandbox, mut receiver) = listening(json!({"secret": "segredo"})).await;
    let mut body = to_ana("text", json!({"body": "oi"}));
    body["biz_opaque_callback_data"] = "n-7".into();
    let id = sandbox.meta(&body).await.json()["messages"][0]["id"].clone();
    for name in ["sent", "delivered", "read"] {
        let told = receiver.next().await;
        let mut mac = Hmac::<Sha256>::new_from_slice(b"segredo").unwrap();
        mac.update(&told.body);
        let signature = told.headers["x-hub-signature-256"].to_str().unwrap();
        let signature = signature.strip_prefix("sha256=").unwrap();
        let bytes: Vec<u8> = (0..32)
            .map(|at| u8::from_str_radix(&signature[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        mac.verify_slice(&bytes).unwrap();
        let told = told.json();
        assert_eq!(value(&told)["metadata"]["phone_number_id"], "123");
        let status = &value(&told)["statuses"][0];
        assert_eq!((&status["id"], &status["status"]), (&id, &json!(name)));
        assert_eq!(status["recipient_id"], "5511987654321");
        let contact = &value(&told)["contacts"][0];
        assert_eq!(
            (&contact["wa_id"], &contact["user_id"]),
            (&json!("5511987654321"), &status["recipient_user_id"])
        );
        assert_eq!(status["biz_opaque_callback_data"], "n-7");
        assert!(status["timestamp"].is_string());
    }
}

#[tokio::test]
async fn batched_statuses_come_in_one_request() {
    let (sandbox, mut receiver) = listening(json!({"batch": true})).await;
    sandbox.meta(&to_ana("text", json!({"body": "oi"}))).await;
    let told = receiver.next().await.json();
    assert_eq!(value(&told)["statuses"].as_array().unwrap().len(), 3);
    let inbound = json!([
        {"from": "5531987654321", "text": "a"},
        {"alias": "BR.15", "kind": "button_reply", "content": {"id": "s", "title": "Sim"}, "quotes": "wamid.A"},
        {"alias": "BR.15", "kind": "list_reply", "content": {"id": "s", "title": "Sim"}},
    ]);
    let ids = sandbox
        .post("/sandbox/inbound/meta/123", &inbound)
        .await
        .json()["ids"]
        .clone();
    let told = receiver.next().await.json();
    let messages = &value(&told)["messages"];
    assert_eq!((&messages[0]["id"], &messages[1]["id"]), (&ids[0], &ids[1]));
    assert_eq!(
        (&messages[0]["from"], &messages[0]["text"]["body"]),
        (&json!("553187654321"), &json!("a"))
    );
    assert_eq!(
        (&messages[1]["from_user_id"], messages[1].get("from")),
        (&json!("BR.15"), None)
    );
    assert_eq!(messages[1]["interactive"]["button_reply"]["title"], "Sim");
    assert_eq!(messages[1]["context"]["id"], "wamid.A");
    assert!(
        messages[2]["context"]["id"].is_string(),
        "whoever chooses answers"
    );
    assert_eq!(value(&told)["contacts"][0]["wa_id"], "553187654321");
    let user_id = &value(&told)["contacts"][0]["user_id"];
    assert!(user_id.as_str().unwrap().starts_with("BR."));
}

/// What was accepted may fail later: by a fault, or because the window is closed.
#[tokio::test]
async fn a_message_may_be_accepted_and_fail_later() {
    let (sandbox, mut receiver) = listening(json!({})).await;
    sandbox
        .fault(json!({"kind": "fail_later", "times": 1}))
        .await;
    let text = to_ana("text", json!({"body": "oi"}));
    assert_eq!(sandbox.meta(&text).await.status, 200);
    let told = receiver.next().await.json();
    let status = &value(&told)["statuses"][0];
    assert_eq!(
        (&status["status"], &status["errors"][0]["code"]),
        (&json!("failed"), &json!(131_026))
    );
    sandbox
        .put("/sandbox/meta", &json!({"windows": "asynchronous"}))
        .await;
    assert_eq!(sandbox.meta(&text).await.status, 200);
    let told = receiver.next().await.json();
    assert_eq!(value(&told)["statuses"][0]["errors"][0]["code"], 131_047);
}

/// Meta takes 200 alone for an answer.
#[tokio::test]
async fn any_other_answer_is_followed_by_a_repetition() {
    let (sandbox, mut receiver) = listening(json!({"receipts": ["sent"], "retry_ms": 1})).await;
    receiver.answer(&[201, 404, 200]);
    sandbox.meta(&to_ana("text", json!({"body": "oi"}))).await;
    let told = receiver.take(3).await;
    assert!(told.iter().all(|body| body == &told[0]));
}

#[tokio::test]
async fn a_receiver_is_asked_for_its_token_before_it_is_registered() {
    let (_sandbox, receiver) = listening(json!({"verify_token": VERIFY_TOKEN})).await;
    let sandbox = start();
    let wrong = json!({"url": receiver.url(), "verify_token": "outro"});
    let refused = sandbox.put(WEBHOOK, &wrong).await;
    assert_eq!(refused.status, 400);
    assert!(refused.json()["error"].as_str().unwrap().contains("403"));
    assert_eq!(sandbox.get(WEBHOOK).await.status, 404);
}

/// Meta's own call: the account's numbers are told of where it says, signed with the app's secret.
#[tokio::test]
async fn a_subscription_may_name_its_receiver() {
    let (sandbox, mut receiver) = (start(), Receiver::start().await);
    sandbox
        .put("/sandbox/meta", &json!({"app_secret": "segredo"}))
        .await;
    let path = "/v23.0/2123/subscribed_apps";
    let wrong = json!({"override_callback_uri": receiver.url(), "verify_token": "outro"});
    assert_eq!(
        code(&sandbox.graph("POST", path, &wrong).await),
        (400, 2200)
    );
    let right = json!({"override_callback_uri": receiver.url(), "verify_token": VERIFY_TOKEN});
    let subscribed = sandbox.graph("POST", path, &right).await;
    assert_eq!(subscribed.json(), json!({"success": true}));
    sandbox.meta(&to_ana("text", json!({"body": "oi"}))).await;
    let told = receiver.next().await;
    assert_eq!(value(&told.json())["statuses"][0]["status"], "sent");
    assert!(told.headers.contains_key("x-hub-signature-256"));
    sandbox.graph("DELETE", path, &json!({})).await;
    let inbound = json!({"from": "5511987654321", "text": "oi"});
    let silent = sandbox.post("/sandbox/inbound/meta/123", &inbound).await;
    assert_eq!(silent.json()["told"], false);
}

/// What somebody writes in the company's app comes as an echo.
#[tokio::test]
async fn what_the_company_writes_itself_is_told_as_an_echo() {
    let (sandbox, mut receiver) = listening(json!({})).await;
    let own = json!({"from": "5511987654321", "text": "já vai", "from_me": true});
    sandbox.post("/sandbox/inbound/meta/123", &own).await;
    let told = receiver.next().await.json();
    assert_eq!(
        told["entry"][0]["changes"][0]["field"],
        "smb_message_echoes"
    );
    let echo = &value(&told)["message_echoes"][0];
    assert_eq!(
        (&echo["to"], &echo["text"]["body"]),
        (&json!("5511987654321"), &json!("já vai"))
    );
}
