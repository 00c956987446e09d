//! What was accepted.

use std::sync::Arc;

use chrono::DateTime;
use serde_json::{Value, json};
use zapgres_sandbox::SandboxOptions;

use crate::client::{start, start_with, text_of, to_ana};

fn sequences(messages: &Value) -> Vec<u64> {
    messages
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["sequence"].as_u64().unwrap())
        .collect()
}

#[tokio::test]
async fn messages_are_listed_in_order_with_all_their_fields() {
    let clock = Arc::new(|| DateTime::from_timestamp_millis(1_700_000_000_007).unwrap());
    let sandbox = start_with(SandboxOptions {
        clock,
        ..Default::default()
    });
    let body = json!({"number": "+55 (11) 98765-4321", "text": "Olá \"Ana\" 🍕"});
    let id = sandbox.post("/message/sendText/loja", &body).await.json()["key"]["id"].clone();
    sandbox.send("b").await;
    let messages = sandbox.get("/sandbox/messages").await;
    assert_eq!(messages.header("content-type"), Some("application/json"));
    assert_eq!(
        messages.json()[0],
        json!({
            "sequence": 1,
            "id": id,
            "provider": "evolution",
            "instance": "loja",
            "number": "5511987654321",
            "kind": "text",
            "text": "Olá \"Ana\" 🍕",
            "accepted_at": "2023-11-14T22:13:20.007Z",
        })
    );
    assert_eq!(sequences(&messages.json()), [1, 2]);
}

#[tokio::test]
async fn a_selection_is_by_instance_and_by_sequence() {
    let sandbox = start();
    for instance in ["loja", "padaria", "loja", "padaria"] {
        sandbox
            .post(&format!("/message/sendText/{instance}"), &to_ana("a"))
            .await;
    }
    let select = async |query: &str| {
        sequences(
            &sandbox
                .get(&format!("/sandbox/messages?{query}"))
                .await
                .json(),
        )
    };
    assert_eq!(select("instance=padaria").await, [2, 4]);
    assert_eq!(select("after=2").await, [3, 4]);
    assert_eq!(select("instance=loja&after=1").await, [3]);
    assert_eq!(select("instance=nobody").await, [0_u64; 0]);
    let refused = sandbox.get("/sandbox/messages?after=yesterday").await;
    assert_eq!(refused.status, 400);
    assert!(refused.json()["error"].as_str().unwrap().contains("after"));
}

#[tokio::test]
async fn an_empty_list_is_a_list_and_clearing_makes_one() {
    let sandbox = start();
    assert_eq!(sandbox.get("/sandbox/messages").await.json(), json!([]));
    sandbox.send("a").await;
    assert_eq!(
        sandbox.delete("/sandbox/messages").await.json(),
        json!({"cleared": 1})
    );
    assert_eq!(sandbox.get("/sandbox/messages").await.json(), json!([]));
    sandbox.send("b").await;
    assert_eq!(
        sequences(&sandbox.get("/sandbox/messages").await.json()),
        [2]
    );
}

#[tokio::test]
async fn many_messages_are_listed_whole_and_the_oldest_leave_at_the_limit() {
    let sandbox = start_with(SandboxOptions {
        message_limit: 2_500,
        ..Default::default()
    });
    let request = text_of(
        "POST",
        "/message/sendText/loja",
        &[("apikey", "key"), ("content-type", "application/json")],
        &to_ana("a").to_string(),
    );
    let kept_open = request.replace("connection: close\r\n", "");
    sandbox.raw(&(kept_open.repeat(2_599) + &request)).await;
    let listed = sequences(&sandbox.get("/sandbox/messages").await.json());
    assert_eq!(listed, (101..=2_600).collect::<Vec<u64>>());
    let messages = &sandbox.get("/sandbox/stats").await.json()["messages"];
    assert_eq!(
        *messages,
        json!({"kept": 2_500, "latest": 2_600, "discarded": 100})
    );
}

#[tokio::test]
async fn stats_count_every_outcome_from_zero() {
    let sandbox = start();
    sandbox.send("a").await;
    sandbox.get("/instance/connectionState/loja").await;
    let requests = sandbox.get("/sandbox/stats").await.json()["requests"].clone();
    assert_eq!(
        (&requests["accepted"], &requests["answered"]),
        (&json!(1), &json!(1))
    );
    let total: u64 = requests
        .as_object()
        .unwrap()
        .values()
        .filter_map(Value::as_u64)
        .sum();
    assert_eq!((total, requests.as_object().unwrap().len()), (2, 14));
}
