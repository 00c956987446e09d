//! Z-API's queue.

use serde_json::{Value, json};

use crate::client::start;
use crate::receiver::Receiver;
use crate::zapi::CONNECTION;

/// P1: what is accepted while the phone is away goes out when it is back, under the ids told before.
#[tokio::test]
async fn messages_wait_in_the_queue_until_the_phone_is_connected() {
    let (sandbox, mut receiver) = (start(), Receiver::start().await);
    sandbox
        .put(CONNECTION, &json!({"state": "disconnected"}))
        .await;
    let first = sandbox.zapi_text("a").await.json();
    let second = sandbox.zapi_text("b").await.json();
    sandbox.zapi_text("c").await;
    assert!(sandbox.texts().await.is_empty());
    assert_eq!(sandbox.zapi_get("queue/count").await["count"], 3);
    let page = json!({"pageSize": 2});
    let page = sandbox.zapi("POST", "queue", &page).await.json();
    assert_eq!(page["hasMore"], true);
    let row = &page["messages"][0];
    assert_eq!(
        (
            &row["MessageId"],
            &row["ZaapId"],
            &row["Phone"],
            &row["Message"]
        ),
        (
            &first["messageId"],
            &first["zaapId"],
            &json!("5531987654321"),
            &json!("a")
        )
    );
    let next = json!({"pageSize": 2, "pagingState": page["pagingState"]});
    let next = sandbox.zapi("POST", "queue", &next).await.json();
    assert_eq!(
        (&next["messages"][0]["Message"], &next["hasMore"]),
        (&json!("c"), &json!(false))
    );
    assert_eq!(
        sandbox.zapi_get("queue?page=2&pageSize=2").await[0]["Message"],
        "c"
    );
    let cancelled = format!("queue/{}", second["zaapId"].as_str().unwrap());
    assert_eq!(
        sandbox
            .zapi("DELETE", &cancelled, &Value::Null)
            .await
            .status,
        200
    );
    assert_eq!(
        sandbox
            .zapi("DELETE", &cancelled, &Value::Null)
            .await
            .status,
        400
    );
    let webhook = json!({"url": receiver.url(), "receipts": []});
    sandbox.put("/sandbox/webhooks/zapi/loja", &webhook).await;
    assert_eq!(sandbox.zapi_get("restore-session").await["value"], true);
    assert_eq!(sandbox.texts().await, ["a", "c"]);
    let told = receiver.take(3).await;
    let delivered = told
        .iter()
        .any(|body| body["messageId"] == first["messageId"]);
    assert!(delivered, "{told:?}");
    assert_eq!(sandbox.zapi_get("queue/count").await["count"], 0);
}

#[tokio::test]
async fn the_queue_has_room_for_a_thousand_and_can_be_emptied() {
    let sandbox = start();
    sandbox
        .put(CONNECTION, &json!({"state": "disconnected"}))
        .await;
    for _ in 0..1000 {
        assert_eq!(sandbox.zapi_text("a").await.status, 200);
    }
    let refused = sandbox.zapi_text("b").await;
    assert_eq!(refused.status, 400);
    assert!(refused.body.contains("queue is full"), "{}", refused.body);
    assert_eq!(
        sandbox.zapi("DELETE", "queue", &Value::Null).await.status,
        200
    );
    assert_eq!(sandbox.zapi_get("queue/count").await["count"], 0);
}
