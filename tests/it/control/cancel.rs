//! `zap.cancel`.

use super::queue::{add, add_captured, log, open, row, status};

/// Q1: what waits is withdrawn, and the log says by whom.
#[tokio::test]
async fn what_waits_is_canceled() {
    let (_, s) = open().await;
    for waiting in ["pending", "retrying", "uncertain"] {
        let id = add(&s, waiting, waiting).await;
        let canceled = s.count(&format!("select zap.cancel({id})")).await;
        assert_eq!(canceled, id);
        assert_eq!(
            row(&s, id, "status, reason, canceled_at is not null").await,
            ["canceled", "canceled", "t"]
        );
        assert_eq!(log(&s, id).await, [["canceled", "by postgres"]]);
    }
}

/// Q1: also what nobody has looked at yet; intake then leaves it alone.
#[tokio::test]
async fn what_is_only_captured_is_canceled() {
    let (_, s) = open().await;
    let id = add_captured(&s, "1").await;
    s.run(&format!("select zap.cancel({id})")).await;
    assert_eq!(
        row(&s, id, "status, resolved_at is not null").await,
        ["canceled", "t"]
    );
}

/// Q1: by filter, nothing else than what matches and waits.
#[tokio::test]
async fn what_matches_is_canceled() {
    let (_, s) = open().await;
    let matching = add(&s, "1", "pending").await;
    let captured = add_captured(&s, "2").await;
    let sent = add(&s, "3", "sent").await;
    let in_flight = add(&s, "4", "processing").await;
    let other = add(&s, "5", "retrying").await;
    s.run(&format!(
        "update zap.notification_queue set tenant_id = '2' where id = {other}"
    ))
    .await;
    let canceled = s
        .count(r#"select zap.cancel_matching('{"tenant": "1"}', 1)"#)
        .await;
    assert_eq!(canceled, 1);
    assert_eq!(status(&s, matching).await, "canceled");
    let untouched = [
        (captured, "pending"),
        (sent, "sent"),
        (in_flight, "processing"),
        (other, "retrying"),
    ];
    for (id, before) in untouched {
        assert_eq!(status(&s, id).await, before);
    }
    assert_eq!(s.count("select zap.cancel_matching('{}', 2)").await, 2);
    assert_eq!(status(&s, captured).await, "canceled");
}
