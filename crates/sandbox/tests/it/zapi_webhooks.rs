//! What Z-API tells by webhook.

use serde_json::{Value, json};

use crate::client::start;
use crate::receiver::Receiver;

fn types(told: &[Value]) -> Vec<&str> {
    told.iter()
        .map(|body| body["status"].as_str().or(body["type"].as_str()).unwrap())
        .collect()
}

/// C8: receipts name the message that the answer named, and have the number as it is registered.
#[tokio::test]
async fn an_accepted_message_is_followed_by_what_becomes_of_it() {
    let (sandbox, mut receiver) = (start(), Receiver::start().await);
    let every = json!({"value": receiver.url(), "notifySentByMe": false});
    let set = sandbox.zapi("PUT", "update-every-webhooks", &every).await;
    assert_eq!(set.json()["value"], true);
    let id = sandbox.zapi_text("oi").await.json()["messageId"].clone();
    let told = receiver.take(4).await;
    assert_eq!(
        types(&told),
        ["DeliveryCallback", "SENT", "RECEIVED", "READ"]
    );
    assert_eq!(
        (
            &told[0]["messageId"],
            &told[0]["phone"],
            &told[0]["instanceId"]
        ),
        (&id, &json!("553187654321"), &json!("loja"))
    );
    assert!(told[1..].iter().all(|status| status["ids"] == json!([id])));
    sandbox
        .fault(json!({"kind": "fail_later", "times": 1}))
        .await;
    sandbox.zapi_text("a").await;
    let failed = receiver.next().await.json();
    assert_eq!(failed["type"], "DeliveryCallback");
    assert!(failed["error"].is_string());
}

#[tokio::test]
async fn each_event_goes_to_its_own_address() {
    let (sandbox, mut receiver) = (start(), Receiver::start().await);
    let inbound = "/sandbox/inbound/zapi/loja";
    for (operation, path) in [("received", "entrou"), ("disconnected", "caiu")] {
        let value = json!({"value": format!("{}/{path}", receiver.url())});
        let operation = format!("update-webhook-{operation}");
        assert_eq!(sandbox.zapi("PUT", &operation, &value).await.status, 200);
    }
    sandbox.zapi_text("nobody is told of it").await;
    let own = json!({"from": "5511987654321", "text": "on the phone", "from_me": true});
    sandbox.post(inbound, &own).await;
    let reply = json!({
        "from": "5511987654321", "name": "Ana", "quotes": "D241", "kind": "button_reply",
        "content": {"buttonId": "1", "message": "Sim"},
    });
    sandbox.post(inbound, &reply).await;
    let told = receiver.next().await;
    assert_eq!(told.path, "/hook/entrou");
    let body = told.json();
    assert_eq!(
        (
            &body["phone"],
            &body["senderName"],
            &body["referenceMessageId"],
            &body["fromMe"]
        ),
        (
            &json!("5511987654321"),
            &json!("Ana"),
            &json!("D241"),
            &json!(false)
        )
    );
    assert_eq!(body["buttonsResponseMessage"]["buttonId"], "1");
    sandbox.zapi_get("disconnect").await;
    let told = receiver.next().await;
    assert_eq!(
        (told.path.as_str(), &told.json()["disconnected"]),
        ("/hook/caiu", &json!(true))
    );
    let me = sandbox.zapi_get("me").await;
    assert_eq!(
        (
            &me["receivedCallbackUrl"],
            &me["deliveryCallbackUrl"],
            &me["receiveCallbackSentByMe"]
        ),
        (
            &json!(format!("{}/entrou", receiver.url())),
            &Value::Null,
            &json!(false)
        )
    );
    let wanted = json!({"notifySentByMe": true});
    sandbox
        .zapi("PUT", "update-notify-sent-by-me", &wanted)
        .await;
    sandbox.post(inbound, &own).await;
    assert_eq!(receiver.next().await.json()["fromMe"], true);
}
