//! Capture that is switched off.

use crate::captured::{gaps, queued};
use crate::cluster::{plain, preloaded};
use crate::daemon;
use crate::shop::{self, item, order};

const NOTHING: [&str; 0] = [];

/// B6: logical apply and restores with triggers disabled are not captured; the sweep's work.
#[tokio::test]
async fn the_replica_role_captures_nothing() {
    let (_, s) = shop::open(plain()).await;
    s.run("set session_replication_role = replica").await;
    shop::place(&s, 1).await;
    s.run("reset session_replication_role").await;
    shop::place(&s, 2).await;
    assert_eq!(queued(&s).await, ["2"]);
    assert_eq!(gaps(&s).await, 0);
}

/// O2: `zap.enabled = off` in a session that has not loaded the library yet: one gap per transaction.
#[tokio::test]
async fn switched_off_it_leaves_one_gap_per_transaction() {
    let (database, admin) = shop::open(plain()).await;
    let s = database.session().await;
    s.run("set zap.enabled = off").await;
    s.run("begin").await;
    shop::place(&s, 1).await;
    shop::place(&s, 2).await;
    s.run("savepoint a").await;
    s.run(&item(2)).await;
    s.run("rollback to savepoint a").await;
    s.run("commit").await;
    assert_eq!(gaps(&admin).await, 1);
    s.run(&(order(3) + &item(3))).await;
    assert_eq!(gaps(&admin).await, 2);
    assert_eq!(queued(&admin).await, NOTHING);
    let transactions = "select count(distinct transaction) = 2 and
         bool_and(pg_xact_status(transaction) = 'committed') from zap.capture_gap";
    assert_eq!(admin.value(transactions).await, "t");
}

/// O2: one gap per source.
#[tokio::test]
async fn switched_off_it_leaves_one_gap_per_source() {
    let (_, s) = shop::open(preloaded()).await;
    s.run("create table comandas (mesa integer); select zap.attach('comandas', 'mesa')")
        .await;
    s.run("begin; set local zap.enabled = off").await;
    shop::place(&s, 1).await;
    s.run("insert into comandas values (1), (2); commit").await;
    let sources = "select count(distinct source_id) from zap.capture_gap";
    assert_eq!(s.value(sources).await, "2");
    assert_eq!(gaps(&s).await, 2);
    assert_eq!(queued(&s).await, NOTHING);
}

/// O2: a transaction that is rolled back leaves no gap.
#[tokio::test]
async fn a_rolled_back_transaction_leaves_no_gap() {
    let (_, s) = shop::open(plain()).await;
    s.run("set zap.enabled = off; begin").await;
    shop::place(&s, 1).await;
    s.run("rollback; set zap.enabled = on").await;
    shop::place(&s, 2).await;
    assert_eq!(gaps(&s).await, 0);
    assert_eq!(queued(&s).await, ["2"]);
}

/// O2: it is switched on again within the transaction.
#[tokio::test]
async fn switched_on_again_it_captures() {
    let (_, s) = shop::open(plain()).await;
    s.run("begin; set zap.enabled = off").await;
    shop::place(&s, 1).await;
    s.run("set zap.enabled = on").await;
    shop::place(&s, 2).await;
    s.run("commit").await;
    assert_eq!(queued(&s).await, ["2"]);
    assert_eq!(gaps(&s).await, 1);
}

/// O2: switched off for a role or a database, as for imports.
#[tokio::test]
async fn it_is_switched_off_for_a_database() {
    let (database, admin) = shop::open(plain()).await;
    let off = format!("alter database {} set zap.enabled = off", database.name());
    admin.run(&off).await;
    let s = database.session().await;
    shop::place(&s, 1).await;
    assert_eq!(queued(&admin).await, NOTHING);
    assert_eq!(gaps(&admin).await, 1);
}

/// O2: a gap that cannot be written fails nothing.
#[tokio::test]
async fn a_gap_that_cannot_be_written_fails_nothing() {
    let (_, s) = shop::open(plain()).await;
    s.run("alter table zap.capture_gap rename to away; set zap.enabled = off")
        .await;
    shop::place(&s, 1).await;
    assert_eq!(s.warnings().await.len(), 1);
    assert_eq!(s.value("select count(*) from pedido_itens").await, "1");
}

/// O2: the gap is kept also when the transaction's other orders could not be enqueued.
#[tokio::test]
async fn a_gap_survives_an_obstacle() {
    let (_, s) = shop::open(plain()).await;
    s.run("alter table zap.notification_queue rename to away")
        .await;
    s.run("begin; set local zap.enabled = off").await;
    shop::place(&s, 1).await;
    s.run("set local zap.enabled = on").await;
    shop::place(&s, 2).await;
    s.run("commit").await;
    assert_eq!(crate::captured::missed(&s).await, ["2"]);
    assert_eq!(gaps(&s).await, 1);
}

/// B6: in a savepoint or an exception block rows carry an id of their own: the gaps name it, and the sweep knows them.
#[tokio::test]
async fn silence_in_a_savepoint_is_recognised() {
    let (database, s) = shop::open(plain()).await;
    s.run("begin; set local zap.enabled = off; savepoint a")
        .await;
    shop::place(&s, 1).await;
    s.run("release savepoint a").await;
    s.run(&order(2)).await;
    let block = format!(
        "do $$ begin {} exception when division_by_zero then null; end $$",
        item(2)
    );
    s.run(&block).await;
    s.run("savepoint b; savepoint c").await;
    shop::place(&s, 3).await;
    s.run("release savepoint c; rollback to savepoint b").await;
    s.run("savepoint d").await;
    shop::place(&s, 4).await;
    s.run("commit").await;
    let unknown = "select pedido_id from pedido_itens as i where not exists (
         select from zap.capture_gap as g
         where g.transaction::text::bigint & 4294967295 = i.xmin::text::bigint)";
    assert_eq!(s.column(unknown).await, NOTHING);
    s.run("set session_replication_role = replica").await;
    shop::place(&s, 5).await;
    daemon::succeed(&database, &["sweep"]);
    assert_eq!(queued(&s).await, ["5"]);
}
