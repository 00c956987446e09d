//! Old rows leave in batches, and whoever keeps the server from clearing away dead ones is named.

use super::stand::Stand;
use crate::cluster::plain;
use crate::wait;

/// More than two batches of messages, captured 31 days ago: every hundredth waits, every hundred and first was sent only
/// yesterday. Then as many log rows of 91 days ago.
const OLD: &str = "
    insert into zap.notification_queue (
        source_id, event, subject, dedup_key, tenant_id, channel_id, status, recipient, body,
        resolved_at, sent_at, created_at, next_attempt_at
    )
    select s.id, s.event, 'old ' || n, s.event || ':old ' || n, '1', null,
        case when n % 100 = 0 then 'pending' else 'sent' end, '+5511987654321', 'x', now() - interval '31 days',
        case when n % 100 = 1 then now() - interval '1 day' when n % 100 > 1 then now() - interval '31 days' end,
        now() - interval '31 days', 'infinity'
    from zap.source as s, generate_series(1, 2500) as n;
    insert into zap.notification_logs (notification_id, level, event, code, logged_at)
    select n, 'info', 'captured', 'captured', now() - interval '91 days' from generate_series(1, 2500) as n;
    insert into zap.notification_logs (notification_id, level, event, code, logged_at)
    values (1, 'success', 'sent', 'sent', now() - interval '89 days')";

const QUEUE: &str = "select count(*) from zap.notification_queue";
const LOGS: &str =
    "select count(*) from zap.notification_logs where logged_at < now() - interval '1 day'";

async fn until_count(stand: &Stand, query: &str, count: u64) {
    wait::until(&format!("{query} is {count}"), async || {
        stand.session.count(query).await == count
    })
    .await;
}

/// T9: final rows leave after 30 days, log rows after 90; what waits stays, and what ended lately.
#[tokio::test]
async fn old_rows_leave() {
    let stand = Stand::open(plain()).await;
    stand.session.run(OLD).await;
    let _daemon = stand.daemon();
    until_count(&stand, QUEUE, 50).await;
    until_count(&stand, LOGS, 1).await;
    let waiting = "select count(*) from zap.notification_queue where status = 'pending'";
    assert_eq!(stand.session.count(waiting).await, 25);
}

/// O4: what a provider said of a number leaves a month after it has expired, and names that it does not use any more after
/// a year.
#[tokio::test]
async fn what_was_said_of_numbers_leaves() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run(
            "insert into zap.recipient_address (channel_id, kind, address, confirmed_address, expires_at)
             select c.id, 'phone', '+551198765' || lpad(n::text, 4, '0'), 'x',
                 now() - case when n = 1 then interval '29 days' else interval '31 days' end
             from zap.channel as c, generate_series(1, 1500) as n;
             insert into zap.recipient_alias (channel_id, alias, kind, address, seen_at)
             select c.id, 'alias ' || n, 'phone', '+5511987650001',
                 now() - case when n = 1 then interval '364 days' else interval '366 days' end
             from zap.channel as c, generate_series(1, 1500) as n",
        )
        .await;
    let _daemon = stand.daemon();
    until_count(&stand, "select count(*) from zap.recipient_address", 1).await;
    until_count(&stand, "select count(*) from zap.recipient_alias", 1).await;
}

/// T9: each transaction removes a batch, so that none is long.
#[tokio::test]
async fn old_rows_leave_in_small_batches() {
    let stand = Stand::open(plain()).await;
    stand.session.run(OLD).await;
    // One row per statement that removes something.
    let count = "
        create table public.removed (rows bigint);
        create function public.note() returns trigger language plpgsql as
        $$begin insert into public.removed select count(*) from gone; return null; end$$;
        create trigger note after delete on zap.notification_queue referencing old table as gone
        for each statement execute function public.note()";
    stand.session.run(count).await;
    let _daemon = stand.daemon();
    until_count(&stand, QUEUE, 50).await;
    let largest = "select max(rows) from removed";
    assert_eq!(stand.session.count(largest).await, 980);
}

/// T9: the days are an operator's to choose, but a row stays as long as its order could be announced again.
#[tokio::test]
async fn settings_say_how_long_rows_stay() {
    let stand = Stand::open(plain()).await;
    stand.session.run(OLD).await;
    let settings = "
        insert into zap.setting (key, value) values ('retention.queue_days', '1'), ('retention.logs_days', '1');
        update zap.source set max_age = '90 days'";
    stand.session.run(settings).await;
    let _daemon = stand.daemon();
    until_count(&stand, LOGS, 0).await;
    assert_eq!(stand.session.count(QUEUE).await, 2500);
}

/// T9: one warning names the session that holds an old snapshot, and nothing of its query.
#[tokio::test]
async fn a_held_snapshot_is_named() {
    let stand = Stand::open(plain()).await;
    let limit = "insert into zap.setting (key, value) values ('alert.old_snapshot_seconds', '0.5')";
    stand.session.run(limit).await;
    let holder = stand.database.session().await;
    let hold = "set application_name = 'the report'; begin isolation level repeatable read; select 'secret'";
    holder.run(hold).await;
    let age = "select count(*) from pg_stat_activity
         where application_name = 'the report' and xact_start < clock_timestamp() - interval '1 second'";
    until_count(&stand, age, 1).await;
    let daemon = stand.daemon();
    let said = format!("session {}", holder.pid());
    daemon.until_it_says(&said).await;
    let log = daemon.log();
    let lines: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("an old snapshot"))
        .collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert!(
        lines[0].contains("the report") && lines[0].contains(&said),
        "{log}"
    );
    assert!(!log.contains("secret"), "{log}");
}
