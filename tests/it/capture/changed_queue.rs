//! What an operator adds to the queue, or changes in it, holds for what capture writes from then on, also in sessions that
//! have written to it before.

use std::ops::Range;

use crate::captured::{missed, queued};
use crate::cluster::plain;
use crate::database::Database;
use crate::session::Session;
use crate::shop;

const NOTHING: [&str; 0] = [];

/// A shop, and a session that has captured an order.
async fn open() -> (Database, Session) {
    let (database, session) = shop::open(plain()).await;
    shop::place(&session, 1).await;
    (database, session)
}

/// O2: the next order has the new default, and a new column's.
#[tokio::test]
async fn defaults_hold_at_once() {
    let (database, s) = open().await;
    let operator = database.session().await;
    operator
        .run("alter table zap.notification_queue alter priority set default 7, add note text, add plain text; alter table zap.notification_queue alter note set default 'new'")
        .await;
    shop::place(&s, 2).await;
    let values = "select subject, priority, coalesce(note, '-'), coalesce(plain, '-') from zap.notification_queue order by id";
    assert_eq!(
        s.rows(values).await,
        [["1", "0", "-", "-"], ["2", "7", "new", "-"]]
    );
    operator
        .run("alter table zap.notification_queue alter priority drop default, alter priority drop not null, drop note")
        .await;
    shop::place(&s, 3).await;
    let priority =
        "select coalesce(priority::text, 'null') from zap.notification_queue where subject = '3'";
    assert_eq!(s.value(priority).await, "null");
}

/// O2: a default is computed with the rights of the queue's owner, whoever inserts.
#[tokio::test]
async fn a_default_may_use_what_the_user_may_not() {
    let (database, admin) = open().await;
    admin
        .run(
            "create role barista login;
             grant insert on pedido_itens to barista;
             grant usage on sequence pedido_itens_id_seq to barista;
             create sequence numbers;
             alter table zap.notification_queue add number bigint;
             alter table zap.notification_queue alter number set default nextval('public.numbers')",
        )
        .await;
    admin.run(&shop::order(2)).await;
    let barista = database.session_as("barista").await;
    barista.run(&shop::item(2)).await;
    assert_eq!(missed(&admin).await, NOTHING);
    let number = "select number from zap.notification_queue where subject = '2'";
    assert_eq!(admin.value(number).await, "1");
}

/// O2: a column that must have a value and gets none: the transaction commits, the order is kept with the reason.
#[tokio::test]
async fn a_column_that_capture_does_not_know_keeps_no_order_back() {
    let (database, s) = open().await;
    let operator = database.session().await;
    operator
        .run("alter table zap.notification_queue add note text; update zap.notification_queue set note = ''; alter table zap.notification_queue alter note set not null")
        .await;
    shop::place(&s, 2).await;
    assert_eq!(missed(&s).await, ["2"]);
    assert!(
        s.value("select reason from zap.missed")
            .await
            .starts_with("23502")
    );
    operator
        .run("alter table zap.notification_queue alter note set default lower(current_user)")
        .await;
    shop::place(&s, 3).await;
    assert_eq!(queued(&s).await, ["1", "3"]);
}

/// O2: new indexes hold every row, whatever their kind, and those that captured rows enter sometimes or never.
#[tokio::test]
async fn new_indexes_hold_every_row() {
    let (database, s) = open().await;
    let operator = database.session().await;
    let indexes = [
        "create index concurrently on zap.notification_queue (subject)",
        "create index concurrently on zap.notification_queue (id) where priority = 0",
        "create index concurrently on zap.notification_queue (id) where priority > 0",
        "create index concurrently on zap.notification_queue (id) where subject < '5' and status = 'pending'",
        "create function odd(text) returns boolean language sql immutable set search_path = pg_catalog as 'select length($1) % 2 = 1';
         create index on zap.notification_queue (id) where public.odd(subject)",
        "create index concurrently on zap.notification_queue (lower(subject))",
        "create index concurrently on zap.notification_queue using hash (subject)",
        "create index concurrently on zap.notification_queue using brin (created_at)",
        "create unique index concurrently on zap.notification_queue (subject, event) where source_id is not null",
    ];
    for (key, index) in (2..).zip(indexes) {
        operator.run(index).await;
        shop::place(&s, key).await;
        check_indexes(&operator).await;
    }
    assert_eq!(missed(&s).await, NOTHING);
    let by_hash =
        "set enable_seqscan = off; select count(*) from zap.notification_queue where subject = '9'";
    assert_eq!(operator.value(by_hash).await, "1");
}

/// Asks the server whether each B-tree of the queue holds every row that belongs there.
async fn check_indexes(session: &Session) {
    session
        .run("create extension if not exists amcheck with schema public")
        .await;
    let check = "select count(public.bt_index_check(i.indexrelid, heapallindexed => true))
         from pg_index as i inner join pg_class as c on i.indexrelid = c.oid
         where i.indrelid = 'zap.notification_queue'::regclass and i.indisvalid
             and c.relam = (select a.oid from pg_am as a where a.amname = 'btree')";
    assert!(session.count(check).await >= 6);
}

/// O2: an index that is built or rebuilt while sessions write misses none of their rows.
#[tokio::test]
async fn indexes_built_beside_capture_are_complete() {
    let (database, s) = open().await;
    let operator = database.session().await;
    let build = async {
        for _ in 0..4 {
            operator
                .run("reindex table concurrently zap.notification_queue")
                .await;
            operator
                .run("create index concurrently built on zap.notification_queue (subject)")
                .await;
            operator.run("drop index concurrently zap.built").await;
        }
    };
    tokio::pin!(build);
    let mut key = 1;
    loop {
        tokio::select! {
            biased;
            () = async { key += 1; shop::place(&s, key).await; } => {}
            () = &mut build => break,
        }
    }
    check_indexes(&operator).await;
    assert_eq!(missed(&s).await, NOTHING);
}

/// O2: a trigger and a rule of somebody's fire, and a check refuses: the order is kept.
#[tokio::test]
async fn triggers_rules_and_checks_have_their_say() {
    let (database, s) = open().await;
    let operator = database.session().await;
    operator
        .run(
            "create table seen (what text);
             grant insert on seen to public;
             create function note() returns trigger language plpgsql as
                 $$ begin insert into public.seen values ('trigger ' || new.subject); return new; end $$;
             create trigger note after insert on zap.notification_queue for each row execute function note()",
        )
        .await;
    shop::place(&s, 2).await;
    operator
        .run(
            "drop trigger note on zap.notification_queue;
             create rule note as on insert to zap.notification_queue do also
                 insert into public.seen values ('rule ' || new.subject)",
        )
        .await;
    shop::place(&s, 3).await;
    operator
        .run(
            "drop rule note on zap.notification_queue;
             alter table zap.notification_queue add constraint small check (length(subject) < 2)",
        )
        .await;
    shop::place(&s, 10).await;
    shop::place(&s, 4).await;
    assert_eq!(
        s.column("select what from seen order by what").await,
        ["rule 3", "trigger 2"]
    );
    assert_eq!(queued(&s).await, ["1", "2", "3", "4"]);
    assert_eq!(missed(&s).await, ["10"]);
    assert!(
        s.value("select reason from zap.missed")
            .await
            .starts_with("23514")
    );
}

/// Enqueues an order.
fn queue_row(key: u64) -> String {
    format!(
        "insert into zap.notification_queue (source_id, event, subject, dedup_key)
         select id, event, '{key}', event || ':{key}' from zap.source;"
    )
}

/// O3: an order that is queued already is passed over, alone and among others, and what follows is written as ever.
#[tokio::test]
async fn what_is_queued_already_is_passed_over() {
    let (_, s) = open().await;
    s.run(&(queue_row(2) + &queue_row(12))).await;
    shop::place(&s, 2).await;
    s.run("begin").await;
    for key in 11..=13 {
        shop::place(&s, key).await;
    }
    s.run("commit").await;
    shop::place(&s, 3).await;
    assert_eq!(queued(&s).await, ["1", "11", "12", "13", "2", "3"]);
    assert_eq!(missed(&s).await, NOTHING);
    assert_eq!(s.warnings().await, NOTHING);
}

/// O2: another installation of the extension is another queue, in the same session.
#[tokio::test]
async fn the_extension_can_be_installed_anew_in_a_session() {
    let (_, s) = open().await;
    s.run("drop extension zapgres cascade; create extension zapgres")
        .await;
    shop::place(&s, 2).await;
    assert_eq!(queued(&s).await, ["2"]);
    s.run("begin; savepoint a").await;
    shop::place(&s, 3).await;
    s.run("select zap.flush(); rollback to a").await;
    shop::place(&s, 4).await;
    s.run("commit").await;
    assert_eq!(queued(&s).await, ["2", "4"]);
}

/// O2: one of capture's own columns is there, with a type that does not take what capture has.
#[tokio::test]
async fn a_column_of_another_type_keeps_no_order_back() {
    let (database, s) = open().await;
    let operator = database.session().await;
    operator
        .run("alter table zap.notification_queue drop dedup_key; alter table zap.notification_queue add dedup_key bigint")
        .await;
    shop::place(&s, 2).await;
    assert_eq!(missed(&s).await, ["2"]);
    assert!(
        s.value("select reason from zap.missed")
            .await
            .starts_with("42804")
    );
}

/// O2: a function of somebody's that makes a default is the one that there is now.
#[tokio::test]
async fn a_defaults_function_holds_as_it_is_now() {
    let (database, s) = open().await;
    let operator = database.session().await;
    operator
        .run(
            "create function rank() returns smallint language sql stable as 'select 3::smallint';
             alter table zap.notification_queue alter priority set default public.rank()",
        )
        .await;
    shop::place(&s, 2).await;
    operator
        .run("create or replace function rank() returns smallint language sql stable as 'select 4::smallint'")
        .await;
    shop::place(&s, 3).await;
    let values = "select priority from zap.notification_queue order by id";
    assert_eq!(s.column(values).await, ["0", "3", "4"]);
}

/// O2: what was looked up in a transaction that is undone, after it changed the queue itself, is not kept.
#[tokio::test]
async fn an_undone_change_is_undone_for_capture() {
    let (_, s) = open().await;
    s.run("begin; savepoint a; alter table zap.notification_queue alter priority set default 7, add note text")
        .await;
    shop::place(&s, 2).await;
    s.run("select zap.flush(); rollback to a").await;
    shop::place(&s, 3).await;
    s.run("select zap.flush(); alter table zap.notification_queue alter priority set default 9")
        .await;
    shop::place(&s, 4).await;
    s.run("select zap.flush(); rollback").await;
    shop::place(&s, 5).await;
    let values = "select subject, priority from zap.notification_queue order by id";
    assert_eq!(s.rows(values).await, [["1", "0"], ["5", "0"]]);
    assert_eq!(s.warnings().await, NOTHING);
}

/// O2: wherever the table is moved to, and whatever it is called in between, it is written to.
#[tokio::test]
async fn a_queue_that_is_moved_is_written_to() {
    let (database, s) = open().await;
    let operator = database.session().await;
    let changes = [
        "vacuum full zap.notification_queue",
        "cluster zap.notification_queue using notification_queue_pkey",
        "alter table zap.notification_queue set unlogged",
        "alter table zap.notification_queue set logged",
        "reindex table zap.notification_queue",
        "alter table zap.notification_queue force row level security, enable row level security",
        "create publication everything for all tables; alter table zap.notification_queue replica identity full",
        "alter table zap.notification_queue rename to away; alter table zap.away rename to notification_queue",
        "alter sequence zap.notification_queue_id_seq restart 1000",
        "drop index zap.notification_queue_ready; drop index zap.notification_queue_unresolved",
        "alter table zap.notification_queue drop constraint notification_queue_pkey, drop constraint notification_queue_once",
        "truncate zap.notification_queue",
    ];
    for (key, change) in (2..).zip(changes) {
        operator.run(change).await;
        shop::place(&s, key).await;
        assert_eq!(missed(&s).await, NOTHING, "{change}");
        let last = "select subject from zap.notification_queue order by id desc limit 1";
        assert_eq!(s.value(last).await, key.to_string(), "{change}");
    }
    assert_eq!(s.warnings().await, NOTHING);
}

/// O2: a session that captures for ever holds no more memory than one that has captured a little, whatever happened to it.
#[tokio::test]
async fn memory_does_not_grow() {
    const ORDERS: u64 = 500;
    let (_, s) = open().await;
    let capture = async |keys: Range<u64>| {
        for key in keys {
            let undone = shop::order(1_000_000 + key) + &shop::item(1_000_000 + key);
            s.run(&format!(
                "begin; savepoint a; {undone} select zap.flush(); rollback to a; commit"
            ))
            .await;
            s.run(&queue_row(key)).await;
            shop::place(&s, key).await;
            shop::place(&s, 2_000_000 + key).await;
        }
    };
    let used = "select sum(used_bytes) from pg_backend_memory_contexts";
    capture(2..100).await;
    let before = s.count(used).await;
    capture(100..100 + ORDERS).await;
    let growth = s.count(used).await.saturating_sub(before);
    assert!(growth < 50 * ORDERS, "{growth} bytes");
    assert_eq!(s.warnings().await, NOTHING);
}

/// O2: whoever cancels a large transaction's COMMIT need not wait until all of it is written.
#[tokio::test]
async fn a_cancel_is_heard_between_two_orders() {
    let (database, s) = open().await;
    let operator = database.session().await;
    operator
        .run("alter table zap.notification_queue add note boolean; alter table zap.notification_queue alter note set default pg_cancel_backend(pg_backend_pid())")
        .await;
    s.run("begin").await;
    shop::place(&s, 2).await;
    shop::place(&s, 3).await;
    assert_eq!(s.error("commit").await.code().code(), "57014");
    assert_eq!(queued(&s).await, ["1"]);
}
