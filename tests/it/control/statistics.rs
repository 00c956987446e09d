//! Statistics read what they need, however long the history.

use super::queue::{add, add_captured, open};
use crate::session::Session;

/// Messages of the past, of channel `first`.
const HISTORY: &str = "
    insert into zap.notification_queue (
        source_id, event, subject, dedup_key, tenant_id, channel_id, status, recipient, body, resolved_at, sent_at, attempts
    )
    select s.id, s.event, 'old ' || n, s.event || ':old ' || n, '1', c.id, 'sent', '+5511987654321', 'x', now(), now(), 1
    from zap.source as s, zap.channel as c, generate_series(1, 40000) as n
    where c.name = 'first'";

/// How often the queue has been read from end to end.
async fn full_reads(s: &Session) -> u64 {
    s.run("select pg_stat_force_next_flush()").await;
    s.count(
        "select seq_scan from pg_stat_user_tables where relid = 'zap.notification_queue'::regclass",
    )
    .await
}

/// Hygiene: neither overview nor list nor an action on what waits or failed reads the whole queue.
#[tokio::test]
async fn the_history_is_not_read() {
    let (_, s) = open().await;
    s.run(HISTORY).await;
    for (subject, status) in [
        ("1", "pending"),
        ("2", "retrying"),
        ("3", "failed"),
        ("4", "failed"),
        ("5", "processing"),
    ] {
        add(&s, subject, status).await;
    }
    add_captured(&s, "6").await;
    s.run("vacuum analyze zap.notification_queue").await;
    let before = full_reads(&s).await;
    for call in [
        "select count(*) from zap.overview()",
        "select count(*) from zap.channel_overview()",
        "select count(*) from zap.dead_letters",
        "select count(*) from zap.list_matching('{}')",
        r#"select count(*) from zap.list_matching('{"status": "pending"}')"#,
        "select zap.count_matching('{}', 'cancel')",
        "select zap.count_matching('{}', 'retry')",
        r#"select zap.count_matching('{"channel": "first", "error_class": "transient"}', 'retry')"#,
        "select zap.retry_matching('{}', 2, 30)",
        r#"select zap.cancel_matching('{"channel": "first"}', 4)"#,
    ] {
        s.run(call).await;
        assert_eq!(full_reads(&s).await, before, "{call}");
    }
    // The counter does count.
    s.run("select count(*) from zap.notification_queue where sent_at is null")
        .await;
    assert_eq!(full_reads(&s).await, before + 1);
}

/// Hygiene: what is few is counted exactly, what is many is told from the index's size.
#[tokio::test]
async fn the_overview_counts() {
    let (_, s) = open().await;
    for (subject, status) in [
        ("1", "pending"),
        ("2", "retrying"),
        ("3", "uncertain"),
        ("4", "failed"),
        ("5", "processing"),
    ] {
        add(&s, subject, status).await;
    }
    add_captured(&s, "6").await;
    let overview = "select measure, count, is_exact from zap.overview()";
    let rows = s.rows(overview).await;
    let counted = [
        ("captured", "1"),
        ("waiting", "3"),
        ("processing", "1"),
        ("retrying", "1"),
        ("uncertain", "1"),
        ("failed", "1"),
        ("missed", "0"),
    ];
    for (row, (measure, count)) in rows.iter().zip(counted) {
        assert_eq!(row[..], [measure, count, "t"]);
    }
    s.run(
        "insert into zap.notification_queue (event, subject, dedup_key)
         select 'e', n::text, n::text from generate_series(1, 10500) as n",
    )
    .await;
    s.run("vacuum analyze zap.notification_queue").await;
    let rows = s.rows(overview).await;
    assert_eq!(rows[0], ["captured", "10501", "f"]);
}

/// Hygiene: an operator sees of each channel who sends for it, whether it works, and since when something waits.
#[tokio::test]
async fn the_channels_overview() {
    let (_, s) = open().await;
    for (subject, priority, due) in [
        ("1", 0, "now() - interval '10 minutes'"),
        ("2", 5, "now() - interval '1 minute'"),
        ("3", 0, "'infinity'"),
    ] {
        let id = add(&s, subject, "pending").await;
        s.run(&format!(
            "update zap.notification_queue set priority = {priority}, next_attempt_at = {due} where id = {id}"
        ))
        .await;
    }
    s.run(
        "insert into zap.daemon (name, instance, lease_until, version)
         values ('host', gen_random_uuid(), now() + interval '1 minute', '0');
         insert into zap.channel_state (channel_id, lease_owner, breaker, breaker_opened_at, breaker_reason, sent_on, sent_count)
         select id, 'host', 'open', now(), 'channel_down: refused', (now() at time zone 'America/Sao_Paulo')::date, 7
         from zap.channel where name = 'first';
         select zap.pause_channel('second')",
    )
    .await;
    let overview = "select channel, paused_at is not null, daemon, breaker, sent_today, waiting, waiting_is_exact,
             round(extract(epoch from now() - oldest_due) / 60)
         from zap.channel_overview()";
    assert_eq!(
        s.rows(overview).await,
        [
            ["first", "f", "host", "open", "7", "3", "t", "10"],
            ["second", "t", "null", "closed", "null", "0", "t", "null"],
            ["other", "f", "null", "closed", "null", "0", "t", "null"],
        ]
    );
}
