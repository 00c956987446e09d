//! Receipts and customers' messages, told by webhook.

use serde_json::{Value, json};

use crate::client::{Running, soon, start};
use crate::receiver::Receiver;

const LOJA: &str = "/sandbox/webhooks/evolution/loja";

async fn listening(mut settings: Value) -> (Running, Receiver) {
    let (sandbox, receiver) = (start(), Receiver::start().await);
    settings["url"] = receiver.url().into();
    let answer = sandbox.put(LOJA, &settings).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    (sandbox, receiver)
}

fn statuses(told: &[Value]) -> Vec<&str> {
    told.iter()
        .map(|body| {
            body["data"]["status"]
                .as_str()
                .or(body["event"].as_str())
                .unwrap()
        })
        .collect()
}

/// R3: receipts name the message that the answer named.
#[tokio::test]
async fn an_accepted_message_is_followed_by_its_receipts() {
    let (sandbox, mut receiver) = listening(json!({})).await;
    let id = sandbox.send("oi").await.json()["key"]["id"].clone();
    let told = receiver.take(4).await;
    assert_eq!(
        (
            &told[0]["event"],
            &told[0]["instance"],
            &told[0]["data"]["key"]["id"]
        ),
        (&json!("send.message"), &json!("loja"), &id)
    );
    assert_eq!(statuses(&told[1..]), ["SERVER_ACK", "DELIVERY_ACK", "READ"]);
    for update in &told[1..] {
        assert_eq!(update["event"], "messages.update");
        assert_eq!(
            (&update["data"]["keyId"], &update["data"]["fromMe"]),
            (&id, &json!(true))
        );
    }
    let delivered =
        async { while sandbox.get("/sandbox/stats").await.json()["webhooks"]["delivered"] != 4 {} };
    soon(delivered).await;
}

#[tokio::test]
async fn only_the_receipts_asked_for_come_and_as_often_as_asked_for() {
    let (sandbox, mut receiver) =
        listening(json!({"receipts": ["delivered"], "repeat": 1, "delay_ms": 1})).await;
    sandbox.send("oi").await;
    let told = receiver.take(4).await;
    let send = told.iter().filter(|body| body["event"] == "send.message");
    assert_eq!(send.count(), 2);
    let delivered = told
        .iter()
        .filter(|body| body["data"]["status"] == "DELIVERY_ACK");
    assert_eq!(delivered.count(), 2);
}

#[tokio::test]
async fn shuffled_receipts_come_in_other_orders() {
    let (sandbox, mut receiver) = listening(json!({"shuffle": true})).await;
    let mut orders = std::collections::BTreeSet::new();
    for _ in 0..12 {
        sandbox.send("oi").await;
        let told = receiver.take(4).await;
        orders.insert(statuses(&told[1..]).join(" "));
    }
    assert!(orders.len() > 1, "{orders:?}");
}

/// Evolution repeats a request that failed, and never one answered with 4xx of its list.
#[tokio::test]
async fn a_request_that_failed_is_repeated_and_a_refused_one_is_not() {
    let (sandbox, mut receiver) = listening(json!({"receipts": [], "retry_ms": 1})).await;
    receiver.answer(&[500, 503, 200]);
    sandbox.send("a").await;
    let told = receiver.take(3).await;
    assert!(told.iter().all(|body| body == &told[0]));
    receiver.answer(&[422]);
    sandbox.send("b").await;
    assert_eq!(
        receiver.next().await.json()["data"]["message"]["conversation"],
        "b"
    );
    let given_up =
        async { while sandbox.get("/sandbox/stats").await.json()["webhooks"]["given_up"] != 1 {} };
    soon(given_up).await;
    let counts = &sandbox.get("/sandbox/stats").await.json()["webhooks"];
    assert_eq!(
        (&counts["failed"], &counts["delivered"]),
        (&json!(3), &json!(1))
    );
}

#[tokio::test]
async fn a_customer_writes_and_the_webhook_tells() {
    let (sandbox, mut receiver) = listening(json!({})).await;
    let body = json!({"from": "+55 31 98765-4321", "text": "Cadê meu pedido?", "name": "Bia"});
    let answer = sandbox.post("/sandbox/inbound/evolution/loja", &body).await;
    assert_eq!((answer.status, &answer.json()["told"]), (202, &json!(true)));
    let told = receiver.next().await.json();
    assert_eq!(told["event"], "messages.upsert");
    let data = &told["data"];
    assert_eq!(
        data["key"],
        json!({
            "remoteJid": "553187654321@s.whatsapp.net", "fromMe": false, "id": answer.json()["ids"][0],
        })
    );
    assert_eq!(
        (&data["pushName"], &data["messageType"]),
        (&json!("Bia"), &json!("conversation"))
    );
    assert_eq!(data["message"], json!({"conversation": "Cadê meu pedido?"}));
}

#[tokio::test]
async fn a_reply_from_a_hidden_number_names_what_it_answers() {
    let (sandbox, mut receiver) = listening(json!({})).await;
    let body = json!({
        "from": "5511987654321", "alias": "1234567890@lid", "kind": "button_reply",
        "content": {"selectedButtonId": "sim"}, "quotes": "3EB0A",
    });
    sandbox.post("/sandbox/inbound/evolution/loja", &body).await;
    let data = receiver.next().await.json()["data"].clone();
    assert_eq!(data["key"]["remoteJid"], "1234567890@lid");
    assert_eq!(data["key"]["remoteJidAlt"], "5511987654321@s.whatsapp.net");
    assert_eq!(data["key"]["addressingMode"], "lid");
    assert_eq!(
        data["message"],
        json!({"buttonsResponseMessage": {"selectedButtonId": "sim"}})
    );
    assert_eq!(data["contextInfo"]["stanzaId"], "3EB0A");
}

#[tokio::test]
async fn a_webhook_is_shown_without_its_secrets_and_removed() {
    let (sandbox, receiver) = listening(json!({"secret": "s3cr3t", "receipts": ["read"]})).await;
    let shown = sandbox.get(LOJA).await;
    assert_eq!(shown.json()["url"], receiver.url());
    assert_eq!(shown.json()["receipts"], json!(["read"]));
    assert!(!shown.body.contains("s3cr3t"));
    assert_eq!(sandbox.delete(LOJA).await.json(), json!({"removed": true}));
    assert_eq!(sandbox.get(LOJA).await.status, 404);
    let silent = json!({"from": "5511987654321", "text": "oi"});
    let answer = sandbox
        .post("/sandbox/inbound/evolution/loja", &silent)
        .await;
    assert_eq!(answer.json()["told"], false);
}

#[tokio::test]
async fn what_is_wrong_with_an_order_is_said_in_one_line() {
    let sandbox = start();
    for (path, body, part) in [
        (LOJA, json!({"url": "loja"}), "whole address"),
        (
            LOJA,
            json!({"url": "http://x", "receipt": []}),
            "unknown field `receipt`",
        ),
        (
            "/sandbox/connections/evolution/loja",
            json!({"state": "lost"}),
            "unknown variant `lost`",
        ),
    ] {
        let answer = sandbox.put(path, &body).await;
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert_eq!(answer.status, 400, "{error}");
        assert!(error.contains(part) && !error.contains('\n'), "{error}");
    }
    let nobody = sandbox
        .post("/sandbox/inbound/evolution/loja", &json!({"text": "oi"}))
        .await;
    assert_eq!(nobody.status, 400);
    let unknown = sandbox.get("/sandbox/webhooks/telegram/loja").await;
    assert_eq!(unknown.status, 404);
    assert!(
        unknown.json()["error"]
            .as_str()
            .unwrap()
            .contains("evolution")
    );
}

/// Evolution's own call: custom headers, a path for each event, and a token made with `jwt_key`.
#[tokio::test]
async fn a_webhook_set_by_evolutions_own_call_is_told_as_evolution_tells() {
    let (sandbox, mut receiver) = (start(), Receiver::start().await);
    let webhook = json!({"webhook": {
        "enabled": true, "url": receiver.url(), "byEvents": true, "events": ["MESSAGES_UPDATE"],
        "headers": {"x-loja": "1", "jwt_key": "segredo"},
    }});
    let set = sandbox.post("/webhook/set/loja", &webhook).await;
    assert_eq!((set.status, &set.json()["enabled"]), (201, &json!(true)));
    assert_eq!(sandbox.get("/webhook/find/loja").await.json(), set.json());
    sandbox.send("oi").await;
    let told = receiver.next().await;
    assert_eq!(told.json()["event"], "messages.update");
    assert_eq!(told.path, "/hook/messages-update");
    assert_eq!(told.headers["x-loja"], "1");
    let token = told.headers["authorization"].to_str().unwrap();
    assert_eq!(token.strip_prefix("Bearer ").unwrap().split('.').count(), 3);
    assert!(!told.headers.contains_key("jwt_key"));
    let off = json!({"webhook": {"enabled": false}});
    assert_eq!(sandbox.post("/webhook/set/loja", &off).await.status, 201);
    assert_eq!(sandbox.get("/webhook/find/loja").await.json(), json!(null));
    let incomplete = json!({"webhook": {"enabled": true}});
    let refused = sandbox.post("/webhook/set/loja", &incomplete).await;
    assert_eq!(refused.status, 400);
}
