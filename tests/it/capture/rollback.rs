//! What was rolled back was never announced, and what came again is.

use crate::captured::queued;
use crate::cluster::plain;
use crate::shop::{self, item, order};

/// O3: a transaction rolled back.
#[tokio::test]
async fn a_rolled_back_transaction_announces_nothing() {
    let (_, s) = shop::open(plain()).await;
    s.run("begin").await;
    shop::place(&s, 1).await;
    s.run("rollback").await;
    shop::place(&s, 2).await;
    assert_eq!(queued(&s).await, ["2"]);
}

/// O3: a transaction that fails after its items.
#[tokio::test]
async fn a_failed_transaction_announces_nothing() {
    let (_, s) = shop::open(plain()).await;
    s.run("begin").await;
    shop::place(&s, 1).await;
    s.error("select 1 / 0").await;
    s.run("commit").await;
    shop::place(&s, 2).await;
    assert_eq!(queued(&s).await, ["2"]);
}

/// O3: a transaction that a deferred constraint ends at commit.
#[tokio::test]
async fn a_transaction_that_fails_at_commit_announces_nothing() {
    let (_, s) = shop::open(plain()).await;
    s.run(
        "alter table pedido_itens alter constraint pedido_itens_pedido_id_fkey
         deferrable initially deferred",
    )
    .await;
    let error = s.error(&item(404)).await;
    assert_eq!(error.code().code(), "23503");
    shop::place(&s, 2).await;
    assert_eq!(queued(&s).await, ["2"]);
}

/// O3: savepoint rolled back.
#[tokio::test]
async fn an_item_rolled_back_to_a_savepoint_announces_nothing() {
    let (_, s) = shop::open(plain()).await;
    s.run(&(order(1) + &order(2))).await;
    s.run("begin").await;
    s.run("savepoint before").await;
    s.run(&item(1)).await;
    s.run("rollback to savepoint before").await;
    s.run(&item(2)).await;
    s.run("commit").await;
    assert_eq!(queued(&s).await, ["2"]);
}

/// O3: savepoint rolled back, then the item inserted again.
#[tokio::test]
async fn an_item_inserted_again_after_a_savepoint_announces_once() {
    let (_, s) = shop::open(plain()).await;
    s.run(&order(1)).await;
    s.run("begin").await;
    for _ in 0..3 {
        s.run("savepoint before").await;
        s.run(&item(1)).await;
        s.run("rollback to savepoint before").await;
    }
    s.run(&item(1)).await;
    s.run("commit").await;
    assert_eq!(queued(&s).await, ["1"]);
}

/// O3: what an outer level has collected stays when an inner one that saw it too is rolled back.
#[tokio::test]
async fn a_savepoint_takes_back_only_what_it_collected() {
    let (_, s) = shop::open(plain()).await;
    s.run(&(order(1) + &order(2) + &order(3))).await;
    s.run("begin").await;
    s.run(&item(1)).await;
    s.run("savepoint kept").await;
    s.run(&item(2)).await;
    s.run("savepoint dropped").await;
    s.run(&(item(1) + &item(2) + &item(3))).await;
    s.run("rollback to savepoint dropped; release savepoint kept; commit")
        .await;
    assert_eq!(queued(&s).await, ["1", "2"]);
}

/// O3: a released savepoint inside one that is rolled back.
#[tokio::test]
async fn a_released_savepoint_goes_with_the_one_around_it() {
    let (_, s) = shop::open(plain()).await;
    s.run(&(order(1) + &order(2))).await;
    s.run("begin; savepoint outer_one; savepoint inner_one")
        .await;
    s.run(&item(1)).await;
    s.run("release savepoint inner_one; rollback to savepoint outer_one")
        .await;
    s.run(&item(2)).await;
    s.run("commit").await;
    assert_eq!(queued(&s).await, ["2"]);
}

/// O3: PL/pgSQL's exception blocks are savepoints.
#[tokio::test]
async fn an_exception_block_announces_what_it_kept() {
    let (_, s) = shop::open(plain()).await;
    s.run(&(order(1) + &order(2) + &order(3))).await;
    let (first, second, third) = (item(1), item(2), item(3));
    s.run(&format!(
        "do $$ begin
             begin {first} raise 'no'; exception when raise_exception then null; end;
             begin {second} exception when raise_exception then null; end;
             begin {third} raise 'no'; exception when raise_exception then {third} end;
         end $$"
    ))
    .await;
    assert_eq!(queued(&s).await, ["2", "3"]);
}

/// O3: a procedure that commits and rolls back inside.
#[tokio::test]
async fn a_procedure_announces_what_it_committed() {
    let (database, s) = shop::open(plain()).await;
    let (order, item) = (order("key"), item("key"));
    s.run(&format!(
        "create procedure import(rows integer) language plpgsql as $$ begin
             for key in 1..rows loop
                 {order} {item}
                 if key % 3 = 0 then rollback; else commit; end if;
             end loop;
         end $$"
    ))
    .await;
    s.run("call import(7)").await;
    let other = database.session().await;
    assert_eq!(queued(&other).await, ["1", "2", "4", "5", "7"]);
}
