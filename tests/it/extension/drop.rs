//! DROP EXTENSION.

use crate::captured::queued;
use crate::cluster::{Cluster, plain, preloaded};
use crate::shop::{self, item};

/// A live session that has captured goes on through DROP and CREATE EXTENSION of another one.
async fn live_session(cluster: &Cluster) {
    let (database, s) = shop::open(cluster).await;
    let admin = database.session().await;
    shop::place(&s, 1).await;
    admin.run("drop extension zapgres").await;
    shop::place(&s, 2).await;
    admin.run("create extension zapgres").await;
    shop::place(&s, 3).await;
    s.run(&(item(1) + &item(2))).await;
    assert_eq!(queued(&s).await, ["3"]);
    assert_eq!(s.warnings().await, [""; 0]);
}

/// O2: DROP and CREATE EXTENSION in a live session.
#[tokio::test]
async fn a_live_session_follows_drop_and_create() {
    live_session(plain()).await;
}

/// O2: the same with the library preloaded.
#[tokio::test]
async fn a_live_session_follows_drop_and_create_preloaded() {
    live_session(preloaded()).await;
}

/// O2: by the session itself, also in the transaction that has just captured.
#[tokio::test]
async fn a_session_that_drops_the_extension_itself_commits() {
    let (_, s) = shop::open(plain()).await;
    shop::place(&s, 1).await;
    s.run("begin").await;
    shop::place(&s, 2).await;
    s.run("drop extension zapgres; commit").await;
    assert_eq!(s.value("select count(*) from pedido_itens").await, "2");
    s.run("create extension zapgres").await;
    shop::place(&s, 3).await;
    assert_eq!(queued(&s).await, ["3"]);
}

/// O3: without CASCADE; the user's tables and rows stay as they were.
#[tokio::test]
async fn drop_extension_leaves_the_users_tables_untouched() {
    let (_, s) = shop::open(plain()).await;
    shop::place(&s, 1).await;
    s.run("drop extension zapgres").await;
    let left = "select (select count(*) from pg_trigger where not tgisinternal),
         (select count(*) from pg_proc where proname like '%whatsapp%'),
         (select count(*) from pg_namespace where nspname = 'zap'),
         (select count(*) from pedido_itens)";
    assert_eq!(s.rows(left).await, [["0", "0", "0", "1"]]);
    shop::place(&s, 2).await;
    s.run("update pedido_itens set quantidade = 2; delete from pedidos")
        .await;
}

/// O3: partitions and their cloned triggers as well.
#[tokio::test]
async fn drop_extension_leaves_partitioned_tables_untouched() {
    let (_, s) = shop::open_with(
        plain(),
        "create table pedidos (id integer primary key);
         create table pedido_itens (pedido_id integer references pedidos) partition by range (pedido_id);
         create table parte_1 partition of pedido_itens for values from (0) to (10)",
    )
    .await;
    s.run("create table parte_2 partition of pedido_itens for values from (10) to (20)")
        .await;
    s.run("insert into pedidos values (1), (11); insert into pedido_itens values (1), (11)")
        .await;
    assert_eq!(queued(&s).await, ["1", "11"]);
    s.run("drop extension zapgres; insert into pedido_itens values (1), (11)")
        .await;
    assert_eq!(s.value("select count(*) from pedido_itens").await, "4");
}
