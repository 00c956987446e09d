//! What was answered is not lost, and what could not be stored is asked for again.

use reqwest::StatusCode;

use super::stand::{Stand, receipts, status};
use crate::cluster::{Cluster, Stop, plain};
use crate::wait;

/// B9: the daemon is killed after it has stored deliveries, and before it has read them.
#[tokio::test]
async fn a_killed_daemon_loses_no_receipt() {
    let stand = Stand::open(plain()).await;
    stand.add_sent(20).await;
    let receiver = stand.receive().await;
    let holder = stand.database.session().await;
    holder
        .run("begin; lock table zap.sent_message in access exclusive mode")
        .await;
    let now = stand.now().await;
    for number in 1..=20 {
        let message = format!("message.{number}");
        receiver
            .deliver(&receipts(&[status(&message, "read", now)]))
            .await;
    }
    receiver.daemon.kill();
    holder.run("rollback").await;
    assert_eq!(stand.stored().await, 20);
    assert_eq!(stand.statuses().await, ["sent"; 20]);
    let _receiver = stand.receive().await;
    stand.until_statuses(&["read"; 20]).await;
}

/// B9: while the database is away, a provider is told to come again, by an answer that none takes for the last word.
#[tokio::test]
async fn what_cannot_be_stored_is_asked_for_again() {
    let cluster = Cluster::start("inbound", &[]);
    let mut stand = Stand::open(&cluster).await;
    stand.add_sent(1).await;
    let receiver = stand.receive().await;
    let now = stand.now().await;
    let body = receipts(&[status("message.1", "read", now)]);
    cluster.stop(Stop::Fast);
    wait::until("the daemon has noticed", async || {
        receiver.get("/health").await.status() == StatusCode::SERVICE_UNAVAILABLE
    })
    .await;
    let status = receiver.try_deliver(&body).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    cluster.resume();
    stand.session = stand.database.session().await;
    wait::until("it takes deliveries again", async || {
        receiver.try_deliver(&body).await == StatusCode::OK
    })
    .await;
    stand.until_statuses(&["read"]).await;
}

/// B9: a stop answers what is on its way.
#[tokio::test]
async fn a_stopped_daemon_has_stored_what_it_answered() {
    let stand = Stand::open(plain()).await;
    stand.add_sent(1).await;
    let receiver = stand.receive().await;
    let now = stand.now().await;
    receiver
        .deliver(&receipts(&[status("message.1", "read", now)]))
        .await;
    let status = receiver.daemon.terminate().await;
    assert!(status.success(), "{status}");
    assert_eq!(stand.stored().await, 1);
}
