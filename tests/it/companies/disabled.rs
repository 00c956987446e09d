//! Companies that are disabled while messages wait.

use std::time::Duration;

use crate::cluster::plain;
use crate::delivery::stand::Stand;
use crate::wait;

/// A stand with one message that is ready, of a company that was disabled since.
async fn open() -> Stand {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("select zap.pause_channel('channel_1')")
        .await;
    stand
}

async fn disable(stand: &Stand) {
    stand.place([1]).await;
    let ready = "select count(*) from zap.notification_queue where resolved_at is not null";
    wait::until("it is ready", async || {
        stand.session.count(ready).await == 1
    })
    .await;
    stand
        .session
        .run("select zap.disable_tenant('1'); select zap.resume_channel('channel_1')")
        .await;
}

/// Bad input: a company disabled halfway: what is ready waits, and goes on when it is enabled again.
#[tokio::test]
async fn what_is_ready_waits_until_it_is_enabled() {
    let stand = open().await;
    let _daemon = stand.daemon();
    disable(&stand).await;
    let arrived = async || !stand.provider.texts().await.is_empty();
    assert!(!wait::holds_within(Duration::from_secs(2), arrived).await);
    assert_eq!(stand.of_order(1, "status").await, "pending");
    stand.place([2]).await;
    assert_eq!(stand.until_status(2, "skipped").await, "tenant_disabled");
    stand.session.run("select zap.enable_tenant('1')").await;
    stand.until_accepted(1).await;
    assert_eq!(stand.provider.texts().await, ["1"]);
}

/// Bad input: a company disabled for longer than its messages last.
#[tokio::test]
async fn what_waited_too_long_expires() {
    let stand = open().await;
    stand
        .session
        .run("update zap.source set expires_after = '12 seconds'")
        .await;
    let _daemon = stand.daemon();
    disable(&stand).await;
    assert_eq!(stand.until_status(1, "expired").await, "tenant_disabled");
    assert_eq!(stand.provider.texts().await, [""; 0]);
}
