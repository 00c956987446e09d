//! The same while a daemon is at work.

use crate::cluster::plain;
use crate::delivery::stand::Stand;
use crate::wait;

/// Waits until intake has looked at as many orders.
async fn until_resolved(stand: &Stand, orders: u64) {
    let resolved = "select count(*) from zap.notification_queue where resolved_at is not null";
    wait::until("intake has looked", async || {
        stand.session.count(resolved).await >= orders
    })
    .await;
}

/// An order's notification is the first of its subject.
fn of(action: &str, key: u32) -> String {
    format!("select zap.{action}(min(id)) from zap.notification_queue where subject = '{key}'")
}

/// Q1: what was canceled while it waited is not sent, the others are.
#[tokio::test]
async fn what_was_canceled_is_not_sent() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("select zap.pause_channel('channel_1')")
        .await;
    let _daemon = stand.daemon();
    stand.place([1, 2]).await;
    until_resolved(&stand, 2).await;
    stand.session.run(&of("cancel", 1)).await;
    stand
        .session
        .run("select zap.resume_channel('channel_1')")
        .await;
    stand.until_accepted_texts(&["2"]).await;
    assert_eq!(stand.of_order(1, "status").await, "canceled");
    stand.session.run(&of("retry", 1)).await;
    stand.until_accepted_texts(&["2", "1"]).await;
}

/// Q1: what was canceled before anybody looked at it is left alone, and looked at when it is taken up again, however late.
#[tokio::test]
async fn what_was_canceled_at_once_can_be_taken_up_later() {
    let stand = Stand::open(plain()).await;
    stand.place([1]).await;
    stand.session.run(&of("cancel", 1)).await;
    stand
        .session
        .run("update zap.notification_queue set created_at = now() - interval '7 hours'")
        .await;
    let _daemon = stand.daemon();
    stand.place([2]).await;
    stand.until_accepted_texts(&["2"]).await;
    assert_eq!(stand.of_order(1, "status").await, "canceled");
    stand.session.run(&of("retry", 1)).await;
    stand.until_accepted_texts(&["2", "1"]).await;
    stand.until_status(1, "sent").await;
}

/// Q1: a repeat is sent beside what was sent before.
#[tokio::test]
async fn what_was_sent_is_sent_once_more() {
    let stand = Stand::open(plain()).await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_status(1, "sent").await;
    stand.session.run(&of("resend", 1)).await;
    stand.until_accepted_texts(&["1", "1"]).await;
    stand.until_done().await;
    let statuses = "select status from zap.notification_queue order by id";
    assert_eq!(stand.session.column(statuses).await, ["sent", "sent"]);
}

/// O7: what is taken up when its channel is gone is sent when its company has another one.
#[tokio::test]
async fn what_has_no_channel_waits_for_one() {
    let stand = Stand::open(plain()).await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_accepted_texts(&["1"]).await;
    stand.until_done().await;
    stand
        .session
        .run(
            "insert into zap.notification_queue
                 (source_id, event, subject, dedup_key, tenant_id, recipient, body, status, failed_at, attempts, resolved_at)
             select source_id, event, '2', 'order_received:2', tenant_id, recipient, '2', 'failed', now(), 1, now()
             from zap.notification_queue;
             delete from zap.channel",
        )
        .await;
    stand.session.run(&of("retry", 2)).await;
    assert_eq!(stand.until_status(2, "retrying").await, "no_channel");
    stand.add_channel("1").await;
    stand.until_accepted_texts(&["1", "2"]).await;
}
