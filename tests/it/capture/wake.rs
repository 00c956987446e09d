//! How the daemon learns that there is something to do.

use std::process::Command;
use std::time::{Duration, Instant};

use tokio_postgres::Notification;

use crate::cluster::{Cluster, plain, preloaded};
use crate::database::Database;
use crate::session::Session;
use crate::shop::{self, item, order};
use crate::wait;

/// A session that listens as the daemon does, and to a marker.
pub async fn listener(database: &Database) -> Session {
    let session = database.session().await;
    session.run("listen zapgres; listen marker").await;
    session
}

fn wakes(notifications: &[Notification]) -> usize {
    notifications
        .iter()
        .filter(|notification| notification.channel() == "zapgres")
        .count()
}

/// Everything heard until a marker that is sent now.
async fn heard_until_marker(listener: &Session, sender: &Session) -> Vec<Notification> {
    sender.run("notify marker").await;
    let mut heard = Vec::new();
    while !heard.iter().any(|n: &Notification| n.channel() == "marker") {
        heard.extend(listener.next_notifications().await);
    }
    heard
}

/// Waits until the database has a notifier: until a new order wakes somebody from another backend. Whoever listens has
/// heard then what the session said itself; of these orders the notifier may announce the last ones later, twice at most.
pub async fn until_there_is_a_notifier(listener: &Session, s: &Session) {
    let mut key = 1_000_000;
    let woken = async || {
        key += 1;
        shop::place(s, key).await;
        listener
            .notifications()
            .iter()
            .any(|n| n.process_id() != s.pid())
    };
    assert!(
        wait::holds_within(wait::PATIENCE, woken).await,
        "no notifier"
    );
    heard_until_marker(listener, s).await;
}

/// What a notifier may still say about orders from before: one NOTIFY is on its way, and one is left word of.
const LEFT: usize = 2;

/// O9, B1: without the library preloaded the transaction itself notifies, once, without a payload.
#[tokio::test]
async fn a_commit_wakes_the_daemon() {
    let (database, s) = shop::open(plain()).await;
    let listener = listener(&database).await;
    s.run("set zap.wake = notify; begin").await;
    for key in 1..=3 {
        shop::place(&s, key).await;
    }
    s.run("commit").await;
    let heard = heard_until_marker(&listener, &s).await;
    assert_eq!(wakes(&heard), 1);
    assert_eq!(heard[0].process_id(), s.pid());
    assert_eq!(heard[0].payload(), "");
}

/// O9: what announces nothing wakes nobody.
#[tokio::test]
async fn nothing_announced_wakes_nobody() {
    let (database, s) = shop::open(plain()).await;
    shop::place(&s, 1).await;
    let listener = listener(&database).await;
    s.run("set zap.wake = notify; begin").await;
    shop::place(&s, 2).await;
    s.run("rollback").await;
    s.run(&item(1)).await;
    s.run("set session_replication_role = replica").await;
    shop::place(&s, 3).await;
    s.run("reset session_replication_role; set zap.enabled = off")
        .await;
    shop::place(&s, 4).await;
    assert_eq!(wakes(&heard_until_marker(&listener, &s).await), 0);
}

/// O9: what could not be enqueued wakes the daemon as well: it looks there first.
#[tokio::test]
async fn a_missed_order_wakes_the_daemon() {
    let (database, s) = shop::open(plain()).await;
    let listener = listener(&database).await;
    s.run("set zap.wake = notify; alter table zap.notification_queue rename to away")
        .await;
    shop::place(&s, 1).await;
    assert_eq!(wakes(&heard_until_marker(&listener, &s).await), 1);
}

/// O9: poll: no notification at all.
#[tokio::test]
async fn poll_sends_no_notification() {
    let (database, s) = shop::open(plain()).await;
    let listener = listener(&database).await;
    s.run("set zap.wake = poll").await;
    shop::place(&s, 1).await;
    assert_eq!(wakes(&heard_until_marker(&listener, &s).await), 0);
}

/// B1: preloaded, the transaction notifies nobody; a worker does after the commit.
#[tokio::test]
async fn preloaded_the_notifier_wakes_the_daemon() {
    let (database, s) = shop::open(preloaded()).await;
    let listener = listener(&database).await;
    until_there_is_a_notifier(&listener, &s).await;
    for key in 1..=20 {
        shop::place(&s, key).await;
        let heard = listener.next_notifications().await;
        assert!(
            heard
                .iter()
                .all(|n| n.process_id() != s.pid() && n.payload().is_empty())
        );
    }
}

/// B1: what the notifier announces can be seen: the wake-up comes after the commit.
#[tokio::test]
async fn preloaded_the_order_is_visible_when_the_daemon_wakes() {
    let (database, s) = shop::open(preloaded()).await;
    let listener = listener(&database).await;
    until_there_is_a_notifier(&listener, &s).await;
    s.run("delete from zap.notification_queue").await;
    for key in 1..=20 {
        shop::place(&s, key).await;
        listener.next_notifications().await;
        assert_eq!(crate::captured::queued(&listener).await.len(), key);
    }
}

/// B1: preloaded, nothing wakes the daemon for what was rolled back, and poll for nothing.
#[tokio::test]
async fn preloaded_nothing_announced_wakes_nobody() {
    let (database, s) = shop::open(preloaded()).await;
    let listener = listener(&database).await;
    until_there_is_a_notifier(&listener, &s).await;
    let (mut heard, rounds) = (0, 20);
    for key in 1..=rounds {
        s.run("begin").await;
        shop::place(&s, key).await;
        s.run("rollback; set zap.wake = poll").await;
        shop::place(&s, key).await;
        s.run("reset zap.wake").await;
        // What is announced is; no more than that is heard.
        shop::place(&s, 100 + key).await;
        heard += listener.next_notifications().await.len();
    }
    heard += heard_until_marker(&listener, &s).await.len() - 1;
    assert!(heard <= rounds + LEFT, "{heard} in {rounds} rounds");
}

/// Less than what a notifier rests after each NOTIFY.
const REST: Duration = Duration::from_micros(1_900);

/// B1: a burst of commits is few notifications: those of each rest are announced together.
#[tokio::test]
async fn preloaded_wake_ups_are_coalesced() {
    let (database, s) = shop::open(preloaded()).await;
    let listener = listener(&database).await;
    until_there_is_a_notifier(&listener, &s).await;
    let burst: String = (1..=1000)
        .map(|key| format!("begin; {}{} commit;", order(key), item(key)))
        .collect();
    let begin = Instant::now();
    s.run(&format!("set synchronous_commit = off; {burst}"))
        .await;
    let mut heard = heard_until_marker(&listener, &s).await.len() - 1;
    if heard == 0 {
        heard = listener.next_notifications().await.len();
    }
    let rests = begin.elapsed().div_duration_f64(REST);
    assert!(
        heard <= rests as usize + 1 + LEFT,
        "{heard} in {rests} rests"
    );
}

/// O9: preloaded, a database that is not listed falls back to NOTIFY.
#[tokio::test]
async fn preloaded_a_database_without_a_notifier_notifies_itself() {
    let database = preloaded().database_named("not_listed").await;
    let s = database.session().await;
    s.run(&shop::tables("bigint")).await;
    s.run("create extension zapgres; set zap.wake = notify")
        .await;
    let listener = listener(&database).await;
    shop::place(&s, 1).await;
    let heard = heard_until_marker(&listener, &s).await;
    assert_eq!(wakes(&heard), 1);
    assert_eq!(heard[0].process_id(), s.pid());
}

/// B1: a notifier lets its database go, and serves a new one of the same name.
#[tokio::test]
async fn preloaded_a_database_is_dropped_under_its_notifier() {
    let (database, s) = shop::open(preloaded()).await;
    let first = listener(&database).await;
    until_there_is_a_notifier(&first, &s).await;
    drop((first, s));
    let admin = preloaded().administration().session().await;
    admin
        .run(&format!("drop database {}", database.name()))
        .await;
    let database = preloaded().database_named(database.name()).await;
    let s = database.session().await;
    s.run(&shop::tables("bigint")).await;
    s.run("create extension zapgres").await;
    let second = listener(&database).await;
    until_there_is_a_notifier(&second, &s).await;
}

/// B1: after the crash of a backend the server starts anew, and the notifier with it.
#[tokio::test]
async fn preloaded_the_notifier_survives_the_crash_of_a_backend() {
    let settings = [
        "shared_preload_libraries = 'zapgres'",
        "zap.databases = 'test_0'",
    ];
    let cluster = Cluster::start("backend_crash", &settings);
    let (database, s) = shop::open(&cluster).await;
    let first = listener(&database).await;
    until_there_is_a_notifier(&first, &s).await;
    let killed = Command::new("kill")
        .arg("-9")
        .arg(s.pid().to_string())
        .status();
    assert!(killed.expect("run kill").success());
    wait::until("every session has ended", async || first.is_closed()).await;
    wait::until("the server is up again", async || {
        database.is_reachable().await
    })
    .await;
    let s = database.session().await;
    let second = listener(&database).await;
    s.run("delete from pedidos; delete from zap.notification_queue")
        .await;
    until_there_is_a_notifier(&second, &s).await;
}
