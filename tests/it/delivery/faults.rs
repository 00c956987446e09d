//! A provider that refuses, breaks off, or does not answer.

use serde_json::json;

use super::stand::Stand;
use crate::cluster::plain;
use crate::daemon::Daemon;
use crate::wait;

/// O5: refused for now: tried again, sent once.
#[tokio::test]
async fn a_throttled_message_is_sent_later() {
    let stand = Stand::open(plain()).await;
    let fault = json!({"kind": "status", "code": 429, "headers": {"Retry-After": "1"}, "times": 1});
    stand.provider.order_faults(&fault).await;
    stand.place([1]).await;
    let _daemon = stand.daemon();
    stand.until_status(1, "sent").await;
    assert_eq!(stand.provider.texts().await, ["1"]);
    assert!(stand.events(1).await.contains(&"retrying".to_owned()));
}

/// O4: a provider's rate limit costs time and no message.
#[tokio::test]
async fn a_rate_limit_loses_nothing() {
    let stand = Stand::open(plain()).await;
    let fault = json!({"kind": "rate_limit", "limit": 4, "window_ms": 1500});
    stand.provider.order_faults(&fault).await;
    stand.place(1..=10).await;
    let _daemon = stand.daemon();
    stand.until_accepted(10).await;
    stand.until_done().await;
    assert!(stand.accepted().await.values().all(|times| *times == 1));
}

/// O5: a passing failure: tried again after the first step of the backoff.
#[tokio::test]
async fn a_passing_failure_is_tried_again() {
    let stand = Stand::open(plain()).await;
    stand
        .provider
        .order_faults(&json!({"kind": "status", "code": 500, "times": 1}))
        .await;
    stand.place([1]).await;
    let _daemon = stand.daemon();
    stand.until_status(1, "retrying").await;
    assert_eq!(stand.of_order(1, "error_class").await, "transient");
    let wait =
        "next_attempt_at - processing_at between interval '3 seconds' and interval '15 seconds'";
    assert_eq!(stand.of_order(1, wait).await, "t");
    stand.until_status(1, "sent").await;
    assert_eq!(stand.of_order(1, "attempts").await, "2");
    assert_eq!(stand.provider.texts().await, ["1"]);
}

/// O5: attempts are limited; the last failure is final, and told.
#[tokio::test]
async fn attempts_come_to_an_end() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("update zap.source set max_attempts = 2")
        .await;
    stand
        .provider
        .order_faults(&json!({"kind": "status", "code": 500}))
        .await;
    stand.place([1]).await;
    let _daemon = stand.daemon();
    stand.until_status(1, "failed").await;
    assert_eq!(stand.of_order(1, "attempts").await, "2");
    assert_eq!(
        stand
            .of_order(1, "last_error is not null and failed_at is not null")
            .await,
        "t"
    );
    assert_eq!(stand.provider.texts().await, [""; 0]);
}

/// B2: accepted, but the answer was lost, and the provider does not remember: repeated, and flagged as a possible repeat.
#[tokio::test]
async fn a_lost_answer_is_repeated_and_flagged() {
    let stand = Stand::open(plain()).await;
    stand
        .provider
        .order_faults(&json!([{"kind": "drop_after", "times": 1}, {"kind": "no_history"}]))
        .await;
    stand.place([1]).await;
    let _daemon = stand.daemon();
    stand.until_uncertain_and_hastened(1, 1).await;
    stand.until_status(1, "sent").await;
    assert_eq!(stand.provider.texts().await, ["1", "1"]);
    assert_eq!(stand.of_order(1, "uncertain_at is not null").await, "t");
    let events = stand.events(1).await;
    assert!(events.contains(&"uncertain".to_owned()), "{events:?}");
    assert!(events.contains(&"repeated".to_owned()), "{events:?}");
}

/// B2: not accepted, and no answer either: from outside this looks the same.
#[tokio::test]
async fn a_request_without_an_answer_is_repeated() {
    let stand = Stand::open(plain()).await;
    stand
        .provider
        .order_faults(&json!({"kind": "drop_before", "times": 1}))
        .await;
    stand.place([1]).await;
    let _daemon = stand.daemon();
    stand.until_uncertain_and_hastened(1, 1).await;
    stand.until_status(1, "sent").await;
    assert_eq!(stand.provider.texts().await, ["1"]);
    assert_eq!(stand.of_order(1, "uncertain_at is not null").await, "t");
}

/// A provider that answers, and does its work, long after the daemon has given up waiting.
async fn slow(stand: &Stand) -> Daemon {
    let faults = json!([{"kind": "delay", "ms": 2500}, {"kind": "no_history"}]);
    stand.provider.order_faults(&faults).await;
    let arguments = ["--sweep-interval", "0", "--send-timeout", "500ms"];
    Daemon::start(&stand.database, &arguments)
}

/// B2: each attempt at a slow provider is a delivery: there are three of them, and a person is told.
#[tokio::test]
async fn a_silent_provider_gets_a_message_three_times_at_most() {
    let stand = Stand::open(plain()).await;
    let _daemon = slow(&stand).await;
    stand.place([1]).await;
    stand.until_uncertain_and_hastened(1, 1).await;
    stand.until_uncertain_and_hastened(1, 2).await;
    stand.until_status(1, "failed").await;
    assert_eq!(stand.of_order(1, "attempts").await, "3");
    assert_eq!(stand.of_order(1, "error_class").await, "uncertain");
    let told = "last_error like '%may have arrived%' and failed_at is not null";
    assert_eq!(stand.of_order(1, told).await, "t");
}

/// B2: silence is the channel's trouble: the other messages do not run into it for a while.
#[tokio::test]
async fn a_silent_provider_rests() {
    let stand = Stand::open(plain()).await;
    stand.place(1..=5).await;
    let _daemon = slow(&stand).await;
    stand.until_status(1, "uncertain").await;
    let tried = "select count(*) from zap.notification_queue where attempts > 0";
    wait::until("another one is tried", async || {
        stand.session.count(tried).await > 1
    })
    .await;
    let rested = "select q.processing_at - first.uncertain_at >= interval '1.5 seconds'
         from zap.notification_queue as q, zap.notification_queue as first
         where q.attempts > 0 and q.subject <> '1' and first.subject = '1'";
    assert_eq!(stand.session.column(rested).await, ["t"]);
}

/// O4: nobody has this number: given up at once, and the others are not held up.
#[tokio::test]
async fn a_number_without_whatsapp_fails() {
    let stand = Stand::open(plain()).await;
    stand.place([1, 2]).await;
    stand
        .session
        .run("update pedidos set telefone = '(11) 98765-0001' where id = 1")
        .await;
    let fault = json!({"kind": "not_on_whatsapp", "recipient": "+55 11 98765-0001"});
    stand.provider.order_faults(&fault).await;
    let _daemon = stand.daemon();
    stand.until_status(1, "failed").await;
    assert_eq!(stand.of_order(1, "error_class").await, "recipient_invalid");
    stand.until_status(2, "sent").await;
}

/// B9: numbers and keys do not get into errors and logs.
#[tokio::test]
async fn nothing_private_is_logged() {
    let stand = Stand::open(plain()).await;
    let body = json!({"error": "for 5511987654321 with key the-key"});
    stand
        .provider
        .order_faults(&json!({"kind": "status", "code": 400, "body": body, "times": 1}))
        .await;
    stand.place([1, 2]).await;
    let daemon = stand.daemon();
    stand.until_accepted(1).await;
    stand.until_done().await;
    let said = "select coalesce(string_agg(q.last_error, ' '), '') || coalesce(
             (select string_agg(l.detail, ' ') from zap.notification_logs as l), '')
         from zap.notification_queue as q";
    for text in [daemon.log(), stand.session.value(said).await] {
        assert!(
            !text.contains("987654321") && !text.contains("the-key"),
            "{text}"
        );
    }
}

/// B9: who looks for an error at level debug does not get customers' messages.
#[tokio::test]
async fn messages_are_not_logged_at_any_level() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("update zap.template set body = 'Segredo {{ order.id }}'")
        .await;
    stand.place([1]).await;
    let daemon = Daemon::start(&stand.database, &["--log-level", "debug"]);
    stand.until_accepted_texts(&["Segredo 1"]).await;
    daemon.until_it_says("notification sent").await;
    assert!(daemon.log().contains("DEBUG"), "{}", daemon.log());
    assert!(!daemon.log().contains("Segredo"), "{}", daemon.log());
}
