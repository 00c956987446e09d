//! An answer was lost: the provider is asked before anything is repeated.

use serde_json::json;

use super::stand::Stand;
use crate::cluster::plain;
use crate::sandbox::text;

/// B2: what the provider has is not sent again.
#[tokio::test]
async fn what_the_provider_has_is_not_repeated() {
    let stand = Stand::open(plain()).await;
    let fault = json!({"kind": "drop_after", "times": 1});
    stand.provider.order_faults(&fault).await;
    stand.place([1]).await;
    let _daemon = stand.daemon();
    stand.until_uncertain_and_hastened(1, 1).await;
    stand.until_status(1, "sent").await;
    let messages = stand.provider.messages().await;
    assert_eq!(messages.len(), 1);
    assert_eq!(
        stand.of_order(1, "provider_message_id").await,
        text(&messages[0], "id")
    );
    assert_eq!(stand.of_order(1, "attempts").await, "1");
    let events = stand.events(1).await;
    assert!(events.contains(&"reconciled".to_owned()), "{events:?}");
    assert!(!events.contains(&"repeated".to_owned()), "{events:?}");
}

/// B2: the same after a crash in the middle of the request.
#[tokio::test]
async fn what_a_killed_daemon_sent_is_not_repeated() {
    let stand = Stand::open(plain()).await;
    let fault = json!({"kind": "delay", "ms": 2000});
    stand.provider.order_faults(&fault).await;
    stand.place([1]).await;
    let arguments = ["--sweep-interval", "0", "--send-timeout", "6s"];
    let daemon = crate::daemon::Daemon::start(&stand.database, &arguments);
    stand.until_status(1, "processing").await;
    // The request is on its way once the provider works at it.
    crate::wait::until("the provider has the request", async || {
        let faults = stand.provider.faults().await;
        faults[0]["hits"] == 1
    })
    .await;
    daemon.kill();
    stand.until_accepted(1).await;
    let _daemon = crate::daemon::Daemon::start(&stand.database, &arguments);
    stand.until_status(1, "sent").await;
    assert_eq!(stand.provider.texts().await, ["1"]);
}

/// B2: the same text was sent about something else: that is no proof for this one.
#[tokio::test]
async fn the_same_text_about_something_else_is_no_proof() {
    let stand = Stand::open(plain()).await;
    stand.queue("1", "Oi", &[]).await;
    let daemon = stand.daemon();
    stand.until_status(1, "sent").await;
    let fault = json!({"kind": "drop_before", "times": 1});
    stand.provider.order_faults(&fault).await;
    stand.queue("2", "Oi", &[]).await;
    stand.session.run("notify zapgres").await;
    stand.until_uncertain_and_hastened(2, 1).await;
    stand.until_status(2, "sent").await;
    assert_eq!(stand.provider.texts().await, ["Oi", "Oi"]);
    assert!(!daemon.log().contains("987654321"));
}

/// B2: of two with the same text and without an answer, each gets a message of its own, and none more than one.
#[tokio::test]
async fn one_message_is_no_proof_for_two() {
    let stand = Stand::open(plain()).await;
    let faults = json!([{"kind": "drop_after", "times": 1}, {"kind": "drop_before", "times": 1}]);
    stand.provider.order_faults(&faults).await;
    stand.queue("1", "Oi", &[]).await;
    stand.queue("2", "Oi", &[]).await;
    let _daemon = stand.daemon();
    let query = "select count(*) from zap.notification_queue where status = 'uncertain'";
    crate::wait::until("both are uncertain", async || {
        stand.session.value(query).await == "2"
    })
    .await;
    stand
        .session
        .run(
            "update zap.notification_queue set next_attempt_at = clock_timestamp(); notify zapgres",
        )
        .await;
    stand.until_done().await;
    assert_eq!(stand.provider.texts().await, ["Oi", "Oi"]);
    let ids = "select count(distinct provider_message_id) from zap.notification_queue where status = 'sent'";
    assert_eq!(stand.session.value(ids).await, "2");
}

/// B2: what cannot be asked about now is asked about later, and only then repeated.
#[tokio::test]
async fn who_cannot_be_asked_is_asked_again() {
    let stand = Stand::open(plain()).await;
    let fault = json!({"kind": "drop_after", "times": 1});
    stand.provider.order_faults(&fault).await;
    stand.place([1]).await;
    let _daemon = stand.daemon();
    stand.until_status(1, "uncertain").await;
    stand
        .session
        .run("update zap.channel set base_url = 'http://127.0.0.1:1'")
        .await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    stand.until_uncertain_and_hastened(1, 1).await;
    crate::wait::until("the channel is known to be down", async || {
        let down = "select count(*) from zap.channel_state where breaker <> 'closed'";
        stand.session.value(down).await == "1"
    })
    .await;
    let url = stand.provider.url();
    stand
        .session
        .run(&format!("update zap.channel set base_url = '{url}'"))
        .await;
    stand.until_status(1, "sent").await;
    assert_eq!(stand.provider.texts().await, ["1"]);
}
