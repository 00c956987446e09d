//! What waits for too long, and what keeps the queue from getting shorter.

use super::patient::Patient;

/// B4: nobody sends: an error where something waits, and a warning where nothing does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn that_nobody_is_at_work_is_told() {
    let patient = Patient::open().await;
    let due = "update zap.notification_queue set next_attempt_at = now()";
    patient.session.run(due).await;
    let found = patient.finding("error", "no daemon is at work, and messages wait");
    assert_eq!(found.remedy, "zapgres run");
    patient
        .session
        .run("delete from zap.notification_queue")
        .await;
    patient.finding("warning", "no daemon is at work");
    patient
        .session
        .run(
            "insert into zap.daemon (name, instance, lease_until, version)
             values ('velho', gen_random_uuid(), now() + interval '1 minute', '0.0.1')",
        )
        .await;
    patient.finding("warning", "as version 0.0.1; this program is");
    assert_eq!(patient.examine().with("no daemon is at work"), None);
}

/// B3: orders that capture left to the daemon.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missed_orders_are_counted() {
    let patient = Patient::open().await;
    patient
        .session
        .run(
            "insert into zap.missed (source_id, event, subject, first_item_known, reason, missed_at)
             values (1, 'order_received', '7', true, 'lock timeout', now() - interval '1 hour')",
        )
        .await;
    let found = patient.finding("warning", "1 orders could not be put into the queue since");
    assert!(found.what.ends_with(": lock timeout"), "{found:?}");
    patient
        .session
        .run("delete from zap.missed; set zap.enabled = off")
        .await;
    crate::shop::place(&patient.session, 2).await;
    let found = patient
        .examine()
        .with("transactions ran with zap.enabled = off")
        .expect("a gap");
    assert_eq!(found.severity, "info");
}

/// B4: what is stuck, held or failed is counted, by class.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_stuck_held_or_failed_is_counted() {
    let patient = Patient::open().await;
    for key in 2..=4 {
        crate::shop::place(&patient.session, key).await;
    }
    patient
        .session
        .run(
            "update zap.notification_queue set resolved_at = now(), tenant_id = 't';
             update zap.notification_queue set status = 'processing', processing_at = now() - interval '1 hour' where subject = '1';
             update zap.notification_queue set status = 'uncertain', reason = 'held', next_attempt_at = 'infinity' where subject = '2';
             update zap.notification_queue set status = 'failed', failed_at = now(), error_class = 'rejected', last_error = 'no'
             where subject = '3';
             update zap.notification_queue set status = 'failed', failed_at = now(), error_class = 'recipient_invalid'
             where subject = '4'",
        )
        .await;
    patient.finding("warning", "1 in flight for more than 10 minutes");
    let found = patient.finding("warning", "1 held after an attempt without an answer");
    assert_eq!(
        found.remedy,
        "zapgres queue retry --status uncertain --reason held"
    );
    let found = patient.finding("warning", "1 failed in the last day as rejected: no");
    assert_eq!(
        found.remedy,
        "zapgres queue retry --status failed --error-class rejected"
    );
    let found = patient
        .examine()
        .with("as recipient_invalid")
        .expect("a failure");
    assert_eq!(found.severity, "info");
    crate::daemon::succeed(
        &patient.database,
        &[
            "queue",
            "retry",
            "--status",
            "uncertain",
            "--reason",
            "held",
            "--yes",
        ],
    );
    assert_eq!(patient.examine().with("1 held after"), None);
}

/// B4: what has been due for long.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_overdue_is_told() {
    let patient = Patient::open().await;
    let due = "update zap.notification_queue set next_attempt_at = now() - interval '1 hour'";
    patient.session.run(due).await;
    patient.finding("warning", "order 1 has been due for a look since");
    patient
        .session
        .run("delete from zap.notification_queue")
        .await;
    assert!(patient.examine().with("nothing is overdue").is_some());
}

/// B9: whoever holds an old snapshot is named, and ended by what is said.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_snapshot_is_ended() {
    let patient = Patient::open().await;
    patient
        .session
        .run("insert into zap.setting (key, value) values ('alert.old_snapshot_seconds', '0.2')")
        .await;
    let holder = patient.database.session().await;
    holder
        .run("begin isolation level repeatable read; select count(*) from zap.notification_queue")
        .await;
    let name = format!("session {} (", holder.pid());
    crate::wait::until("the snapshot is old", async || {
        patient.examine().with(&name).is_some()
    })
    .await;
    let found = patient.finding("warning", &name);
    assert_eq!(
        found.remedy,
        format!("select pg_terminate_backend({});", holder.pid())
    );
    patient.session.run(&found.remedy).await;
    patient.until_silent(&name).await;
}

/// B9: a setting that cannot be used, and rows that nobody removes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retention_that_does_not_work_is_told() {
    let patient = Patient::open().await;
    patient
        .session
        .run("insert into zap.setting (key, value) values ('retention.logs_days', '\"viele\"')")
        .await;
    patient
        .mend("error", "retention.logs_days cannot be \"viele\"")
        .await;
    patient
        .session
        .run(
            "update zap.notification_queue
             set status = 'skipped', resolved_at = now(), skipped_at = now(), created_at = now() - interval '90 days'",
        )
        .await;
    patient.finding("warning", "old rows stay in the queue, the oldest since");
}
