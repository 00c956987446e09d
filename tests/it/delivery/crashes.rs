//! Whatever is killed, nothing is lost, and what may have been repeated says so.

use std::time::{Duration, Instant};

use serde_json::json;

use super::stand::Stand;
use crate::cluster::{Cluster, Stop, plain};
use crate::daemon::Daemon;
use crate::sandbox::Provider;
use crate::wait;

const ORDERS: u32 = 60;

/// A daemon whose requests end soon: a repeat waits until the first one has surely ended.
fn impatient(stand: &Stand) -> Daemon {
    Daemon::start(
        &stand.database,
        &["--sweep-interval", "0", "--send-timeout", "6s"],
    )
}

/// Places orders with a provider slow enough to be caught in the middle, and waits for the middle.
async fn in_the_middle_of_a_batch(stand: &Stand) {
    stand
        .provider
        .order_faults(&json!({"kind": "delay", "ms": 150}))
        .await;
    stand.place(1..=ORDERS).await;
    stand.until_accepted(8).await;
    assert!(stand.accepted().await.len() < ORDERS as usize, "too late");
}

/// Every order at least once; what arrived more often is marked as a possible repeat.
async fn assert_complete(stand: &Stand) {
    stand.provider.clear_faults().await;
    stand.until_accepted(ORDERS as usize).await;
    stand.until_done().await;
    let flagged = "select subject from zap.notification_queue where uncertain_at is not null";
    let flagged = stand.session.column(flagged).await;
    let accepted = stand.accepted().await;
    let repeated: Vec<_> = accepted.iter().filter(|(_, times)| **times > 1).collect();
    for (order, times) in &repeated {
        assert!(*times <= &2, "order {order} arrived {times} times");
        assert!(
            flagged.contains(&order.to_string()),
            "order {order} repeated, not flagged"
        );
    }
    // No more can be in doubt than one channel has in flight.
    assert!(flagged.len() <= 10, "{flagged:?}");
    let sent = "select count(*) from zap.notification_queue where status = 'sent'";
    assert_eq!(stand.session.value(sent).await, ORDERS.to_string());
}

/// B9: the daemon is killed in the middle of a batch.
#[tokio::test]
async fn a_killed_daemon_loses_nothing() {
    let stand = Stand::open(plain()).await;
    let daemon = impatient(&stand);
    in_the_middle_of_a_batch(&stand).await;
    daemon.kill();
    stand.until_its_sessions_have_ended().await;
    let in_flight = "select count(*) from zap.notification_queue where status = 'processing'";
    let in_flight: usize = stand
        .session
        .value(in_flight)
        .await
        .parse()
        .expect("a count");
    let _daemon = impatient(&stand);
    assert_complete(&stand).await;
    let flagged = "select count(*) from zap.notification_queue where uncertain_at is not null";
    let flagged: usize = stand.session.value(flagged).await.parse().expect("a count");
    assert!(
        flagged <= in_flight,
        "{flagged} flagged, {in_flight} were in flight"
    );
}

/// B9: a daemon killed again and again.
#[tokio::test]
async fn a_daemon_killed_again_and_again_loses_nothing() {
    let stand = Stand::open(plain()).await;
    stand
        .provider
        .order_faults(&json!({"kind": "delay", "ms": 60}))
        .await;
    stand.place(1..=ORDERS).await;
    for part in 1..=4 {
        let daemon = impatient(&stand);
        stand.until_accepted(part * 10).await;
        daemon.kill();
    }
    let _daemon = impatient(&stand);
    stand.until_accepted(ORDERS as usize).await;
    stand.until_done().await;
    let sent = "select count(*) from zap.notification_queue where status = 'sent'";
    assert_eq!(stand.session.value(sent).await, ORDERS.to_string());
}

/// B9: PostgreSQL crashes in the middle of a batch and recovers; the daemon comes back by itself.
#[tokio::test]
async fn a_crashed_server_loses_nothing() {
    let cluster = Cluster::start(
        "crash",
        &[
            "shared_preload_libraries = 'zapgres'",
            "zap.databases = 'test_0'",
        ],
    );
    let mut stand = Stand::open(&cluster).await;
    let _daemon = impatient(&stand);
    in_the_middle_of_a_batch(&stand).await;
    cluster.stop(Stop::Immediate);
    cluster.resume();
    stand.session = stand.database.session().await;
    assert_complete(&stand).await;
}

/// O9: PostgreSQL restarts while there is nothing to do; the daemon comes back by itself.
#[tokio::test]
async fn a_restarted_server_is_found_again() {
    let cluster = Cluster::start("restart", &[]);
    let mut stand = Stand::open(&cluster).await;
    let mut daemon = impatient(&stand);
    stand.place([1]).await;
    stand.until_accepted(1).await;
    cluster.stop(Stop::Fast);
    let still_runs = Instant::now();
    let ends = async || still_runs.elapsed() > Duration::from_secs(2);
    wait::until("the server has been away for a while", ends).await;
    cluster.resume();
    stand.session = stand.database.session().await;
    stand.place([2]).await;
    stand.until_accepted(2).await;
    assert!(daemon.is_running(), "{}", daemon.log());
}

/// O9: SIGTERM: what is on its way ends, nothing is left in between.
#[tokio::test]
async fn a_stopped_daemon_leaves_nothing_in_flight() {
    let stand = Stand::open(plain()).await;
    stand
        .provider
        .order_faults(&json!({"kind": "delay", "ms": 700}))
        .await;
    // Patient: every request that was begun has its answer, on a slow machine, too.
    let daemon = stand.daemon();
    stand.place(1..=ORDERS).await;
    stand.until_accepted(1).await;
    let processing = "select count(*) > 0 from zap.notification_queue where status = 'processing'";
    wait::until("some are in flight", async || {
        stand.session.value(processing).await == "t"
    })
    .await;
    let status = daemon.terminate().await;
    assert!(status.success(), "{status}");
    // An attempt whose request was not begun yet is given back, and has cost nothing.
    let states = "select status, attempts, count(*) from zap.notification_queue
         where status not in ('pending', 'sent') and (status, attempts) <> ('retrying', 0) group by 1, 2";
    assert_eq!(stand.session.rows(states).await, Vec::<Vec<String>>::new());
    let sent = "select count(*) from zap.notification_queue where status = 'sent'";
    let sent = stand.session.value(sent).await;
    assert_eq!(stand.provider.texts().await.len().to_string(), sent);
    assert_ne!(sent, "0");
    assert_ne!(sent, ORDERS.to_string());
    stand.provider.clear_faults().await;
    let _daemon = stand.daemon();
    stand.until_accepted(ORDERS as usize).await;
    assert!(stand.accepted().await.values().all(|times| *times == 1));
}

/// B9: the provider is away for half a minute: its orders wait, and arrive once.
#[tokio::test]
async fn orders_wait_for_a_provider_that_is_away() {
    let stand = Stand::open(plain()).await;
    let _daemon = impatient(&stand);
    stand.place([1]).await;
    stand.until_accepted(1).await;
    let Stand {
        database,
        session,
        provider,
    } = stand;
    let address = provider.stop().await;
    let away = Instant::now();
    let mut key = 1;
    while away.elapsed() < Duration::from_secs(30) {
        key += 1;
        crate::shop::place(&session, key).await;
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
    let stand = Stand {
        database,
        session,
        provider: Provider::start_at(address),
    };
    stand.until_accepted(key as usize - 1).await;
    stand.until_done().await;
    assert!(stand.accepted().await.values().all(|times| *times == 1));
    let in_doubt = "select count(*) from zap.notification_queue
         where status <> 'sent' or attempts <> 1 or uncertain_at is not null";
    assert_eq!(stand.session.value(in_doubt).await, "0");
}
