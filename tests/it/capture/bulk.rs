//! Transactions so large that capture writes before their end.

use crate::captured::gaps;
use crate::cluster::plain;
use crate::session::Session;
use crate::shop;

/// More orders than a transaction's set holds.
const MANY: u32 = 130_000;

async fn open() -> Session {
    let (_, s) = shop::open(plain()).await;
    s.run(&format!(
        "insert into pedidos (id, empresa_id) select n, 1 from generate_series(1, {MANY}) as n"
    ))
    .await;
    s
}

/// Adds an item to every order, in ascending order of keys.
async fn add_items(s: &Session) {
    s.run(&format!(
        "insert into pedido_itens (pedido_id, nome_produto, quantidade, valor_unitario)
         select n, 'X', 1, 1 from generate_series(1, {MANY}) as n"
    ))
    .await;
}

async fn assert_each_once(s: &Session) {
    let counts = "select count(*), count(distinct subject) from zap.notification_queue";
    assert_eq!(s.rows(counts).await, [[MANY.to_string(), MANY.to_string()]]);
    assert_eq!(s.count("select count(*) from zap.missed").await, 0);
}

/// O3: an import, and further items for the same orders in the same transaction.
#[tokio::test]
async fn a_huge_import_announces_each_order_once() {
    let s = open().await;
    s.run("begin").await;
    add_items(&s).await;
    add_items(&s).await;
    s.run("commit").await;
    assert_each_once(&s).await;
}

/// O3: the import is tried twice: what was rolled back to a savepoint is announced by the second attempt.
#[tokio::test]
async fn a_huge_import_rolled_back_to_a_savepoint_is_announced_by_the_next() {
    let s = open().await;
    s.run("begin; savepoint first_try").await;
    add_items(&s).await;
    s.run("rollback to savepoint first_try").await;
    add_items(&s).await;
    s.run("commit").await;
    assert_each_once(&s).await;
}

/// O3: as above, but only what came after the import is rolled back.
#[tokio::test]
async fn a_huge_import_survives_a_later_savepoint() {
    let s = open().await;
    s.run("begin").await;
    add_items(&s).await;
    s.run("savepoint later").await;
    add_items(&s).await;
    s.run("rollback to savepoint later; commit").await;
    assert_each_once(&s).await;
}

/// O2: silenced, it is one gap.
#[tokio::test]
async fn a_silenced_import_leaves_one_gap() {
    let s = open().await;
    s.run("set zap.enabled = off").await;
    add_items(&s).await;
    assert_eq!(gaps(&s).await, 1);
    assert_eq!(
        s.count("select count(*) from zap.notification_queue").await,
        0
    );
}
