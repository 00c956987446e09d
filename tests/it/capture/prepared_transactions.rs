//! PREPARE TRANSACTION.

use crate::captured::queued;
use crate::cluster::{Cluster, plain, preloaded};
use crate::session::Session;
use crate::shop::{self, item, order};

const NOTHING: [&str; 0] = [];

/// Places an order and prepares its transaction. Its name must be unique in the cluster.
async fn prepare(session: &Session, key: u32) -> String {
    let name = format!("{}_{key}", session.value("select current_database()").await);
    session.run("begin").await;
    shop::place(session, key).await;
    session.run(&format!("prepare transaction '{name}'")).await;
    name
}

async fn commits(cluster: &Cluster) {
    let (database, s) = shop::open(cluster).await;
    let name = prepare(&s, 1).await;
    assert_eq!(queued(&s).await, NOTHING);
    shop::place(&s, 2).await;
    assert_eq!(queued(&s).await, ["2"]);
    let other = database.session().await;
    other.run(&format!("commit prepared '{name}'")).await;
    assert_eq!(queued(&s).await, ["1", "2"]);
    assert_eq!(s.warnings().await, NOTHING);
}

async fn rolls_back(cluster: &Cluster) {
    let (database, s) = shop::open(cluster).await;
    let other = database.session().await;
    other.run(&(order(1) + &order(2))).await;
    let name = s.value("select current_database()").await;
    s.run("begin").await;
    s.run(&item(1)).await;
    s.run(&format!("prepare transaction '{name}'")).await;
    other.run(&format!("rollback prepared '{name}'")).await;
    assert_eq!(queued(&other).await, NOTHING);
    // The very next transaction of the backend knows nothing of the prepared one's orders.
    s.run(&(item(1) + &item(2))).await;
    assert_eq!(queued(&s).await, ["1", "2"]);
}

/// O2: COMMIT PREPARED announces, and the backend's other transactions are their own.
#[tokio::test]
async fn a_prepared_transaction_announces_when_it_commits() {
    commits(plain()).await;
}

/// O2: the same with the library preloaded.
#[tokio::test]
async fn a_prepared_transaction_announces_when_it_commits_preloaded() {
    commits(preloaded()).await;
}

/// O2: ROLLBACK PREPARED announces nothing, and nothing of it is left in the backend.
#[tokio::test]
async fn a_prepared_transaction_rolled_back_announces_nothing() {
    rolls_back(plain()).await;
}

/// O2: the same with the library preloaded.
#[tokio::test]
async fn a_prepared_transaction_rolled_back_announces_nothing_preloaded() {
    rolls_back(preloaded()).await;
}

/// O2: NOTIFY would forbid PREPARE TRANSACTION: it is not sent then.
#[tokio::test]
async fn a_transaction_can_be_prepared_whatever_wakes_the_daemon() {
    for wake in ["auto", "notify", "poll"] {
        let (_, s) = shop::open(plain()).await;
        s.run(&format!("set zap.wake = {wake}")).await;
        let name = prepare(&s, 1).await;
        s.run(&format!("commit prepared '{name}'")).await;
        assert_eq!(queued(&s).await, ["1"], "{wake}");
    }
}

/// O2: also after `zap.flush()`.
#[tokio::test]
async fn a_flushed_transaction_can_be_prepared() {
    let (_, s) = shop::open(plain()).await;
    s.run("begin").await;
    shop::place(&s, 1).await;
    s.run("select zap.flush()").await;
    let name = s.value("select current_database()").await;
    s.run(&format!("prepare transaction '{name}'")).await;
    s.run(&format!("commit prepared '{name}'")).await;
    assert_eq!(queued(&s).await, ["1"]);
}
