//! Orders that capture could not enqueue are delivered when the obstacle is gone.

use std::collections::BTreeMap;

use super::stand::Stand;
use crate::captured::missed;
use crate::cluster::plain;

async fn each_arrives_once(stand: &Stand, orders: u32) {
    stand.until_accepted(orders as usize).await;
    stand.until_done().await;
    let expected: BTreeMap<u32, usize> = (1..=orders).map(|key| (key, 1)).collect();
    assert_eq!(stand.accepted().await, expected);
}

async fn assert_logged(stand: &Stand, key: u32) {
    let events = stand.events(key).await;
    assert!(events.contains(&"missed_drained".to_owned()), "{events:?}");
}

/// O2: the queue was locked.
#[tokio::test]
async fn an_order_missed_behind_a_lock_is_delivered() {
    let stand = Stand::open(plain()).await;
    let other = stand.database.session().await;
    other
        .run("begin; lock table zap.notification_queue in access exclusive mode")
        .await;
    stand.place([1, 2]).await;
    assert_eq!(missed(&stand.session).await, ["1", "2"]);
    let _daemon = stand.daemon();
    other.run("rollback").await;
    stand.place([3]).await;
    each_arrives_once(&stand, 3).await;
    assert_logged(&stand, 1).await;
}

/// O2: the queue was locked while the daemon was at work.
#[tokio::test]
async fn a_lock_under_the_daemon_loses_nothing() {
    let stand = Stand::open(plain()).await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_accepted(1).await;
    let other = stand.database.session().await;
    other
        .run("begin; lock table zap.notification_queue in access exclusive mode")
        .await;
    stand.place([2]).await;
    assert_eq!(missed(&stand.session).await, ["2"]);
    other.run("rollback").await;
    each_arrives_once(&stand, 2).await;
    assert_logged(&stand, 2).await;
}

/// O2: the queue was missing.
#[tokio::test]
async fn an_order_missed_without_a_queue_is_delivered() {
    let stand = Stand::open(plain()).await;
    let daemon = stand.daemon();
    daemon.until_it_says("ready").await;
    stand
        .session
        .run("alter table zap.notification_queue rename to away")
        .await;
    stand.place([1, 2]).await;
    stand
        .session
        .run("alter table zap.away rename to notification_queue")
        .await;
    stand.place([3]).await;
    each_arrives_once(&stand, 3).await;
    assert_logged(&stand, 1).await;
}

/// O2: the queue raised an error.
#[tokio::test]
async fn an_order_missed_by_an_error_is_delivered() {
    let stand = Stand::open(plain()).await;
    let _daemon = stand.daemon();
    stand
        .session
        .run(
            "create function refuse() returns trigger language plpgsql as
                 $$ begin raise exception 'not today'; end $$;
             create trigger refuse before insert on zap.notification_queue
                 for each row execute function refuse()",
        )
        .await;
    stand.place([1]).await;
    stand
        .session
        .run("drop trigger refuse on zap.notification_queue")
        .await;
    stand.place([2]).await;
    each_arrives_once(&stand, 2).await;
    assert_logged(&stand, 1).await;
}

/// O2: missed, and enqueued by somebody else as well: once all the same.
#[tokio::test]
async fn an_order_both_missed_and_queued_arrives_once() {
    let stand = Stand::open(plain()).await;
    stand.place([1]).await;
    stand
        .session
        .run(
            "insert into zap.missed (source_id, event, subject, first_item_known, reason)
             select source_id, event, subject, true, 'test' from zap.notification_queue, generate_series(1, 3)",
        )
        .await;
    let _daemon = stand.daemon();
    each_arrives_once(&stand, 1).await;
}
