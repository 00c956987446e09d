//! A provider in trouble is left alone, whoever sends, and noticed soon when it is well again.

use std::time::Instant;

use serde_json::{Value, json};

use super::stand::Stand;
use crate::cluster::plain;
use crate::shop;
use crate::wait;

const OPENED_AT: &str = "select extract(epoch from breaker_opened_at)::text from zap.channel_state where breaker <> 'closed'";

async fn hits(stand: &Stand) -> u64 {
    let faults = stand.provider.faults().await;
    faults
        .iter()
        .filter_map(|fault: &Value| fault["hits"].as_u64())
        .sum()
}

/// T9: an outage that one daemon knows of is known to the next: it does not begin with everything that waits.
#[tokio::test]
async fn a_breakers_state_survives_a_restart() {
    let stand = Stand::open(plain()).await;
    let fault = json!({"kind": "status", "code": 401});
    stand.provider.order_faults(&fault).await;
    stand.place(1..=30).await;
    let daemon = stand.daemon();
    wait::until("the breaker is open", async || {
        !stand.session.column(OPENED_AT).await.is_empty()
    })
    .await;
    let opened_at: f64 = stand
        .session
        .value(OPENED_AT)
        .await
        .parse()
        .expect("a time");
    daemon.kill();
    stand.until_its_sessions_have_ended().await;
    let before = hits(&stand).await;
    let _daemon = stand.daemon();
    wait::until("a probe was sent", async || hits(&stand).await > before).await;
    let still: f64 = stand
        .session
        .value(OPENED_AT)
        .await
        .parse()
        .expect("a time");
    assert!((still - opened_at).abs() < 1.0, "{opened_at} {still}");
    // Ten could be on their way at once; from one probe to the next it takes a second.
    assert!(hits(&stand).await <= before + 8, "one at a time");
    stand.provider.clear_faults().await;
    stand.until_accepted(30).await;
    stand.until_done().await;
    assert_eq!(stand.session.column(OPENED_AT).await, [""; 0]);
}

/// O5: a provider that fails gets few requests, and everything soon after it has recovered: whether it has is found out
/// within seconds, and what failed does not wait for its own next attempt.
#[tokio::test]
async fn an_outage_costs_few_requests_and_ends_within_seconds() {
    let stand = Stand::open(plain()).await;
    stand
        .provider
        .order_faults(&json!({"kind": "status", "code": 500}))
        .await;
    let phones = "update pedidos set telefone = '(11) 9' || lpad((87650000 + id)::text, 8, '0')";
    stand.place(1..=100).await;
    stand.session.run(phones).await;
    let daemon = stand.daemon();
    daemon.until_it_says("does not work").await;
    let (failed, down) = (hits(&stand).await, Instant::now());
    wait::until("eight probes have failed", async || {
        hits(&stand).await >= failed + 8
    })
    .await;
    let probes = hits(&stand).await - failed;
    let seconds = down.elapsed().as_secs();
    assert!(
        failed <= 40 && probes <= 12 + seconds * 5 / 4,
        "{failed}, then {probes} in {seconds} s"
    );
    let next_probe =
        "select breaker_probe_at < clock_timestamp() + interval '5 seconds' from zap.channel_state";
    assert_eq!(stand.session.value(next_probe).await, "t");
    stand
        .session
        .run(
            "update zap.notification_queue set next_attempt_at = clock_timestamp() + interval '1 hour'
             where status = 'retrying'",
        )
        .await;
    stand.provider.clear_faults().await;
    stand.until_accepted(100).await;
    assert!(stand.accepted().await.values().all(|times| *times == 1));
}

/// P2: a provider that does not answer takes half of the requests at most: the others go on.
#[tokio::test]
async fn a_slow_provider_does_not_slow_others_down() {
    let stand = Stand::open(plain()).await;
    stand.add_channel("2").await;
    let fault = json!({"kind": "delay", "ms": 15_000, "instance": "instance_1"});
    stand.provider.order_faults(&fault).await;
    // The same address is the same server; another name for it is another one.
    let elsewhere = stand.provider.url().replace("127.0.0.1", "localhost");
    stand
        .session
        .run(&format!(
            "update zap.channel set base_url = '{elsewhere}' where name = 'channel_2'"
        ))
        .await;
    stand.place(1..=20).await;
    let _daemon = crate::daemon::Daemon::start(
        &stand.database,
        &["--sweep-interval", "0", "--in-flight", "2"],
    );
    wait::until("the slow one has what it can take", async || {
        let processing = "select count(*) from zap.notification_queue where status = 'processing'";
        stand.session.value(processing).await != "0"
    })
    .await;
    let order = shop::order(99).replace("(99, 1,", "(99, 2,");
    stand.session.run(&(order + &shop::item(99))).await;
    wait::until("the other company's message", async || {
        stand.texts_of("instance_2").await == ["99"]
    })
    .await;
    let answered = stand.texts_of("instance_1").await;
    assert!(answered.is_empty(), "it waited for {answered:?}");
}
