//! Orders that others have seen before are not announced, also when the queue no longer knows them.

use crate::captured::queued;
use crate::cluster::plain;
use crate::session::Session;
use crate::shop::{self, item, items};

const NOTHING: [&str; 0] = [];

/// An order of long ago whose announcement has left the queue.
async fn open_with_old_order() -> Session {
    let (_, session) = shop::open(plain()).await;
    shop::place_long_ago(&session, 1).await;
    session
}

/// O3: a further item.
#[tokio::test]
async fn an_item_added_to_an_old_order_announces_nothing() {
    let s = open_with_old_order().await;
    s.run(&item(1)).await;
    assert_eq!(queued(&s).await, NOTHING);
}

/// O3: a further item, whose transaction also changed the only old one.
#[tokio::test]
async fn updating_the_only_item_and_adding_one_announces_nothing() {
    let s = open_with_old_order().await;
    s.run("begin; update pedido_itens set quantidade = 2").await;
    s.run(&item(1)).await;
    s.run("commit").await;
    assert_eq!(queued(&s).await, NOTHING);
}

/// O3: as an ORM saves an order: every item deleted and inserted again, the announcement still in the queue.
#[tokio::test]
async fn saving_an_order_anew_announces_nothing() {
    let (_, s) = shop::open(plain()).await;
    shop::place(&s, 1).await;
    let before = s.value("select id from zap.notification_queue").await;
    s.run("begin; delete from pedido_itens where pedido_id = 1")
        .await;
    s.run(&items(1, 2)).await;
    s.run("commit").await;
    assert_eq!(
        s.column("select id from zap.notification_queue").await,
        [before]
    );
}

/// O3: the same after the announcement has left by retention.
#[tokio::test]
async fn saving_an_old_order_anew_announces_nothing() {
    let s = open_with_old_order().await;
    s.run("begin; delete from pedido_itens where pedido_id = 1")
        .await;
    s.run(&items(1, 2)).await;
    s.run("commit").await;
    assert_eq!(queued(&s).await, NOTHING);
}

/// O3: the same in one statement, which sees the old rows, and with a savepoint around the deletion.
#[tokio::test]
async fn replacing_items_in_one_statement_or_a_savepoint_announces_nothing() {
    let s = open_with_old_order().await;
    s.run(
        "with gone as (delete from pedido_itens where pedido_id = 1 returning pedido_id)
         insert into pedido_itens (pedido_id, nome_produto, quantidade, valor_unitario)
         select pedido_id, 'X', 1, 1 from gone",
    )
    .await;
    s.run("begin; savepoint a; delete from pedido_itens; release savepoint a")
        .await;
    s.run(&item(1)).await;
    s.run("commit").await;
    assert_eq!(queued(&s).await, NOTHING);
}

/// O3: an upsert that updates inserts nothing.
#[tokio::test]
async fn an_upsert_that_updates_announces_nothing() {
    let s = open_with_old_order().await;
    s.run(
        "insert into pedido_itens (id, pedido_id, nome_produto, quantidade, valor_unitario)
         select id, pedido_id, nome_produto, 9, 9 from pedido_itens
         on conflict (id) do update set quantidade = excluded.quantidade",
    )
    .await;
    assert_eq!(s.value("select quantidade from pedido_itens").await, "9");
    assert_eq!(queued(&s).await, NOTHING);
}

/// O3: an upsert that inserts does announce.
#[tokio::test]
async fn an_upsert_that_inserts_announces() {
    let s = open_with_old_order().await;
    s.run(&shop::order(2)).await;
    s.run(
        "insert into pedido_itens (id, pedido_id, nome_produto, quantidade, valor_unitario)
         values (77, 2, 'X', 1, 1)
         on conflict (id) do update set quantidade = excluded.quantidade",
    )
    .await;
    assert_eq!(queued(&s).await, ["2"]);
}

/// O3: an item that moves from one order to another inserts nothing.
#[tokio::test]
async fn changing_an_items_order_announces_nothing() {
    let s = open_with_old_order().await;
    s.run(&shop::order(2)).await;
    s.run("update pedido_itens set pedido_id = 2").await;
    assert_eq!(queued(&s).await, NOTHING);
}

/// O3: orders that were there before the extension.
#[tokio::test]
async fn an_order_older_than_the_extension_is_not_announced() {
    let database = plain().database().await;
    let s = database.session().await;
    s.run(&shop::tables("bigint")).await;
    shop::place(&s, 1).await;
    s.run("create extension zapgres").await;
    s.run(&item(1)).await;
    assert_eq!(queued(&s).await, NOTHING);
}
