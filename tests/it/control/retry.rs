//! `zap.retry` and the dead letters.

use super::queue::{add, add_captured, log, open, row, status};

/// O5: what was tried goes on trying, with new attempts and time, and keeps the number of its attempts: a late answer to
/// the last one must still find it.
#[tokio::test]
async fn what_failed_is_tried_again() {
    let (_, s) = open().await;
    s.run("update zap.source set max_attempts = 5, expires_after = '2 hours'")
        .await;
    let id = add(&s, "1", "failed").await;
    s.run("update zap.notification_queue set attempts = 8, metadata = '{\"unanswered\": 3, \"mine\": 1}'")
        .await;
    assert_eq!(s.count(&format!("select zap.retry({id})")).await, id);
    let now = "status, attempts, max_attempts, reason, error_class, last_error, failed_at, metadata,
         next_attempt_at <= now(), expires_at between now() + interval '119 minutes' and now() + interval '2 hours'";
    assert_eq!(
        row(&s, id, now).await,
        [
            "retrying",
            "8",
            "13",
            "null",
            "null",
            "null",
            "null",
            "{\"mine\": 1}",
            "t",
            "t"
        ]
    );
    assert_eq!(log(&s, id).await, [["requeued", "by postgres"]]);
}

/// O5: what was never tried waits for its first attempt.
#[tokio::test]
async fn what_was_never_tried_waits_again() {
    let (_, s) = open().await;
    for ended in ["expired", "skipped", "canceled"] {
        let id = add(&s, ended, ended).await;
        s.run(&format!("select zap.retry({id})")).await;
        let now = format!("status, reason, {ended}_at, resolved_at is not null, body");
        assert_eq!(
            row(&s, id, &now).await,
            ["pending", "null", "null", "t", "Oi"]
        );
    }
}

/// O5: what never had a text is looked at by intake, as if captured now.
#[tokio::test]
async fn what_has_no_message_goes_back_to_intake() {
    let (_, s) = open().await;
    let id = add_captured(&s, "1").await;
    s.run(&format!("select zap.cancel({id}); select zap.retry({id})"))
        .await;
    let now = "status, resolved_at, canceled_at, channel_id, scheduled_at between now() - interval '1 minute' and now()";
    assert_eq!(
        row(&s, id, now).await,
        ["pending", "null", "null", "null", "t"]
    );
}

/// B2: what is held after a send without an answer is sent again when a person says so, still marked as a possible repeat.
#[tokio::test]
async fn what_is_held_is_let_go() {
    let (_, s) = open().await;
    let hold = "update zap.notification_queue
         set reason = 'held', next_attempt_at = 'infinity', uncertain_at = now()";
    let now = "status, reason, next_attempt_at <= now(), uncertain_at is not null";
    let one = add(&s, "1", "uncertain").await;
    s.run(hold).await;
    s.run(&format!("select zap.retry({one})")).await;
    assert_eq!(row(&s, one, now).await, ["uncertain", "null", "t", "t"]);
    let two = add(&s, "2", "uncertain").await;
    s.run(&format!("{hold} where id = {two}")).await;
    let held = r#"select zap.retry_matching('{"reason": "held"}', 1)"#;
    assert_eq!(s.count(held).await, 1);
    assert_eq!(row(&s, two, now).await, ["uncertain", "null", "t", "t"]);
}

/// B2: what was left without an answer stays marked, and waits until a request on its way must have ended.
#[tokio::test]
async fn a_repeat_waits_for_the_request_before_it() {
    let (_, s) = open().await;
    let id = add(&s, "1", "uncertain").await;
    s.run("update zap.notification_queue set uncertain_at = now(), processing_at = now() - interval '10 seconds'")
        .await;
    s.run(&format!("select zap.cancel({id}); select zap.retry({id})"))
        .await;
    let now = "status, uncertain_at is not null,
         next_attempt_at - now() between interval '45 seconds' and interval '50 seconds'";
    assert_eq!(row(&s, id, now).await, ["retrying", "t", "t"]);
}

/// O7: it keeps its channel as long as that is enabled; then it takes the tenant's next, or waits for one.
#[tokio::test]
async fn a_channel_that_is_gone_is_replaced() {
    let (_, s) = open().await;
    let channel = "(select c.name from zap.channel as c where c.id = channel_id), reason";
    let retried = async |subject: &str| {
        let id = add(&s, subject, "failed").await;
        s.run(&format!("select zap.retry({id})")).await;
        row(&s, id, channel).await
    };
    s.run("select zap.pause_channel('first')").await;
    assert_eq!(retried("1").await, ["first", "null"]);
    s.run("update zap.channel set enabled = false where name = 'first'")
        .await;
    assert_eq!(retried("2").await, ["second", "null"]);
    s.run("update zap.channel set enabled = false").await;
    assert_eq!(retried("3").await, ["null", "no_channel"]);
}

/// O5: dead letters are taken up at a limited rate, in the order of capture, and expire later accordingly.
#[tokio::test]
async fn dead_letters_are_taken_up_at_a_rate() {
    let (_, s) = open().await;
    for subject in ["1", "2", "3", "4"] {
        add(&s, subject, "failed").await;
    }
    let filter = r#"{"status": "failed", "error_class": "transient"}"#;
    let retried = s
        .count(&format!("select zap.retry_matching('{filter}', 4, 30)"))
        .await;
    assert_eq!(retried, 4);
    let pauses = "select extract(epoch from next_attempt_at - lag(next_attempt_at, 1, next_attempt_at) over (order by id))::integer
         from zap.notification_queue order by id";
    assert_eq!(s.column(pauses).await, ["0", "2", "2", "2"]);
    let lifetimes = "select distinct expires_at - next_attempt_at from zap.notification_queue";
    assert_eq!(s.column(lifetimes).await, ["06:00:00"]);
    // A channel that recovers hastens what it failed on: not these.
    let classes = "select count(*) from zap.notification_queue where error_class is not null";
    assert_eq!(s.count(classes).await, 0);
}

/// O5: dead letters are listed by cause.
#[tokio::test]
async fn dead_letters_are_grouped_by_cause() {
    let (_, s) = open().await;
    for (subject, status) in [
        ("1", "failed"),
        ("2", "failed"),
        ("3", "failed"),
        ("4", "retrying"),
    ] {
        add(&s, subject, status).await;
    }
    s.run(
        "update zap.notification_queue set error_class = 'rejected', last_error = 'no such template'
         where subject = '3'",
    )
    .await;
    let causes = "select tenant_id, channel, error_class, error, count from zap.dead_letters order by count desc";
    assert_eq!(
        s.rows(causes).await,
        [
            ["1", "first", "transient", "boom", "2"],
            ["1", "first", "rejected", "no such template", "1"],
        ]
    );
    let id = add(&s, "5", "failed").await;
    s.run(&format!("select zap.retry({id})")).await;
    assert_eq!(status(&s, id).await, "retrying");
    assert_eq!(
        s.value("select sum(count) from zap.dead_letters").await,
        "3"
    );
}
