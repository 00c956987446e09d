//! Several daemons on one database: they share the channels, take over from one another, and never send beside each other.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;

use super::stand::Stand;
use crate::cluster::plain;
use crate::daemon::{Daemon, zapgres};
use crate::shop;
use crate::wait;

/// Sharing anew takes an announcement and a look, not a lease, which is a minute.
const SOON: Duration = Duration::from_secs(15);

fn start(stand: &Stand, name: &str, arguments: &[&str]) -> Daemon {
    let common = ["--name", name, "--sweep-interval", "0"];
    Daemon::start(&stand.database, &[&common, arguments].concat())
}

/// A member of the fleet.
fn member(stand: &Stand, name: &str) -> Daemon {
    start(stand, name, &[])
}

/// A member whose lease is as short as it may be for requests that end in time on a busy machine.
fn mortal(stand: &Stand, name: &str) -> Daemon {
    start(stand, name, &["--lease", "15s", "--send-timeout", "10s"])
}

/// Gives this many companies a channel each.
async fn companies(stand: &Stand, count: u32) {
    for company in 2..=count {
        let insert = "insert into empresas values";
        stand
            .session
            .run(&format!(
                "{insert} ({company}, 'Loja {company}') on conflict do nothing"
            ))
            .await;
        stand.add_channel(&company.to_string()).await;
    }
}

/// Places orders of all companies by turns, each of a customer of its own: one is never sent two messages at a time.
async fn place(stand: &Stand, keys: impl IntoIterator<Item = u32>, companies: u32) {
    let mut statements = String::new();
    for key in keys {
        let company = key % companies + 1;
        let order = shop::order(key)
            .replace(&format!("({key}, 1,"), &format!("({key}, {company},"))
            .replace("98765-4321", &format!("98765-{key:04}"));
        statements += &format!("begin; {order}{} commit;", shop::item(key));
    }
    stand.session.run(&statements).await;
}

/// How many channels each daemon at work holds.
async fn shares(stand: &Stand) -> BTreeMap<String, String> {
    let shares = "select d.name, count(s.channel_id) from zap.daemon as d
         left join zap.channel_state as s on s.lease_owner = d.name group by 1";
    let rows = stand.session.rows(shares).await.into_iter();
    rows.map(|mut row| (row.remove(0), row.remove(0))).collect()
}

/// Waits until daemons hold as many channels each, and all of them.
async fn until_shared(stand: &Stand, expected: &[(&str, u32)]) {
    until_shares(stand, wait::PATIENCE, expected).await;
}

/// The same within a limit.
async fn until_shares(stand: &Stand, limit: Duration, expected: &[(&str, u32)]) {
    let expected: BTreeMap<String, String> = expected
        .iter()
        .map(|(name, count)| ((*name).to_owned(), count.to_string()))
        .collect();
    let shared = async || shares(stand).await == expected;
    if !wait::holds_within(limit, shared).await {
        panic!("{:?}, not {expected:?}", shares(stand).await);
    }
}

fn once_each(keys: impl IntoIterator<Item = u32>) -> BTreeMap<u32, usize> {
    keys.into_iter().map(|key| (key, 1)).collect()
}

/// Every order arrived, and what arrived more often is marked as a possible repeat.
async fn assert_complete(stand: &Stand, orders: u32) {
    stand.until_accepted(orders as usize).await;
    stand.until_done().await;
    let flagged = "select subject from zap.notification_queue where uncertain_at is not null";
    let flagged = stand.session.column(flagged).await;
    for (order, times) in stand.accepted().await {
        assert!(
            times == 1 || flagged.contains(&order.to_string()),
            "order {order} arrived {times} times, not flagged"
        );
    }
}

/// B9: daemons join and leave freely, share the channels evenly, and nothing is lost or repeated on the way.
#[tokio::test]
async fn daemons_share_channels_evenly_and_join_and_leave_freely() {
    let stand = Stand::open(plain()).await;
    companies(&stand, 7).await;
    let _a = member(&stand, "a");
    until_shared(&stand, &[("a", 7)]).await;
    let b = member(&stand, "b");
    let _c = member(&stand, "c");
    place(&stand, 1..=70, 7).await;
    until_shared(&stand, &[("a", 3), ("b", 2), ("c", 2)]).await;
    place(&stand, 71..=140, 7).await;
    assert!(b.terminate().await.success());
    until_shares(&stand, SOON, &[("a", 4), ("c", 3)]).await;
    place(&stand, 141..=210, 7).await;
    let d = member(&stand, "d");
    until_shared(&stand, &[("a", 3), ("c", 2), ("d", 2)]).await;
    place(&stand, 211..=280, 7).await;
    stand.until_accepted(280).await;
    stand.until_done().await;
    assert_eq!(stand.accepted().await, once_each(1..=280));
    assert!(d.terminate().await.success());
}

/// B9: a new channel, and one that is enabled again, is somebody's soon; one that is disabled is nobody's.
#[tokio::test]
async fn channels_come_and_go() {
    let stand = Stand::open(plain()).await;
    let _a = member(&stand, "a");
    let _b = member(&stand, "b");
    until_shared(&stand, &[("a", 1), ("b", 0)]).await;
    companies(&stand, 2).await;
    until_shares(&stand, SOON, &[("a", 1), ("b", 1)]).await;
    stand
        .session
        .run("update zap.channel set enabled = false where tenant_id = '1'")
        .await;
    until_shares(&stand, SOON, &[("a", 1), ("b", 0)]).await;
    place(&stand, [1], 2).await;
    stand.until_accepted(1).await;
}

/// B9: what one daemon makes ready for a channel of another one is announced, and does not wait for a timer.
#[tokio::test]
async fn what_is_made_ready_for_another_daemon_is_sent_at_once() {
    let stand = Stand::open(plain()).await;
    companies(&stand, 2).await;
    let slow = ["--poll-interval", "1h", "--sweep-interval", "0"];
    let named = |name| Daemon::start(&stand.database, &[&["--name", name], &slow[..]].concat());
    let (_a, _b) = (named("a"), named("b"));
    until_shared(&stand, &[("a", 1), ("b", 1)]).await;
    // Whoever is not told looks an hour later.
    for round in 0..10 {
        place(&stand, [2 * round + 1, 2 * round + 2], 2).await;
        stand.until_accepted(2 * round as usize + 2).await;
    }
}

/// T9: the channels of a daemon that was killed are taken over when its lease has run out, and not before.
#[tokio::test]
async fn channels_of_a_killed_daemon_are_taken_over_after_its_lease() {
    let stand = Stand::open(plain()).await;
    companies(&stand, 4).await;
    let _a = mortal(&stand, "a");
    let b = mortal(&stand, "b");
    until_shared(&stand, &[("a", 2), ("b", 2)]).await;
    stand
        .provider
        .order_faults(&json!({"kind": "delay", "ms": 40}))
        .await;
    place(&stand, 1..=120, 4).await;
    stand.until_accepted(10).await;
    let last_sign = "select extract(epoch from lease_until - clock_timestamp()) from zap.daemon where name = 'b'";
    b.kill();
    let killed = Instant::now();
    let left: f64 = stand
        .session
        .value(last_sign)
        .await
        .parse()
        .expect("seconds");
    until_shared(&stand, &[("a", 4)]).await;
    let took = killed.elapsed().as_secs_f64();
    assert!(took > left - 0.5, "after {took} s, {left} s were left");
    assert_complete(&stand, 120).await;
}

/// T9: a daemon that froze with work before it, and wakes when its lease is over, sends nothing beside its successor.
#[tokio::test]
async fn a_daemon_that_wakes_after_its_lease_sends_nothing_beside_its_successor() {
    let stand = Stand::open(plain()).await;
    stand
        .provider
        .order_faults(&json!({"kind": "delay", "ms": 150}))
        .await;
    let frozen = mortal(&stand, "a");
    until_shared(&stand, &[("a", 1)]).await;
    let _b = mortal(&stand, "b");
    until_shared(&stand, &[("a", 1), ("b", 0)]).await;
    place(&stand, 1..=1000, 1).await;
    stand.until_accepted(20).await;
    frozen.signal("STOP");
    until_shared(&stand, &[("b", 1)]).await;
    let epoch = stand
        .session
        .value("select lease_epoch from zap.channel_state")
        .await;
    let accepted = stand.accepted().await.len();
    stand.until_accepted(accepted + 30).await;
    frozen.signal("CONT");
    frozen.until_it_says("beginning anew").await;
    stand.until_accepted(1000).await;
    stand.until_done().await;
    let repeated = "select count(*) from zap.notification_queue
         where subject::int <= 1000 and attempts > 1 and uncertain_at is null";
    assert_eq!(stand.session.count(repeated).await, 0);
    let in_doubt = "select count(*) from zap.notification_queue where uncertain_at is not null";
    assert!(stand.session.count(in_doubt).await <= 10);
    assert_complete(&stand, 1000).await;
    // What was marked under the first epoch was marked before the freeze.
    let late = format!(
        "select count(*) from zap.notification_queue as q, zap.channel_state as s
         where q.lease_epoch < {epoch} and q.processing_at > s.leased_at"
    );
    assert_eq!(stand.session.count(&late).await, 0);
}

/// B2, B9: a kill in the middle of a paced backlog leaves in doubt no more than what was in flight.
#[tokio::test]
async fn a_kill_in_a_paced_backlog_leaves_only_what_was_in_flight_in_doubt() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("update zap.channel set rate_per_second = 3")
        .await;
    stand
        .provider
        .order_faults(&json!({"kind": "delay", "ms": 150}))
        .await;
    let daemon = mortal(&stand, "a");
    place(&stand, 1..=100, 1).await;
    stand.until_accepted(20).await;
    daemon.kill();
    stand.until_its_sessions_have_ended().await;
    let in_flight = "select count(*) from zap.notification_queue where status = 'processing'";
    let in_flight = stand.session.count(in_flight).await;
    assert!(in_flight <= 10, "{in_flight} in flight");
    let untouched =
        "select count(*) from zap.notification_queue where status = 'pending' and attempts = 0";
    assert!(stand.session.count(untouched).await >= 50);
    stand
        .session
        .run("update zap.channel set rate_per_second = null")
        .await;
    let _again = mortal(&stand, "a");
    assert_complete(&stand, 100).await;
    let in_doubt = "select count(*) from zap.notification_queue where uncertain_at is not null";
    assert!(stand.session.count(in_doubt).await <= in_flight);
}

/// Bad input: a lease shorter than a request may take: one line, and nothing is changed.
#[tokio::test]
async fn a_lease_shorter_than_the_send_timeout_is_refused() {
    let stand = Stand::open(plain()).await;
    let url = stand.database.url("postgres");
    let output = zapgres(&["run", "--lease", "20s", "--database-url", &url])
        .output()
        .expect("run zapgres");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    assert!(said.contains("lease is 20s; give it from 25s"), "{said}");
    assert_eq!(
        stand.session.count("select count(*) from zap.daemon").await,
        0
    );
}

/// T9: a daemon that is started anew takes its channels back at once: its predecessor's session is gone.
#[tokio::test]
async fn a_successor_of_the_same_name_does_not_wait_for_the_lease() {
    let stand = Stand::open(plain()).await;
    let minute = ["--name", "a", "--lease", "1h", "--sweep-interval", "0"];
    let first = Daemon::start(&stand.database, &minute);
    stand.place([1]).await;
    stand.until_done().await;
    first.kill();
    stand.until_its_sessions_have_ended().await;
    let _second = Daemon::start(&stand.database, &minute);
    stand.place([2]).await;
    stand.until_accepted(2).await;
}
