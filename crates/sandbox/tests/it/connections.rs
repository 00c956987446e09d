//! Phones that are not connected.

use serde_json::{Value, json};

use crate::client::{Running, soon, start, to_ana};
use crate::receiver::Receiver;

const LOJA: &str = "/sandbox/connections/evolution/loja";

async fn state(sandbox: &Running) -> Value {
    let answer = sandbox.get("/instance/connectionState/loja").await.json();
    answer["instance"]["state"].clone()
}

#[tokio::test]
async fn a_disconnected_phone_sends_nothing_and_says_so() {
    let sandbox = start();
    assert_eq!(sandbox.get(LOJA).await.json()["state"], "connected");
    sandbox.put(LOJA, &json!({"state": "disconnected"})).await;
    assert_eq!(state(&sandbox).await, "close");
    let refused = sandbox.send("a").await;
    assert_eq!(
        (refused.status, &refused.json()["response"]["message"]),
        (400, &json!(["Error: Connection Closed"]))
    );
    let other = sandbox
        .post("/message/sendText/padaria", &to_ana("b"))
        .await;
    assert_eq!(other.status, 201);
    assert_eq!(sandbox.texts().await, ["b"]);
    assert_eq!(sandbox.count("disconnected").await, 1);
}

#[tokio::test]
async fn connecting_a_phone_that_knows_the_instance_needs_nobody() {
    let sandbox = start();
    sandbox.put(LOJA, &json!({"state": "disconnected"})).await;
    let restarted = sandbox.post("/instance/restart/loja", &json!({})).await;
    assert_eq!(
        (restarted.status, &restarted.json()["error"]),
        (200, &json!(true))
    );
    assert_eq!(sandbox.get("/instance/connect/loja").await.status, 200);
    assert_eq!(state(&sandbox).await, "open");
    assert_eq!(sandbox.send("a").await.status, 201);
}

#[tokio::test]
async fn a_phone_that_forgot_the_instance_shows_codes_until_one_is_scanned() {
    let sandbox = start();
    assert_eq!(
        sandbox
            .delete_with_key("/instance/logout/loja")
            .await
            .status,
        200
    );
    assert_eq!(state(&sandbox).await, "close");
    let codes = [(); 2].map(|()| sandbox.get("/instance/connect/loja"));
    let codes = futures_util::future::join_all(codes).await;
    let codes: Vec<Value> = codes
        .iter()
        .map(|code| code.json()["code"].clone())
        .collect();
    assert!(codes[0].is_string() && codes[0] != codes[1], "{codes:?}");
    assert_eq!(state(&sandbox).await, "connecting");
    let scan = format!("{LOJA}/scan");
    assert_eq!(
        sandbox.post(&scan, &json!({})).await.json()["state"],
        "connected"
    );
    assert_eq!(state(&sandbox).await, "open");
    assert_eq!(sandbox.post(&scan, &json!({})).await.status, 409);
}

#[tokio::test]
async fn connecting_may_take_its_time() {
    let sandbox = start();
    let slow = json!({"state": "disconnected", "connecting_ms": 300});
    sandbox.put(LOJA, &slow).await;
    sandbox.get("/instance/connect/loja").await;
    assert_eq!(state(&sandbox).await, "connecting");
    soon(async { while state(&sandbox).await != "open" {} }).await;
}

#[tokio::test]
async fn each_change_of_the_connection_is_told() {
    let (sandbox, mut receiver) = (start(), Receiver::start().await);
    let webhook = json!({"webhook": {"enabled": true, "url": receiver.url(), "events": []}});
    assert_eq!(
        sandbox.post("/webhook/set/loja", &webhook).await.status,
        201
    );
    sandbox
        .put(
            LOJA,
            &json!({"state": "awaits_pairing", "needs_pairing": true}),
        )
        .await;
    let told = receiver.take(2).await;
    assert_eq!(
        (&told[0]["event"], &told[0]["data"]["state"]),
        (&json!("connection.update"), &json!("connecting"))
    );
    assert_eq!(told[1]["event"], "qrcode.updated");
    assert!(told[1]["data"]["qrcode"]["code"].is_string());
}
