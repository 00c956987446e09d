//! Sessions that work on the same orders at the same time.

use std::time::Duration;

use crate::captured::{announced, missed, queued};
use crate::cluster::plain;
use crate::session::Session;
use crate::shop::{self, item, order};
use crate::wait;

/// More than capture allows itself on any machine; whoever waits for a session that does not go on waits for much longer,
/// since [`let_waits_last`].
const NO_LONG_WAIT: Duration = Duration::from_secs(12);

/// A deadlock would last until a statement is given up, a minute later, and not be broken up.
async fn let_waits_last(sessions: [&Session; 2]) {
    for session in sessions {
        session.run("set deadlock_timeout = '10 min'").await;
    }
}

async fn until_it_waits(watcher: &Session, waiting: &Session) {
    let query = format!(
        "select count(*) from pg_stat_activity where pid = {} and wait_event_type = 'Lock'",
        waiting.pid()
    );
    wait::until("the session waits", async || {
        watcher.value(&query).await == "1"
    })
    .await;
}

/// O3: concurrent sessions, the transactions overlapping.
#[tokio::test]
async fn two_sessions_adding_items_to_a_new_order_announce_once() {
    let (database, a) = shop::open(plain()).await;
    let b = database.session().await;
    a.run(&order(1)).await;
    a.run("begin").await;
    b.run("begin").await;
    a.run(&item(1)).await;
    b.run(&item(1)).await;
    b.run("commit").await;
    assert_eq!(queued(&a).await, ["1"]);
    a.run("commit").await;
    assert_eq!(queued(&b).await, ["1"]);
    assert_eq!(missed(&b).await, [""; 0]);
}

/// O3: the session that was first rolls back; the other one announces.
#[tokio::test]
async fn the_session_that_commits_announces() {
    let (database, a) = shop::open(plain()).await;
    let b = database.session().await;
    a.run(&order(1)).await;
    a.run("begin").await;
    b.run("begin").await;
    a.run(&item(1)).await;
    b.run(&item(1)).await;
    a.run("rollback").await;
    b.run("commit").await;
    assert_eq!(queued(&a).await, ["1"]);
}

/// O3: many sessions race for the same new orders.
#[tokio::test]
async fn racing_sessions_announce_each_order_once() {
    let (database, s) = shop::open(plain()).await;
    s.run("insert into pedidos (id, empresa_id) select n, 1 from generate_series(10, 59) as n")
        .await;
    let mut racers = Vec::new();
    for _ in 0..6 {
        let racer = database.session().await;
        racers.push(tokio::spawn(async move {
            for key in 10..60 {
                racer.run(&item(key)).await;
            }
        }));
    }
    for racer in racers {
        racer.await.expect("no session fails");
    }
    let expected: Vec<_> = (10..60).map(|key: u32| key.to_string()).collect();
    assert_eq!(announced(&s).await, expected);
    assert_eq!(s.value("select count(*) from pedido_itens").await, "300");
}

/// O2: two transactions take the same two new orders in opposite order: no deadlock, no failure, no long wait.
#[tokio::test]
async fn opposite_orders_do_not_deadlock() {
    let (database, a) = shop::open(plain()).await;
    let b = database.session().await;
    let_waits_last([&a, &b]).await;
    for pair in 0..10 {
        let (first, second) = (100 + 2 * pair, 101 + 2 * pair);
        a.run(&(order(first) + &order(second))).await;
        a.run("begin").await;
        b.run("begin").await;
        let (steps_a, steps_b) = ([first, second], [second, first]);
        for (key_a, key_b) in steps_a.into_iter().zip(steps_b) {
            assert!(a.timed(&item(key_a)).await < NO_LONG_WAIT);
            assert!(b.timed(&item(key_b)).await < NO_LONG_WAIT);
        }
        let (time_a, time_b) = tokio::join!(a.timed("commit"), b.timed("commit"));
        assert!(
            time_a < NO_LONG_WAIT && time_b < NO_LONG_WAIT,
            "{time_a:?}, {time_b:?}"
        );
    }
    let expected: Vec<_> = (100..120).map(|key: u32| key.to_string()).collect();
    assert_eq!(announced(&a).await, expected);
}

/// O2: as above, and one of them waits for a row of the user's that the other one holds.
#[tokio::test]
async fn a_row_lock_in_between_does_not_deadlock() {
    let (database, a) = shop::open(plain()).await;
    let b = database.session().await;
    let watcher = database.session().await;
    a.run(&(order(1) + &order(2))).await;
    let_waits_last([&a, &b]).await;
    a.run("begin").await;
    b.run("begin").await;
    a.run(&item(1)).await;
    b.run("update empresas set nome = nome where id = 1").await;
    b.run(&item(2)).await;
    let finish_a = async {
        a.run("update empresas set nome = nome where id = 1").await;
        a.run(&(item(2) + "commit")).await;
    };
    let finish_b = async {
        until_it_waits(&watcher, &a).await;
        assert!(b.timed(&item(1)).await < NO_LONG_WAIT);
        assert!(b.timed("commit").await < NO_LONG_WAIT);
    };
    tokio::join!(finish_a, finish_b);
    assert_eq!(queued(&a).await, ["1", "2"]);
}

/// Holds every transaction that has just enqueued an order until the gate opens.
const GATE: &str = "
    create function wait_at_gate() returns trigger language plpgsql as
        $$ begin perform pg_catalog.pg_advisory_xact_lock_shared(4711); return null; end $$;
    create trigger gate after insert on zap.notification_queue
        for each row execute function wait_at_gate();
    select pg_advisory_lock(4711)";

/// O2: two tables, which the sessions have seen in opposite order, and the same keys: neither waits for the other
/// while that one waits for it.
#[tokio::test]
async fn two_tables_do_not_deadlock() {
    let (database, a) = shop::open(plain()).await;
    let b = database.session().await;
    let gate = database.session().await;
    a.run("create table comandas (mesa bigint); create index on comandas (mesa)")
        .await;
    a.run("select zap.attach('comandas', 'mesa')").await;
    for key in 1..=3 {
        a.run(&order(key)).await;
    }
    a.run(&item(1)).await;
    b.run("insert into comandas values (2)").await;
    gate.run(GATE).await;
    // Long enough for the gate to be opened, however busy the machine is.
    let patience = "set zap.lock_timeout = '20s'; set deadlock_timeout = '50s'";
    for session in [&a, &b] {
        session.run(patience).await;
    }
    let both = format!("begin; {} insert into comandas values (3); commit", item(3));
    let open_the_gate = async {
        until_it_waits(&gate, &a).await;
        until_it_waits(&gate, &b).await;
        gate.run("select pg_advisory_unlock(4711)").await;
    };
    tokio::join!(a.run(&both), b.run(&both), open_the_gate);
    assert_eq!(missed(&gate).await, [""; 0]);
    assert_eq!(queued(&gate).await, ["1", "2", "3", "3"]);
    for session in [&a, &b] {
        assert_eq!(session.warnings().await, [""; 0]);
    }
}

/// O2: a transaction that would have to wait for another's announcement does not wait long, and loses nothing.
#[tokio::test]
async fn an_unfinished_announcement_holds_nobody_up() {
    let (database, a) = shop::open(plain()).await;
    let b = database.session().await;
    a.run(&order(1)).await;
    a.run("begin").await;
    a.run(&item(1)).await;
    assert_eq!(a.value("select zap.flush()").await, "1");
    let_waits_last([&a, &b]).await;
    let time = b.timed(&item(1)).await;
    assert!(time < NO_LONG_WAIT, "{time:?}");
    assert_eq!(missed(&b).await, ["1"]);
    a.run("rollback").await;
    assert_eq!(announced(&b).await, ["1"]);
}

/// O2: capture takes no lock that others could wait for before the commit.
#[tokio::test]
async fn an_open_transaction_holds_no_lock_of_ours() {
    let (_, s) = shop::open(plain()).await;
    s.run("begin").await;
    shop::place(&s, 1).await;
    let locks = "select relation::regclass from pg_locks
         where pid = pg_backend_pid() and mode <> 'AccessShareLock' and relation::regclass::text like 'zap.%'";
    assert_eq!(s.column(locks).await, [""; 0]);
    s.run("commit").await;
}
