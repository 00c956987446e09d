//! Which message comes first.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::stand::Stand;
use crate::cluster::plain;
use crate::sandbox::text;

/// One message after the other, so that the order of acceptance is the order of sending.
const ONE_BY_ONE: &str = "update zap.channel set delay_min = '50 ms', delay_max = '50 ms'";

/// Q1: priorities overtake, one step for a minute; what has waited longer than that goes first.
#[tokio::test]
async fn priorities_overtake_and_age() {
    let stand = Stand::open(plain()).await;
    stand.session.run(ONE_BY_ONE).await;
    stand.place(1..=6).await;
    stand
        .session
        .run(
            "update zap.notification_queue set priority = 5 where subject = '6';
             update zap.notification_queue set priority = -1 where subject = '1';
             update zap.notification_queue set created_at = created_at - interval '6 minutes' where subject = '5';
             update zap.notification_queue set priority = 1 where subject = '4'",
        )
        .await;
    let _daemon = stand.daemon();
    stand
        .until_accepted_texts(&["5", "6", "4", "2", "3", "1"])
        .await;
}

/// Q1: the same for what a lane finds in the table, with more in it than a batch takes.
#[tokio::test]
async fn priorities_overtake_a_backlog() {
    let stand = Stand::open(plain()).await;
    stand.session.run(ONE_BY_ONE).await;
    for number in 1..=30 {
        let subject = number.to_string();
        let priority = (number % 3).to_string();
        stand
            .queue(&subject, &subject, &[("priority", &priority)])
            .await;
    }
    let _daemon = crate::daemon::Daemon::start(
        &stand.database,
        &["--sweep-interval", "0", "--claim-batch", "4"],
    );
    stand.until_accepted(30).await;
    let of_priority = |priority| (1..=30).filter(move |number| number % 3 == priority);
    let expected: Vec<String> = [2, 1, 0]
        .into_iter()
        .flat_map(of_priority)
        .map(|number| number.to_string())
        .collect();
    assert_eq!(stand.provider.texts().await, expected);
}

/// Q1: a message that is tried again is not overtaken by a later one about the same order; others do not wait for it.
#[tokio::test]
async fn a_later_message_about_the_same_order_waits_for_the_earlier_one() {
    let stand = Stand::open(plain()).await;
    let fault = json!({"kind": "status", "code": 500, "times": 1});
    stand.provider.order_faults(&fault).await;
    stand.queue("7", "received", &[]).await;
    let _daemon = stand.daemon();
    stand.until_status(7, "retrying").await;
    let put_off = "update zap.notification_queue set next_attempt_at = clock_timestamp()";
    stand
        .session
        .run(&format!("{put_off} + interval '1 hour'"))
        .await;
    stand.queue("7", "delivered", &[]).await;
    stand.queue("8", "other", &[]).await;
    stand.until_accepted_texts(&["other"]).await;
    stand
        .session
        .run(&format!("{put_off} where status = 'retrying'"))
        .await;
    stand
        .until_accepted_texts(&["other", "received", "delivered"])
        .await;
}

/// Q1: also when another process takes over in between; and nobody waits for what was canceled.
#[tokio::test]
async fn the_order_holds_over_a_restart() {
    let stand = Stand::open(plain()).await;
    let fault = json!({"kind": "status", "code": 500, "times": 1});
    stand.provider.order_faults(&fault).await;
    stand.queue("7", "received", &[]).await;
    let daemon = stand.daemon();
    stand.until_status(7, "retrying").await;
    stand
        .session
        .run("update zap.notification_queue set next_attempt_at = clock_timestamp() + interval '1 hour'")
        .await;
    daemon.kill();
    stand.queue("7", "delivered", &[]).await;
    stand.queue("8", "other", &[]).await;
    let _daemon = stand.daemon();
    stand.until_accepted_texts(&["other"]).await;
    let waits = "select status from zap.notification_queue where body = 'delivered'";
    assert_eq!(stand.session.value(waits).await, "pending");
    stand
        .session
        .run("update zap.notification_queue set status = 'canceled' where body = 'received'")
        .await;
    stand.until_accepted_texts(&["other", "delivered"]).await;
}

/// Q1: also when both move to another channel because theirs is switched off.
#[tokio::test]
async fn the_order_holds_when_a_channel_is_disabled() {
    let stand = Stand::open(plain()).await;
    let fault = json!({"kind": "status", "code": 500, "times": 1, "instance": "instance_1"});
    stand.provider.order_faults(&fault).await;
    let url = stand.provider.url();
    stand.add_second_channel("second", &url, 10).await;
    let _daemon = stand.daemon();
    // Its lane is at work before anything moves.
    stand.place([1]).await;
    stand.until_accepted_texts(&["1"]).await;
    stand.queue("7", "received", &[]).await;
    stand.until_status(7, "retrying").await;
    stand.queue("7", "delivered", &[]).await;
    stand
        .session
        .run("update zap.channel set enabled = false where name = 'channel_1'")
        .await;
    stand
        .until_accepted_texts(&["1", "received", "delivered"])
        .await;
    assert_eq!(stand.texts_of("second").await.len(), 3);
}

/// O4: what is scheduled is sent then, not before, and holds nobody up.
#[tokio::test]
async fn what_is_scheduled_is_not_sent_before() {
    let stand = Stand::open(plain()).await;
    stand.place(1..=2).await;
    let schedule = "update zap.notification_queue
         set scheduled_at = clock_timestamp() + interval '8 seconds' where subject = '1'";
    stand.session.run(schedule).await;
    let _daemon = stand.daemon();
    stand.until_accepted_texts(&["2", "1"]).await;
    let scheduled = stand.of_order(1, "extract(epoch from scheduled_at)").await;
    let scheduled: f64 = scheduled.parse().expect("a time");
    let messages = stand.provider.messages().await;
    let accepted: DateTime<Utc> = text(&messages[1], "accepted_at").parse().expect("a time");
    assert!(accepted.timestamp_millis() as f64 / 1000.0 >= scheduled);
}

/// O4: a message's own pause comes before it, within its limits.
#[tokio::test]
async fn a_message_may_ask_for_silence_before_it() {
    let stand = Stand::open(plain()).await;
    stand.queue("1", "1", &[]).await;
    stand
        .queue("2", "2", &[("payload", r#"'{"delay_seconds": 1.5}'"#)])
        .await;
    let _daemon = stand.daemon();
    stand.until_accepted_texts(&["1", "2"]).await;
    // By the times at which they were marked: on a busy machine, what left apart may arrive together.
    let pause =
        "select max(processing_at) - min(processing_at) >= '1499 ms' from zap.notification_queue";
    assert_eq!(stand.session.value(pause).await, "t");
}
