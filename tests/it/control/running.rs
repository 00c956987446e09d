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

/// Q1: a company that is paused waits, while others go on.
#[tokio::test]
async fn a_paused_tenant_waits() {
    let stand = Stand::open(plain()).await;
    stand.add_channel("2").await;
    stand.session.run("select zap.pause_tenant('1')").await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand
        .session
        .run(
            "begin;
             insert into pedidos (id, empresa_id, nome, telefone, total) values (2, 2, 'Zé', '(11) 98765-0000', 1);
             insert into pedido_itens (pedido_id, nome_produto, quantidade, valor_unitario) values (2, 'X', 1, 1);
             commit",
        )
        .await;
    stand.until_accepted_texts(&["2"]).await;
    until_resolved(&stand, 2).await;
    assert_eq!(stand.of_order(1, "status").await, "pending");
    stand.session.run("select zap.resume_tenant('1')").await;
    stand.until_accepted_texts(&["2", "1"]).await;
}

/// Q1: what a paused source has announced is put aside, out of the way of other sources on the same channel.
#[tokio::test]
async fn a_paused_source_waits() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("select zap.pause_source('pedido_itens')")
        .await;
    let _daemon = stand.daemon();
    stand.place([1, 2]).await;
    let aside = "select count(*) from zap.notification_queue
         where reason = 'source_paused' and next_attempt_at = 'infinity' and status = 'pending'";
    wait::until("both are put aside", async || {
        stand.session.count(aside).await == 2
    })
    .await;
    assert_eq!(stand.provider.texts().await, [""; 0]);
    stand
        .session
        .run("select zap.resume_source('pedido_itens')")
        .await;
    stand.until_accepted_texts(&["1", "2"]).await;
    assert_eq!(stand.of_order(1, "reason").await, "null");
}

/// Q1: also what lost its channel while it was put aside, and even where the pause ended unnoticed.
#[tokio::test]
async fn a_paused_source_waits_beyond_its_channel() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("select zap.pause_source('pedido_itens')")
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    wait::until("it is put aside", async || {
        stand.of_order(1, "reason").await == "source_paused"
    })
    .await;
    stand
        .session
        .run("update zap.channel set enabled = false; select zap.wake_lanes('{}')")
        .await;
    wait::until("it has lost its channel", async || {
        stand.of_order(1, "channel_id").await == "null"
    })
    .await;
    stand
        .session
        .run("update zap.source set paused_at = null; update zap.channel set enabled = true")
        .await;
    stand.until_accepted_texts(&["1"]).await;
}

/// B2: a send without an answer of a source that holds such is left to a person, who lets it go.
#[tokio::test]
async fn what_is_held_is_let_go() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("update zap.source set uncertain_policy = 'hold'")
        .await;
    stand.place([1]).await;
    let daemon = stand.daemon();
    stand.until_status(1, "sent").await;
    assert!(daemon.terminate().await.success());
    stand
        .session
        .run(
            "insert into zap.notification_queue (
                 source_id, event, subject, dedup_key, tenant_id, channel_id, recipient, body, status, attempts, max_attempts,
                 resolved_at, processing_at, uncertain_at, error_class, metadata
             )
             select source_id, event, '2', 'order_received:2', tenant_id, channel_id, '+5511987650000', '2', 'uncertain', 1, 8,
                 now(), now() - interval '1 hour', now() - interval '1 hour', 'uncertain',
                 '{\"unanswered\": 1, \"repeat_possible\": true}'
             from zap.notification_queue",
        )
        .await;
    let _daemon = stand.daemon();
    wait::until("it is held", async || {
        stand.of_order(2, "reason").await == "held"
    })
    .await;
    stand.session.run(&of("retry", 2)).await;
    stand.until_accepted(2).await;
    stand.until_status(2, "sent").await;
}
