//! Any HTTP API over real sockets.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;
use zapgres_sandbox::SandboxOptions;

use crate::client::{start, start_with};
use crate::receiver::Receiver;

const JSON: (&str, &str) = ("content-type", "application/json");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[tokio::test]
async fn json_forms_and_queries_are_all_taken() {
    let sandbox = start();
    let parts = "--x\r\ncontent-disposition: form-data; name=\"text\"\r\n\r\nd\r\n--x--\r\n";
    let multipart = ("content-type", "multipart/form-data; boundary=x");
    for (method, path, header, body, text) in [
        (
            "POST",
            "/http/sms",
            JSON,
            r#"{"to":"+5511987654321","text":"a"}"#,
            "a",
        ),
        ("PUT", "/http/sms", JSON, r#"{"message":"b"}"#, "b"),
        (
            "POST",
            "/http/sms",
            FORM,
            "To=%2B5511987654321&Body=Ol%C3%A1+c",
            "Olá c",
        ),
        ("POST", "/http/sms", multipart, parts, "d"),
        ("GET", "/http/sms?to=5511987654321&message=e", JSON, "", "e"),
    ] {
        let answer = sandbox.request(method, path, &[header], body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let messages = sandbox.get("/sandbox/messages").await.json();
        let kept = messages.as_array().unwrap().last().unwrap();
        assert_eq!(
            (&kept["text"], &kept["id"], &kept["provider"]),
            (&json!(text), &answer.json()["id"], &json!("http"))
        );
    }
    let strange = sandbox.request("POST", "/http/sms", &[JSON], "<a/>").await;
    assert_eq!(strange.status, 400);
}

#[tokio::test]
async fn it_can_be_down_restricted_and_asked_how_it_is() {
    let sandbox = start_with(SandboxOptions {
        api_key: Some("segredo".to_owned()),
        instances: Some(["sms".to_owned()].into()),
        ..Default::default()
    });
    let key = ("authorization", "Bearer segredo");
    assert_eq!(
        sandbox.request("GET", "/http/sms", &[], "").await.status,
        401
    );
    assert_eq!(
        sandbox.request("GET", "/http/fax", &[key], "").await.status,
        404
    );
    assert_eq!(
        sandbox.request("GET", "/http/sms", &[key], "").await.status,
        200
    );
    let closed = json!({"state": "disconnected"});
    sandbox.put("/sandbox/connections/http/sms", &closed).await;
    assert_eq!(
        sandbox.request("GET", "/http/sms", &[key], "").await.status,
        503
    );
    let body = r#"{"to":"5511987654321","text":"a"}"#;
    let refused = sandbox
        .request("POST", "/http/sms", &[key, JSON], body)
        .await;
    assert_eq!(
        (refused.status, &refused.json()["error"]),
        (503, &json!("not connected"))
    );
}

/// C1, C8
#[tokio::test]
async fn receipts_and_answers_are_told_signed() {
    let (sandbox, mut receiver) = (start(), Receiver::start().await);
    let webhook = json!({"url": receiver.url(), "secret": "segredo"});
    sandbox.put("/sandbox/webhooks/http/sms", &webhook).await;
    let body = r#"{"to":"5511987654321","text":"a"}"#;
    let answer = sandbox.request("POST", "/http/sms", &[JSON], body).await;
    let told = receiver.next().await;
    let mut mac = Hmac::<Sha256>::new_from_slice(b"segredo").unwrap();
    mac.update(&told.body);
    let hex: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(told.headers["x-signature"], hex.as_str());
    let receipt = told.json();
    assert_eq!(
        (&receipt["message_id"], &receipt["status"]),
        (&answer.json()["id"], &json!("sent"))
    );
    let further = receiver.take(2).await;
    assert_eq!(
        (&further[0]["status"], &further[1]["status"]),
        (&json!("delivered"), &json!("read"))
    );
    let inbound = json!({"from": "5511987654321", "text": "SAIR"});
    sandbox.post("/sandbox/inbound/http/sms", &inbound).await;
    let written = receiver.next().await.json();
    assert_eq!(
        (&written["type"], &written["from"], &written["text"]),
        (&json!("message"), &json!("+5511987654321"), &json!("SAIR"))
    );
}
