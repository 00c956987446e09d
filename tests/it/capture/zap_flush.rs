//! `zap.flush()`: the announcement before COMMIT.

use crate::captured::queued;
use crate::cluster::plain;
use crate::shop::{self, item, order};

/// O2: it tells how many orders it announced, and shows them to the transaction alone.
#[tokio::test]
async fn flush_announces_before_commit() {
    let (database, s) = shop::open(plain()).await;
    let other = database.session().await;
    s.run("begin").await;
    assert_eq!(s.value("select zap.flush()").await, "0");
    shop::place(&s, 1).await;
    shop::place(&s, 2).await;
    assert_eq!(queued(&s).await, [""; 0]);
    assert_eq!(s.value("select zap.flush()").await, "2");
    assert_eq!(queued(&s).await, ["1", "2"]);
    assert_eq!(queued(&other).await, [""; 0]);
    s.run(&item(1)).await;
    assert_eq!(s.value("select zap.flush()").await, "0");
    shop::place(&s, 3).await;
    s.run("commit").await;
    assert_eq!(queued(&other).await, ["1", "2", "3"]);
}

/// O2: old orders are not counted.
#[tokio::test]
async fn flush_does_not_announce_old_orders() {
    let (_, s) = shop::open(plain()).await;
    shop::place_long_ago(&s, 1).await;
    s.run("begin").await;
    s.run(&item(1)).await;
    assert_eq!(s.value("select zap.flush()").await, "0");
    s.run("commit").await;
    assert_eq!(queued(&s).await, [""; 0]);
}

/// O3: an announcement that a savepoint takes back is made again at commit, for the item is still there.
#[tokio::test]
async fn a_flush_rolled_back_is_made_again() {
    let (_, s) = shop::open(plain()).await;
    s.run("begin").await;
    shop::place(&s, 1).await;
    s.run("savepoint before").await;
    assert_eq!(s.value("select zap.flush()").await, "1");
    s.run("rollback to savepoint before").await;
    assert_eq!(queued(&s).await, [""; 0]);
    s.run("commit").await;
    assert_eq!(queued(&s).await, ["1"]);
}

/// O3: the same when the item went with it, and came again.
#[tokio::test]
async fn a_flush_rolled_back_with_its_item_announces_the_next_one() {
    let (_, s) = shop::open(plain()).await;
    s.run(&(order(1) + &order(2))).await;
    s.run("begin; savepoint before").await;
    s.run(&(item(1) + &item(2))).await;
    assert_eq!(s.value("select zap.flush()").await, "2");
    s.run("rollback to savepoint before").await;
    s.run(&item(1)).await;
    s.run("commit").await;
    assert_eq!(queued(&s).await, ["1"]);
}

/// O2: outside of a transaction block there is nothing to flush, also with the library not loaded before.
#[tokio::test]
async fn flush_of_nothing_does_nothing() {
    let (database, _) = shop::open(plain()).await;
    let s = database.session().await;
    assert_eq!(s.value("select zap.flush()").await, "0");
}
