//! Isolation levels above READ COMMITTED.

use crate::captured::{announced, queued};
use crate::cluster::plain;
use crate::session::Session;
use crate::shop::{self, item, order};
use crate::wait;

const NOTHING: [&str; 0] = [];

/// Begins a transaction of this isolation level and takes its snapshot.
async fn begin(session: &Session, level: &str) {
    session.run(&format!("begin isolation level {level}")).await;
    session.run("select count(*) from pedidos").await;
}

/// O3: REPEATABLE READ and SERIALIZABLE.
#[tokio::test]
async fn each_level_announces_a_new_order_once() {
    let (_, s) = shop::open(plain()).await;
    for (key, level) in [(1, "repeatable read"), (2, "serializable")] {
        begin(&s, level).await;
        shop::place(&s, key).await;
        s.run(&item(key)).await;
        s.run("commit").await;
    }
    assert_eq!(queued(&s).await, ["1", "2"]);
    assert_eq!(s.warnings().await, NOTHING);
}

/// O3: an old order stays quiet at each level.
#[tokio::test]
async fn each_level_keeps_old_orders_quiet() {
    let (_, s) = shop::open(plain()).await;
    shop::place_long_ago(&s, 1).await;
    for level in ["repeatable read", "serializable"] {
        begin(&s, level).await;
        s.run("delete from pedido_itens").await;
        s.run(&item(1)).await;
        s.run("commit").await;
    }
    assert_eq!(queued(&s).await, NOTHING);
}

/// O3: two transactions whose snapshots show no items each add the first one. Neither fails.
#[tokio::test]
async fn two_repeatable_read_transactions_announce_one_order_once() {
    let (database, a) = shop::open(plain()).await;
    let b = database.session().await;
    a.run(&order(1)).await;
    begin(&a, "repeatable read").await;
    begin(&b, "repeatable read").await;
    a.run(&item(1)).await;
    b.run(&item(1)).await;
    a.run("commit").await;
    b.run("commit").await;
    assert_eq!(announced(&a).await, ["1"]);
    assert_eq!(a.value("select count(*) from pedido_itens").await, "2");
}

/// O3: an item that was committed after the snapshot was taken makes the order an old one.
#[tokio::test]
async fn a_repeatable_read_transaction_knows_of_items_newer_than_its_snapshot() {
    let (database, a) = shop::open(plain()).await;
    let b = database.session().await;
    a.run(&order(1)).await;
    begin(&b, "repeatable read").await;
    a.run(&item(1)).await;
    a.run("delete from zap.notification_queue").await;
    b.run(&item(1)).await;
    b.run("commit").await;
    assert_eq!(announced(&a).await, NOTHING);
}

/// O3: one commits while the other waits for its announcement. Neither fails.
#[tokio::test]
async fn a_repeatable_read_transaction_survives_an_announcement_it_waited_for() {
    let (database, a) = shop::open(plain()).await;
    let b = database.session().await;
    a.run(&order(1)).await;
    begin(&a, "repeatable read").await;
    begin(&b, "repeatable read").await;
    b.run("set zap.lock_timeout = '20s'; set local deadlock_timeout = '60s'")
        .await;
    a.run(&item(1)).await;
    b.run(&item(1)).await;
    assert_eq!(a.value("select zap.flush()").await, "1");
    let waiting = format!(
        "select count(*) from pg_stat_activity where pid = {} and wait_event_type = 'Lock'",
        b.pid()
    );
    let commit_a = async {
        wait::until("b waits for a", async || a.value(&waiting).await == "1").await;
        a.run("commit").await;
    };
    let ((), b_result) = tokio::join!(commit_a, b.attempt("commit"));
    b_result.expect("b commits");
    assert_eq!(announced(&a).await, ["1"]);
    assert_eq!(a.value("select count(*) from pedido_itens").await, "2");
}

/// O3: transactions that have nothing in common do not meet in our tables.
#[tokio::test]
async fn serializable_transactions_on_different_orders_both_commit() {
    let (database, a) = shop::open(plain()).await;
    let b = database.session().await;
    a.run(&(order(1) + &order(2))).await;
    a.run("begin isolation level serializable").await;
    b.run("begin isolation level serializable").await;
    a.run(&item(1)).await;
    b.run(&item(2)).await;
    a.run("commit").await;
    b.run("commit").await;
    assert_eq!(announced(&a).await, ["1", "2"]);
}

/// O3: two serializable transactions add the first item of one order. What is committed is announced once.
#[tokio::test]
async fn serializable_transactions_on_one_order_announce_once() {
    let (database, a) = shop::open(plain()).await;
    let b = database.session().await;
    a.run(&order(1)).await;
    begin(&a, "serializable").await;
    begin(&b, "serializable").await;
    a.run(&item(1)).await;
    b.run(&item(1)).await;
    a.run("commit").await;
    if let Err(error) = b.attempt("commit").await {
        assert_eq!(error.code().code(), "40001");
    }
    assert_eq!(announced(&a).await, ["1"]);
}

/// O2: a transaction that turns read-only before it commits, as some pools make it, announces, and stays read-only.
#[tokio::test]
async fn a_transaction_that_turns_read_only_announces() {
    let (_, s) = shop::open(plain()).await;
    s.run("begin").await;
    shop::place(&s, 1).await;
    s.run("set transaction read only; commit").await;
    assert_eq!(queued(&s).await, ["1"]);
    s.run("begin").await;
    shop::place(&s, 2).await;
    s.run("set transaction read only").await;
    assert_eq!(s.value("select zap.flush()").await, "1");
    assert_eq!(s.error(&item(2)).await.code().code(), "25006");
    s.run("rollback").await;
    assert_eq!(s.warnings().await, [""; 0]);
    assert_eq!(queued(&s).await, ["1"]);
}
