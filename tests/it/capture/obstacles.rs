//! Whatever stands in the way of capture, the user's transaction commits, soon, and the order is not lost.

use std::time::Duration;

use crate::captured::{missed, queued};
use crate::cluster::plain;
use crate::session::Session;
use crate::shop::{self, item, order};
use crate::wait;

const NOTHING: [&str; 0] = [];

/// `zap.lock_timeout` is 200 ms; the rest is for a busy machine, and well under any other timeout.
const SOON: Duration = Duration::from_secs(12);

const LOCK_QUEUE: &str = "begin; lock table zap.notification_queue in access exclusive mode";

async fn reason(session: &Session) -> String {
    session.value("select reason from zap.missed").await
}

/// O2: the queue is locked.
#[tokio::test]
async fn a_locked_queue_lets_the_transaction_commit() {
    let (database, s) = shop::open(plain()).await;
    let other = database.session().await;
    s.run(&order(1)).await;
    other.run(LOCK_QUEUE).await;
    let time = s.timed(&item(1)).await;
    assert!(time >= Duration::from_millis(100), "it tries: {time:?}");
    assert!(time < SOON, "{time:?}");
    assert_eq!(s.warnings().await.len(), 1);
    let row = "select subject, event, first_item_known, source_id = (select id from zap.source)
               from zap.missed";
    assert_eq!(s.rows(row).await, [["1", "order_received", "t", "t"]]);
    assert!(reason(&s).await.contains("55P03"));
    other.run("rollback").await;
    assert_eq!(queued(&s).await, NOTHING);
}

/// O2: after one timeout the backend does not wait again for a while, and then uses the queue again.
#[tokio::test]
async fn only_the_first_transaction_waits_for_a_locked_queue() {
    let (database, s) = shop::open(plain()).await;
    let other = database.session().await;
    other.run(LOCK_QUEUE).await;
    let first = s.timed(&(order(1) + &item(1))).await;
    assert!(first >= Duration::from_millis(100), "it tries: {first:?}");
    // Whoever waited for the lock says so in other words.
    let reasons = "select reason from zap.missed order by id";
    let mut key = 1;
    wait::until("one does not wait", async || {
        key += 1;
        shop::place(&s, key).await;
        let reasons = s.column(reasons).await;
        assert!(reasons[0].contains("lock timeout"), "{reasons:?}");
        reasons[key - 1].contains("was locked a moment ago")
    })
    .await;
    other.run("rollback").await;
    wait::until("the queue is used again", async || {
        key += 1;
        shop::place(&s, key).await;
        !queued(&s).await.is_empty()
    })
    .await;
    assert_eq!(queued(&s).await, [key.to_string()]);
    assert_eq!(missed(&s).await.len(), key - 1);
}

/// O2: an order may be old: what is missed says whether its first item was known to be the first.
#[tokio::test]
async fn an_old_order_is_not_missed() {
    let (database, s) = shop::open(plain()).await;
    shop::place(&s, 1).await;
    let other = database.session().await;
    other.run(LOCK_QUEUE).await;
    let time = s.timed(&item(1)).await;
    assert!(time < SOON, "{time:?}");
    other.run("rollback").await;
    assert_eq!(missed(&s).await, NOTHING);
}

/// O2: the wait is never longer than the user's own `lock_timeout`, which stays as it was.
#[tokio::test]
async fn the_users_lock_timeout_is_kept() {
    let (database, s) = shop::open(plain()).await;
    let other = database.session().await;
    other.run(LOCK_QUEUE).await;
    s.run("set zap.lock_timeout = '55s'; set deadlock_timeout = '10 min'")
        .await;
    s.run("set lock_timeout = '100ms'").await;
    let time = s.timed(&(order(1) + &item(1))).await;
    assert!(time < SOON, "{time:?}");
    assert_eq!(s.value("show lock_timeout").await, "100ms");
    other.run("rollback").await;
    assert_eq!(missed(&s).await, ["1"]);
}

/// O2: nor do the waits for all our tables together exceed it, each for its own turn.
#[tokio::test]
async fn the_users_lock_timeout_is_for_all_waits() {
    let (database, s) = shop::open(plain()).await;
    let other = database.session().await;
    s.run("create table comandas (mesa integer); select zap.attach('comandas', 'mesa')")
        .await;
    // The three waits would take three times as long; how fast the machine is makes no difference to that.
    s.run("set zap.lock_timeout = '55s'; set deadlock_timeout = '10 min'; set lock_timeout = '8s'")
        .await;
    other.run(LOCK_QUEUE).await;
    other
        .run("lock table zap.missed, zap.capture_gap in access exclusive mode")
        .await;
    s.run("begin; set local zap.enabled = off").await;
    shop::place(&s, 1).await;
    s.run("set local zap.enabled = on").await;
    shop::place(&s, 2).await;
    s.run("insert into comandas values (4), (5)").await;
    let time = s.timed("commit").await;
    assert!(time < Duration::from_secs(22), "{time:?}");
    other.run("rollback").await;
    assert_eq!(s.value("select count(*) from pedido_itens").await, "2");
}

/// O2: nor longer than half of `deadlock_timeout`: no deadlock check ever finds us.
#[tokio::test]
async fn the_wait_ends_before_a_deadlock_check() {
    let (database, s) = shop::open(plain()).await;
    let other = database.session().await;
    other.run(LOCK_QUEUE).await;
    s.run("set zap.lock_timeout = '55s'; set deadlock_timeout = '300ms'")
        .await;
    let time = s.timed(&(order(1) + &item(1))).await;
    assert!(time < SOON, "{time:?}");
    other.run("rollback").await;
    assert_eq!(missed(&s).await, ["1"]);
}

/// O2: the budget is for the whole flush, not for each of its waits.
#[tokio::test]
async fn many_orders_wait_no_longer_than_one() {
    let (database, s) = shop::open(plain()).await;
    let other = database.session().await;
    // At 200 ms for each, it would take longer than a statement may.
    s.run("insert into pedidos (id, empresa_id) select n, 1 from generate_series(1, 500) as n")
        .await;
    let insert = "insert into pedido_itens (pedido_id, nome_produto, quantidade, valor_unitario)
                  select n, 'X', 1, 1 from generate_series(1, 500) as n";
    other.run("begin").await;
    other.run(insert).await;
    other.run("select zap.flush()").await;
    let time = s.timed(insert).await;
    assert!(time < SOON, "{time:?}");
    other.run("rollback").await;
    assert_eq!(missed(&s).await.len() + queued(&s).await.len(), 500);
}

/// O2: the queue is missing.
#[tokio::test]
async fn a_missing_queue_lets_the_transaction_commit() {
    let (_, s) = shop::open(plain()).await;
    shop::place(&s, 1).await;
    s.run("alter table zap.notification_queue rename to away")
        .await;
    shop::place(&s, 2).await;
    assert_eq!(s.warnings().await.len(), 1);
    assert_eq!(missed(&s).await, ["2"]);
    assert!(reason(&s).await.contains("42P01"));
    s.run("alter table zap.away rename to notification_queue")
        .await;
    shop::place(&s, 3).await;
    assert_eq!(queued(&s).await, ["1", "3"]);
}

/// O2: the queue has been dropped, and with it what depends on it.
#[tokio::test]
async fn a_dropped_queue_lets_the_transaction_commit() {
    let (_, s) = shop::open(plain()).await;
    s.run(
        "do $$ declare member record; begin
             for member in
                 select i.type, i.identity
                 from pg_depend as d, pg_identify_object(d.classid, d.objid, 0) as i
                 where d.deptype = 'e' and d.refobjid = (select oid from pg_extension where extname = 'zapgres')
                     and i.type in ('function', 'view', 'table', 'sequence')
                     and (i.type in ('function', 'view') or i.identity like 'zap.notification_queue%')
             loop
                 execute format('alter extension zapgres drop %s %s', member.type, member.identity);
             end loop;
         end $$",
    )
    .await;
    s.run("drop table zap.notification_queue cascade").await;
    shop::place(&s, 1).await;
    assert_eq!(missed(&s).await, ["1"]);
}

/// O2: the queue raises an error.
#[tokio::test]
async fn a_failing_queue_lets_the_transaction_commit() {
    let (_, s) = shop::open(plain()).await;
    s.run(
        "create function refuse() returns trigger language plpgsql as
             $$ begin raise exception 'not today'; end $$;
         create trigger refuse before insert on zap.notification_queue
             for each row execute function refuse()",
    )
    .await;
    s.run("begin").await;
    shop::place(&s, 1).await;
    s.run("commit").await;
    assert_eq!(s.value("select count(*) from pedido_itens").await, "1");
    assert_eq!(missed(&s).await, ["1"]);
    let reason = reason(&s).await;
    assert!(
        reason.contains("P0001") && reason.contains("not today"),
        "{reason}"
    );
}

/// O2: it cannot be told whether the item is the first: the subject is kept, marked so.
#[tokio::test]
async fn an_unreadable_table_is_captured_with_doubt() {
    let (_, s) = shop::open(plain()).await;
    s.run(
        "create role vendor_without_rights;
         alter table pedido_itens owner to vendor_without_rights;
         revoke all on pedido_itens from vendor_without_rights",
    )
    .await;
    // Two orders: for one alone the key's index is read, which takes no right that could be missing.
    s.run(&(order(1) + &order(2))).await;
    s.run(&format!("begin; {}; {}; commit", item(1), item(2)))
        .await;
    assert_eq!(s.value("select count(*) from pedido_itens").await, "2");
    let rows = "select subject, first_item_known from zap.missed order by subject";
    assert_eq!(s.rows(rows).await, [["1", "f"], ["2", "f"]]);
    shop::place(&s, 3).await;
    assert_eq!(queued(&s).await, ["3"]);
}

/// O2: neither the queue nor the list of the missed can be written.
#[tokio::test]
async fn with_everything_locked_the_transaction_still_commits() {
    let (database, s) = shop::open(plain()).await;
    let other = database.session().await;
    s.run(&order(1)).await;
    other.run(LOCK_QUEUE).await;
    other
        .run("lock table zap.missed in access exclusive mode")
        .await;
    let time = s.timed(&item(1)).await;
    assert!(time < SOON, "{time:?}");
    let warnings = s.warnings().await;
    assert!(
        warnings
            .iter()
            .any(|warning| warning.contains("zap.missed")),
        "{warnings:?}"
    );
    assert_eq!(s.value("select count(*) from pedido_itens").await, "1");
    other.run("rollback").await;
    shop::place(&s, 2).await;
}

/// O2: every table of ours is gone.
#[tokio::test]
async fn without_any_table_the_transaction_still_commits() {
    let (_, s) = shop::open(plain()).await;
    s.run("alter schema zap rename to elsewhere").await;
    shop::place(&s, 1).await;
    assert!(!s.warnings().await.is_empty());
    assert_eq!(s.value("select count(*) from pedido_itens").await, "1");
}

/// O2: a cancel is the user's wish and is not swallowed.
#[tokio::test]
async fn a_cancel_still_cancels() {
    let (database, s) = shop::open(plain()).await;
    let other = database.session().await;
    s.run(&order(1)).await;
    other.run(LOCK_QUEUE).await;
    s.run("set zap.lock_timeout = '60s'; set deadlock_timeout = '120s'")
        .await;
    let waiting = format!(
        "select count(*) from pg_stat_activity where pid = {} and wait_event_type = 'Lock'",
        s.pid()
    );
    let cancel = async {
        wait::until("it waits", async || other.value(&waiting).await == "1").await;
        other
            .run(&format!("select pg_cancel_backend({})", s.pid()))
            .await;
    };
    let insert = item(1);
    let ((), error) = tokio::join!(cancel, s.error(&insert));
    assert_eq!(error.code().code(), "57014");
    other.run("rollback").await;
    assert_eq!(s.value("select count(*) from pedido_itens").await, "0");
    s.run(&item(1)).await;
    assert_eq!(queued(&s).await, ["1"]);
}
