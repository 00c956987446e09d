//! One notification per order, however its items arrive.

use crate::captured::queued;
use crate::cluster::{plain, preloaded};
use crate::shop::{self, item, items, order};

/// O3: one row. What capture leaves to intake is not filled in.
#[tokio::test]
async fn an_item_announces_its_order() {
    let (_, s) = shop::open(plain()).await;
    shop::place(&s, 7).await;
    let row = s
        .rows(
            "select n.subject, n.event, n.dedup_key, n.status, n.attempts, n.resolved_at,
                 n.source_id = s.id, n.created_at > s.attached_at, n.next_attempt_at <= clock_timestamp()
             from zap.notification_queue as n, zap.source as s",
        )
        .await;
    let expected = [
        "7",
        "order_received",
        "order_received:7",
        "pending",
        "0",
        "null",
        "t",
        "t",
        "t",
    ];
    assert_eq!(row, [expected]);
    assert_eq!(s.warnings().await, [""; 0]);
}

/// O3: one row, with the library preloaded.
#[tokio::test]
async fn an_item_announces_its_order_preloaded() {
    let (_, s) = shop::open(preloaded()).await;
    shop::place(&s, 7).await;
    assert_eq!(queued(&s).await, ["7"]);
}

/// O3: an order without items is not announced yet.
#[tokio::test]
async fn an_order_without_items_is_not_announced() {
    let (_, s) = shop::open(plain()).await;
    s.run(&order(1)).await;
    assert_eq!(queued(&s).await, [""; 0]);
}

/// O3: many rows in one statement.
#[tokio::test]
async fn many_items_in_one_statement_announce_once() {
    let (_, s) = shop::open(plain()).await;
    s.run(&order(1)).await;
    s.run(&items(1, 500)).await;
    assert_eq!(queued(&s).await, ["1"]);
}

/// O3: many rows of many orders in one statement.
#[tokio::test]
async fn an_import_announces_each_order_once() {
    let (_, s) = shop::open(plain()).await;
    s.run("insert into pedidos (id, empresa_id) select n, 1 from generate_series(1, 5000) as n")
        .await;
    s.run(
        "insert into pedido_itens (pedido_id, nome_produto, quantidade, valor_unitario)
         select n % 5000 + 1, 'X', 1, 1 from generate_series(1, 15000) as n",
    )
    .await;
    let counts = "select count(*), count(distinct subject) from zap.notification_queue";
    assert_eq!(s.rows(counts).await, [["5000", "5000"]]);
}

/// O3: COPY.
#[tokio::test]
async fn copy_announces_each_order_once() {
    let (_, s) = shop::open(plain()).await;
    s.run(&(order(1) + &order(2))).await;
    s.run(
        r#"copy pedido_itens (pedido_id, nome_produto, quantidade, valor_unitario)
           from program 'printf "1\tX\t1\t10\n2\tY\t1\t10\n1\tZ\t2\t5\n"'"#,
    )
    .await;
    assert_eq!(s.value("select count(*) from pedido_itens").await, "3");
    assert_eq!(queued(&s).await, ["1", "2"]);
}

/// O3: several statements of one transaction, the order's own among them.
#[tokio::test]
async fn several_statements_announce_once() {
    let (_, s) = shop::open(plain()).await;
    s.run("begin").await;
    s.run(&order(1)).await;
    for _ in 0..3 {
        s.run(&item(1)).await;
    }
    s.run("commit").await;
    assert_eq!(queued(&s).await, ["1"]);
}

/// O3: several transactions; the announcement may have left the queue in between.
#[tokio::test]
async fn several_transactions_announce_once() {
    let (_, s) = shop::open(plain()).await;
    s.run(&order(1)).await;
    s.run(&item(1)).await;
    s.run(&item(1)).await;
    assert_eq!(queued(&s).await, ["1"]);
    s.run("delete from zap.notification_queue").await;
    s.run(&items(1, 3)).await;
    assert_eq!(queued(&s).await, [""; 0]);
}

/// O3: nothing is seen of an announcement before its transaction has committed.
#[tokio::test]
async fn an_order_is_announced_at_commit() {
    let (database, s) = shop::open(plain()).await;
    let other = database.session().await;
    s.run("begin").await;
    shop::place(&s, 1).await;
    assert_eq!(queued(&other).await, [""; 0]);
    s.run("commit").await;
    assert_eq!(queued(&other).await, ["1"]);
}

/// O3: items that a trigger of the order inserts.
#[tokio::test]
async fn items_inserted_by_a_trigger_announce() {
    let (_, s) = shop::open(plain()).await;
    let insert = item("new.id");
    s.run(&format!(
        "create function free_gift() returns trigger language plpgsql as
             $$ begin {insert} return new; end $$;
         create trigger free_gift after insert on pedidos for each row execute function free_gift()"
    ))
    .await;
    s.run(&order(1)).await;
    assert_eq!(queued(&s).await, ["1"]);
}

/// O3: items that a deferred trigger inserts while the transaction commits.
#[tokio::test]
async fn items_inserted_by_a_deferred_trigger_announce() {
    let (_, s) = shop::open(plain()).await;
    let insert = item("new.id");
    s.run(&format!(
        "create function free_gift() returns trigger language plpgsql as
             $$ begin {insert} return new; end $$;
         create constraint trigger free_gift after insert on pedidos
             deferrable initially deferred for each row execute function free_gift()"
    ))
    .await;
    s.run(&order(1)).await;
    assert_eq!(queued(&s).await, ["1"]);
}

/// O3: order and items written by one statement.
#[tokio::test]
async fn order_and_items_in_one_statement_announce() {
    let (_, s) = shop::open(plain()).await;
    s.run(
        "with pedido as (insert into pedidos (id, empresa_id) values (1, 1) returning id)
         insert into pedido_itens (pedido_id, nome_produto, quantidade, valor_unitario)
         select id, 'X', 1, 10 from pedido, generate_series(1, 2)",
    )
    .await;
    assert_eq!(queued(&s).await, ["1"]);
}

/// O3: an item of no order announces nothing and fails nothing.
#[tokio::test]
async fn an_item_without_an_order_is_ignored() {
    let (_, s) = shop::open(plain()).await;
    s.run(&item("null")).await;
    assert_eq!(queued(&s).await, [""; 0]);
    assert_eq!(s.warnings().await, [""; 0]);
}
