//! What a channel may send holds whoever sends, by the times at which attempts were begun: on a busy machine, requests
//! that left apart may arrive together. (The chaos run looks at what arrives.)

use serde_json::json;

use super::stand::Stand;
use crate::cluster::plain;
use crate::daemon::Daemon;
use crate::wait;

/// When the last attempts at messages to this number (any: `%`) were begun, in seconds.
async fn times(stand: &Stand, recipient: &str) -> Vec<f64> {
    let query = format!(
        "select date_part('epoch', processing_at) from zap.notification_queue
         where recipient like '{recipient}' order by processing_at"
    );
    let times = stand.session.column(&query).await;
    times
        .iter()
        .map(|time| time.parse().expect("seconds"))
        .collect()
}

/// In any window there are at most `burst` and what the rate allows.
fn assert_within(times: &[f64], burst: f64, per_second: f64) {
    for (first, from) in times.iter().enumerate() {
        for (last, to) in times.iter().enumerate().skip(first) {
            let count = (last - first + 1) as f64;
            // The server's clock and the daemon's may differ by a little within a minute.
            let allowed = burst + (to - from) * 1.01 * per_second + 0.01;
            assert!(count <= allowed, "{count} in {} s: {times:?}", to - from);
        }
    }
}

fn daemon(stand: &Stand, name: &str) -> Daemon {
    let arguments = ["--sweep-interval", "0", "--name", name];
    Daemon::start(&stand.database, &arguments)
}

/// O4: the rates by second and by minute hold over a crash and over a handover to another daemon.
#[tokio::test]
async fn rates_hold_over_restarts_and_daemons() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("update zap.channel set rate_per_second = 4, rate_per_minute = 150")
        .await;
    stand.place(1..=40).await;
    let one = daemon(&stand, "one");
    stand.until_accepted(8).await;
    one.kill();
    let one = daemon(&stand, "one");
    stand.until_accepted(16).await;
    let _two = daemon(&stand, "two");
    stand.until_accepted(24).await;
    assert!(one.terminate().await.success());
    stand.until_accepted(40).await;
    let times = times(&stand, "%").await;
    assert_eq!(times.len(), 40);
    assert_within(&times, 4.0, 4.0);
    assert_within(&times, 25.0, 2.5);
}

/// O4: one recipient gets no more than the provider's limit for a pair allows; others do not wait for that.
#[tokio::test]
async fn a_recipients_limit_holds_and_holds_nobody_else_up() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("update zap.channel set recipient_interval = '1 second', recipient_burst = 2")
        .await;
    for number in 1..=8 {
        stand
            .queue(&number.to_string(), &number.to_string(), &[])
            .await;
    }
    let others = "update zap.notification_queue set recipient = '+5511912340000' where subject in ('7', '8')";
    stand.session.run(others).await;
    let one = daemon(&stand, "one");
    stand.until_accepted(4).await;
    one.kill();
    let _one = daemon(&stand, "one");
    stand.until_accepted(8).await;
    let first = times(&stand, "+5511987654321").await;
    assert_eq!(first.len(), 6);
    assert_within(&first, 2.0, 1.0);
    let others = times(&stand, "+5511912340000").await;
    let last = first.last().expect("a time");
    assert!(others.iter().all(|at| at < last), "{others:?} {first:?}");
}

/// O4: what a day allows is not sent again after a restart, nor by another daemon; the next day goes on.
#[tokio::test]
async fn a_daily_cap_holds_over_restarts_and_daemons() {
    let stand = Stand::open(plain()).await;
    stand.make_it_noon().await;
    stand
        .session
        .run("update zap.channel set daily_cap = 10, warm_up_from = 4, warm_up_days = 3")
        .await;
    stand.place(1..=8).await;
    let one = daemon(&stand, "one");
    stand.until_accepted(4).await;
    one.until_it_says("daily cap is used up").await;
    one.kill();
    let one = daemon(&stand, "one");
    one.until_it_says("daily cap is used up").await;
    assert!(one.terminate().await.success());
    let two = daemon(&stand, "two");
    two.until_it_says("daily cap is used up").await;
    assert_eq!(stand.provider.texts().await.len(), 4);
    let waiting =
        "select count(*) from zap.notification_queue where status = 'pending' and attempts = 0";
    assert_eq!(stand.session.value(waiting).await, "4");
    // As if it were the day after.
    stand
        .session
        .run(
            "update zap.channel_state set sent_on = sent_on - 1;
             update zap.channel set created_at = created_at - interval '1 day'",
        )
        .await;
    stand.until_accepted(8).await;
    assert!(stand.accepted().await.values().all(|times| *times == 1));
}

/// O4: what the provider did not take is no message of the day: an outage uses no cap up.
#[tokio::test]
async fn an_outage_does_not_use_the_daily_cap_up() {
    let stand = Stand::open(plain()).await;
    stand.make_it_noon().await;
    stand
        .session
        .run("update zap.channel set daily_cap = 2")
        .await;
    stand
        .provider
        .order_faults(&json!({"kind": "status", "code": 401}))
        .await;
    stand.place(1..=3).await;
    let daemon = daemon(&stand, "one");
    wait::until("some probes have failed", async || {
        stand.provider.fault_hits().await > 3
    })
    .await;
    stand.provider.clear_faults().await;
    stand.until_accepted(2).await;
    daemon.until_it_says("daily cap is used up").await;
    let sent = "select sent_count from zap.channel_state";
    assert_eq!(stand.session.value(sent).await, "2");
    assert_eq!(stand.provider.count().await, 2);
}

/// O4: people leave a pause between two messages.
#[tokio::test]
async fn the_random_pause_lies_between_two_messages() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("update zap.channel set delay_min = '300 ms', delay_max = '600 ms'")
        .await;
    stand.place(1..=5).await;
    let _daemon = stand.daemon();
    stand.until_accepted(5).await;
    // Each was marked before it left, and the next one after the pause that followed: however slow the way to the provider.
    let pauses = "select coalesce(min(pause) >= '299 ms', false), count(pause) from (
         select processing_at - lag(processing_at) over (order by processing_at) as pause from zap.notification_queue
     ) as marked";
    assert_eq!(stand.session.rows(pauses).await, [["t", "4"]]);
}
