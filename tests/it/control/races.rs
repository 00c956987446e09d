//! Actions that meet a lane's mark or a completion: each happens wholly or is refused.

use super::queue::{add, everything, open, row, status};
use crate::session::Session;
use crate::wait;

/// What a lane does when it is about to send.
const MARK: &str = "update zap.notification_queue
     set status = 'processing', attempts = attempts + 1, processing_at = clock_timestamp()";

/// Waits until that backend waits for a lock.
pub async fn until_it_waits(observer: &Session, pid: i32) {
    let waits = format!("select count(*) from pg_locks where pid = {pid} and not granted");
    wait::until("it waits for a lock", async || {
        observer.count(&waits).await > 0
    })
    .await;
}

/// Q1, B2: a cancellation that meets a mark waits for it: refused when the mark commits, done when it does not.
#[tokio::test]
async fn a_cancellation_meets_a_mark() {
    let (database, s) = open().await;
    let lane = database.session().await;
    for (end, canceled) in [("commit", false), ("rollback", true)] {
        let id = add(&s, end, "pending").await;
        lane.run(&format!("begin; {MARK} where id = {id}")).await;
        let cancel = format!("select zap.cancel({id})");
        let canceling = s.attempt(&cancel);
        let finish = async {
            until_it_waits(&lane, s.pid()).await;
            lane.run(end).await;
        };
        let (result, ()) = tokio::join!(canceling, finish);
        match result {
            Ok(()) => assert!(canceled, "canceled though it is in flight"),
            Err(error) => assert!(!canceled && error.code().code() == "55000", "{error:?}"),
        }
        let expected = if canceled { "canceled" } else { "processing" };
        assert_eq!(status(&s, id).await, expected);
    }
}

/// Q1: a mark that meets a cancellation passes the row over, and afterwards it is not to be sent.
#[tokio::test]
async fn a_mark_meets_a_cancellation() {
    let (database, s) = open().await;
    let id = add(&s, "1", "pending").await;
    let lane = database.session().await;
    s.run(&format!("begin; select zap.cancel({id})")).await;
    let wanted = format!(
        "select count(*) from (
             select from zap.notification_queue where id = {id} and status = 'pending' for update skip locked
         ) as wanted"
    );
    assert_eq!(lane.count(&wanted).await, 0);
    s.run("commit").await;
    assert_eq!(lane.count(&wanted).await, 0);
    assert_eq!(status(&s, id).await, "canceled");
}

/// Q1: when one of many is taken just then, the count has changed, and none is canceled.
#[tokio::test]
async fn a_cancellation_of_many_meets_a_mark() {
    let (database, s) = open().await;
    let lane = database.session().await;
    let mut ids = Vec::new();
    for subject in ["1", "2", "3"] {
        ids.push(add(&s, subject, "pending").await);
    }
    lane.run(&format!("begin; {MARK} where id = {}", ids[1]))
        .await;
    let canceling = s.attempt("select zap.cancel_matching('{}', 3)");
    let finish = async {
        until_it_waits(&lane, s.pid()).await;
        lane.run("commit").await;
    };
    let (result, ()) = tokio::join!(canceling, finish);
    let error = result.expect_err("canceled though one is in flight");
    assert_eq!(
        (error.code().code(), error.detail()),
        ("55000", Some("2")),
        "{error:?}"
    );
    let waiting = "select count(*) from zap.notification_queue where status = 'pending'";
    assert_eq!(s.count(waiting).await, 2);
    assert_eq!(s.count("select zap.cancel_matching('{}', 2)").await, 2);
}

/// B2: a retry that meets the late answer of the last attempt does not undo it.
#[tokio::test]
async fn a_retry_meets_a_late_answer() {
    let (database, s) = open().await;
    let id = add(&s, "1", "failed").await;
    let completer = database.session().await;
    completer
        .run(&format!(
            "begin; update zap.notification_queue set status = 'sent' where id = {id}"
        ))
        .await;
    let retry = format!("select zap.retry({id})");
    let retrying = s.attempt(&retry);
    let finish = async {
        until_it_waits(&completer, s.pid()).await;
        completer.run("commit").await;
    };
    let (result, ()) = tokio::join!(retrying, finish);
    let error = result.expect_err("retried though it was sent");
    assert_eq!(error.code().code(), "55000", "{error:?}");
    assert_eq!(status(&s, id).await, "sent");
}

/// Q1: two persons who retry or cancel the same do it once.
#[tokio::test]
async fn two_persons_do_it_once() {
    let (database, s) = open().await;
    let other = database.session().await;
    for (action, from) in [("retry", "failed"), ("cancel", "pending")] {
        let id = add(&s, action, from).await;
        let call = format!("select zap.{action}({id})");
        other.run(&format!("begin; {call}")).await;
        let finish = async {
            until_it_waits(&other, s.pid()).await;
            other.run("commit").await;
        };
        let (result, ()) = tokio::join!(s.attempt(&call), finish);
        let error = result.expect_err("done twice");
        assert_eq!(error.code().code(), "55000", "{error:?}");
        let logged =
            format!("select count(*) from zap.notification_logs where notification_id = {id}");
        assert_eq!(s.count(&logged).await, 1);
    }
}

/// Q1: two persons who repeat the same get two notifications.
#[tokio::test]
async fn two_persons_repeat_it_twice() {
    let (database, s) = open().await;
    let id = add(&s, "1", "sent").await;
    let call = format!("select zap.resend({id})");
    let other = database.session().await;
    other.run(&format!("begin; {call}")).await;
    let finish = async {
        until_it_waits(&other, s.pid()).await;
        other.run("commit").await;
    };
    let (result, ()) = tokio::join!(s.attempt(&call), finish);
    result.expect("the second repeat");
    let keys =
        "select dedup_key from zap.notification_queue where resend_of is not null order by 1";
    assert_eq!(
        s.column(keys).await,
        ["order_received:1:resend:1", "order_received:1:resend:2"]
    );
}

/// Q1: an action that is rolled back, or whose session ends, leaves nothing.
#[tokio::test]
async fn what_is_rolled_back_never_was() {
    let (_, s) = open().await;
    let pending = add(&s, "1", "pending").await;
    let failed = add(&s, "2", "failed").await;
    let sent = add(&s, "3", "sent").await;
    let before = everything(&s).await;
    s.run(&format!(
        "begin; select zap.cancel({pending}); select zap.retry({failed}); select zap.resend({sent}); rollback"
    ))
    .await
    ;
    assert_eq!(everything(&s).await, before);
    assert_eq!(row(&s, pending, "status").await, ["pending"]);
}
