//! Status changes of partitioned tables.

use crate::captured::queued;
use crate::cluster::plain;
use crate::database::Database;
use crate::session::Session;
use crate::shop;

const NOTHING: [&str; 0] = [];

/// Orders by month; the columns of one partition stand in another order, and it has lost one. Order 1 is from before.
const TABLES: &str = "
    create table pedidos (
        id bigint, mes date not null, nome text, status text not null default 'novo', primary key (id, mes)
    ) partition by range (mes);
    create table pedidos_1 partition of pedidos for values from ('2026-01-01') to ('2026-02-01');
    create table pedidos_2 (status text not null default 'novo', lixo integer, mes date not null, id bigint not null, nome text);
    alter table pedidos_2 drop column lixo;
    alter table pedidos attach partition pedidos_2 for values from ('2026-02-01') to ('2026-03-01');
    insert into pedidos (id, mes, status) values (1, '2026-01-05', 'pago')";

async fn open() -> (Database, Session) {
    let (database, s) = shop::open_with(plain(), TABLES).await;
    s.run(
        "select zap.attach_status('pedidos', 'status', '{\"pago\": \"order_paid\", \"pronto\": \"order_ready\"}', 'id');
         insert into pedidos (id, mes) values (2, '2026-01-06'), (3, '2026-02-06')",
    )
    .await;
    (database, s)
}

/// O6: by the root's name and by a partition's.
#[tokio::test]
async fn changes_in_every_partition_are_announced() {
    let (_, s) = open().await;
    s.run("update pedidos set status = 'pago' where id <> 1")
        .await;
    s.run("update pedidos_2 set status = 'pronto'").await;
    let events = "select dedup_key from zap.notification_queue order by 1";
    assert_eq!(
        s.column(events).await,
        ["order_paid:2", "order_paid:3", "order_ready:3"]
    );
}

/// O6: a row that moves to another partition is inserted there; what it was before is no news.
#[tokio::test]
async fn a_row_that_moves_announces_nothing() {
    let (_, s) = open().await;
    s.run("update pedidos set mes = '2026-02-05' where id = 1")
        .await;
    assert_eq!(queued(&s).await, NOTHING);
    assert_eq!(
        s.column("select id from pedidos_2 order by id").await,
        ["1", "3"]
    );
    s.run("insert into pedidos values (4, '2026-02-07', 'Ana', 'pago')")
        .await;
    assert_eq!(queued(&s).await, ["4"]);
}

/// O6: a row that moves is no new row either.
#[tokio::test]
async fn a_moved_row_is_no_new_row() {
    let (_, s) = open().await;
    s.run("select zap.attach_inserts('pedidos', key_column => 'id')")
        .await;
    s.run("update pedidos set mes = '2026-02-05' where id = 1")
        .await;
    assert_eq!(queued(&s).await, NOTHING);
    s.run("insert into pedidos (id, mes) values (5, '2026-01-07')")
        .await;
    assert_eq!(queued(&s).await, ["5"]);
}

/// Bad input: a partition key as status.
#[tokio::test]
async fn a_partition_key_is_refused() {
    let (_, s) = shop::open_with(
        plain(),
        "create table pedidos (id bigint, loja integer, status text) partition by list (loja);
         create table pedidos_1 partition of pedidos for values in (1) partition by list (lower(status));
         create table pedidos_1_novo partition of pedidos_1 for values in ('novo')",
    )
    .await;
    let error = s
        .error("select zap.attach_status('pedidos', 'status', '{\"pago\": \"order_paid\"}', 'id')")
        .await;
    assert_eq!(error.code().code(), "0A000");
    assert!(
        error.message().contains("partitioned by status"),
        "{error:?}"
    );
    assert!(error.hint().is_some_and(|hint| hint.contains("zap.notify")));
}
