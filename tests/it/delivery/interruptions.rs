//! Sessions that break off, daemons that freeze, providers that lock the door: work goes on, and nothing is sent twice.

use std::collections::BTreeMap;

use serde_json::json;

use super::stand::Stand;
use crate::cluster::{plain, preloaded};
use crate::daemon::Daemon;
use crate::shop;
use crate::wait;

fn once_each(keys: impl IntoIterator<Item = u32>) -> BTreeMap<u32, usize> {
    keys.into_iter().map(|key| (key, 1)).collect()
}

/// O9: an administrator ends every session of the daemon, several times: it takes up its work by itself.
#[tokio::test]
async fn terminated_sessions_lose_and_repeat_nothing() {
    let stand = Stand::open(preloaded()).await;
    let mut daemon = stand.daemon();
    stand
        .provider
        .order_faults(&json!({"kind": "delay", "ms": 40}))
        .await;
    stand.place(1..=60).await;
    for part in 1..=3 {
        stand.until_accepted(part * 15).await;
        stand
            .session
            .run(
                "select pg_terminate_backend(pid) from pg_stat_activity
                 where datname = current_database() and application_name like 'zapgres@%'",
            )
            .await;
    }
    stand.until_accepted(60).await;
    stand.until_done().await;
    assert_eq!(stand.accepted().await, once_each(1..=60));
    assert!(daemon.is_running());
}

/// O9: a daemon that was frozen, and replaced meanwhile, does not send beside its successor.
#[tokio::test]
async fn a_daemon_that_wakes_up_late_sends_nothing_twice() {
    let stand = Stand::open(plain()).await;
    let frozen = stand.daemon();
    stand.place([1]).await;
    stand.until_done().await;
    frozen.signal("STOP");
    stand
        .session
        .run(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and application_name like 'zapgres@%'",
        )
        .await;
    let successor = stand.daemon();
    successor.until_it_says("ready").await;
    stand
        .provider
        .order_faults(&json!({"kind": "delay", "ms": 30}))
        .await;
    stand.place(2..=60).await;
    stand.until_accepted(10).await;
    frozen.signal("CONT");
    stand.until_accepted(60).await;
    stand.until_done().await;
    assert_eq!(stand.accepted().await, once_each(1..=60));
}

/// O9: what a prepared transaction announces has nobody to wake the daemon: the timer finds it.
#[tokio::test]
async fn a_prepared_order_is_found_by_the_timer() {
    let stand = Stand::open(preloaded()).await;
    let daemon = stand.daemon();
    daemon.until_it_says("ready").await;
    let name = stand.session.value("select current_database()").await;
    stand.session.run("begin").await;
    shop::place(&stand.session, 1).await;
    stand
        .session
        .run(&format!("prepare transaction '{name}'"))
        .await;
    stand
        .session
        .run(&format!("commit prepared '{name}'"))
        .await;
    stand.until_accepted(1).await;
}

/// O5: a refused key stops the channel, not the orders: they are sent when it is accepted again.
#[tokio::test]
async fn a_refused_key_loses_nothing() {
    let stand = Stand::open(plain()).await;
    stand
        .provider
        .order_faults(&json!({"kind": "status", "code": 401}))
        .await;
    let _daemon = stand.daemon();
    stand.place(1..=3).await;
    let told = "select count(*) from zap.notification_logs where error_class = 'channel_auth'";
    wait::until("it is told", async || stand.session.count(told).await > 0).await;
    let given_up = "select count(*) from zap.notification_queue where status = 'failed'";
    assert_eq!(stand.session.count(given_up).await, 0);
    stand.provider.clear_faults().await;
    stand.until_sent_within_minutes(3).await;
    assert_eq!(stand.accepted().await, once_each(1..=3));
}

/// O7: a channel whose key cannot be had waits and says so; the others send.
#[tokio::test]
async fn a_missing_key_stops_one_channel_only() {
    let stand = Stand::open(plain()).await;
    stand.add_channel("2").await;
    stand
        .session
        .run("update zap.channel set credential = 'env:NOT_THERE' where tenant_id = '2'")
        .await;
    let daemon = stand.daemon();
    let order = shop::order(1).replace("(1, 1,", "(1, 2,");
    stand
        .session
        .run(&format!("begin; {order} {} commit", shop::item(1)))
        .await;
    stand.place([2]).await;
    stand.until_accepted(1).await;
    daemon.until_it_says("NOT_THERE").await;
    assert_eq!(stand.accepted().await, once_each([2]));
    stand
        .session
        .run("update zap.channel set credential = 'env:SANDBOX_KEY' where tenant_id = '2'")
        .await;
    stand.until_sent_within_minutes(2).await;
}

/// O7: sending is switched off and on for everybody, while the daemon runs.
#[tokio::test]
async fn sending_is_switched_off_and_on() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("insert into zap.setting (key, value) values ('sending.enabled', 'false')")
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    let resolved = "select count(*) from zap.notification_queue where resolved_at is not null";
    wait::until("it is ready", async || {
        stand.session.count(resolved).await == 1
    })
    .await;
    let sent = async || !stand.provider.texts().await.is_empty();
    assert!(!wait::holds_within(std::time::Duration::from_secs(2), sent).await);
    stand
        .session
        .run("update zap.setting set value = 'true'")
        .await;
    stand.until_accepted(1).await;
}

/// O9: a second daemon may wait in the wings of a service manager: it gets in when the first one ends.
#[tokio::test]
async fn the_next_daemon_takes_over_from_a_stopped_one() {
    let stand = Stand::open(plain()).await;
    let mut key = 0;
    for _ in 0..3 {
        let daemon = Daemon::start(&stand.database, &[]);
        key += 1;
        stand.place([key]).await;
        stand.until_accepted(key as usize).await;
        assert!(daemon.terminate().await.success());
    }
    assert_eq!(stand.accepted().await, once_each(1..=3));
}
