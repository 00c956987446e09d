//! What cannot be sent in time ends.

use serde_json::json;

use super::stand::Stand;
use crate::cluster::plain;

/// Q1: a channel that stays down does not keep messages for ever.
#[tokio::test]
async fn what_a_broken_channel_keeps_expires() {
    let stand = Stand::open(plain()).await;
    let fault = json!({"kind": "status", "code": 401});
    stand.provider.order_faults(&fault).await;
    stand
        .session
        .run("update zap.source set expires_after = '10 seconds'")
        .await;
    stand.place(1..=3).await;
    let _daemon = stand.daemon();
    for key in 1..=3 {
        assert_eq!(stand.until_status(key, "expired").await, "channel_down");
    }
    assert_eq!(stand.provider.texts().await, [""; 0]);
}
