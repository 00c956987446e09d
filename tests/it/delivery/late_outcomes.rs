//! Outcomes that come when somebody else has decided meanwhile: what is known is never thrown away.

use serde_json::json;

use super::stand::Stand;
use crate::cluster::plain;
use crate::wait;

/// Another daemon takes over what is in flight.
const TAKE_OVER: &str = "
    insert into zap.daemon (name, instance, lease_until, version)
    values ('other', gen_random_uuid(), clock_timestamp() + interval '1 hour', 'x');
    update zap.channel_state set lease_owner = 'other', lease_epoch = lease_epoch + 1;
    update zap.notification_queue
    set status = 'uncertain', uncertain_at = clock_timestamp(), next_attempt_at = clock_timestamp() + interval '1 hour'
    where status = 'processing'";

/// One order's request is on its way, and its answer takes a while.
async fn in_flight() -> (Stand, crate::daemon::Daemon) {
    let stand = Stand::open(plain()).await;
    stand
        .provider
        .order_faults(&json!({"kind": "delay", "ms": 8000}))
        .await;
    let daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_status(1, "processing").await;
    (stand, daemon)
}

/// B2: whoever holds the lease now, the answer of the attempt counts.
#[tokio::test]
async fn an_answer_after_a_takeover_is_written() {
    let (stand, _daemon) = in_flight().await;
    stand.session.run(TAKE_OVER).await;
    stand.until_status(1, "sent").await;
    assert_ne!(stand.of_order(1, "provider_message_id").await, "null");
    assert_eq!(stand.accepted().await[&1], 1);
}

/// B2: proof that the message was accepted wins over what a person or the clock decided meanwhile.
#[tokio::test]
async fn a_late_acceptance_wins_over_a_cancellation() {
    let (stand, _daemon) = in_flight().await;
    stand.session.run(TAKE_OVER).await;
    stand
        .session
        .run("update zap.notification_queue set status = 'canceled', canceled_at = clock_timestamp()")
        .await;
    stand.until_status(1, "sent").await;
    assert_eq!(
        stand.events(1).await.last().map(String::as_str),
        Some("sent")
    );
}

/// B2: an acceptance that comes while a newer attempt is in flight is kept, and wins when that one is left without an
/// answer.
#[tokio::test]
async fn a_late_acceptance_is_remembered_while_a_newer_attempt_is_in_flight() {
    let (stand, _daemon) = in_flight().await;
    stand.session.run(TAKE_OVER).await;
    stand
        .session
        .run(
            "update zap.notification_queue as q
             set status = 'processing', attempts = attempts + 1, lease_epoch = s.lease_epoch,
                 processing_at = clock_timestamp()
             from zap.channel_state as s",
        )
        .await;
    let remembered = "select metadata -> 'accepted' ->> 'attempt' from zap.notification_queue";
    wait::until("the acceptance is remembered", async || {
        stand.session.value(remembered).await == "1"
    })
    .await;
    assert_eq!(stand.of_order(1, "status").await, "processing");
    // The other one dies: what it left in flight is rescued, and known to have been accepted.
    stand
        .session
        .run("update zap.daemon set lease_until = clock_timestamp() where name = 'other'")
        .await;
    stand.until_status(1, "sent").await;
    assert_eq!(stand.accepted().await[&1], 1);
}

/// B2: a failure of an attempt that was repeated meanwhile is only noted.
#[tokio::test]
async fn a_late_failure_changes_nothing() {
    let stand = Stand::open(plain()).await;
    stand
        .provider
        .order_faults(&json!([{"kind": "delay", "ms": 8000}, {"kind": "status", "code": 400}]))
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_status(1, "processing").await;
    stand.session.run(TAKE_OVER).await;
    stand
        .session
        .run("update zap.notification_queue set attempts = attempts + 1")
        .await;
    wait::until("it is noted", async || {
        stand.events(1).await.last().map(String::as_str) == Some("retrying")
    })
    .await;
    assert_eq!(stand.of_order(1, "status").await, "uncertain");
}
