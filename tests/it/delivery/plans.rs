//! However long the history, the daemon's statements read only what they need.

use std::time::Duration;

use super::stand::Stand;
use crate::cluster::plain;
use crate::wait;

/// Messages of the past, of the same channel.
const HISTORY: &str = "
    insert into zap.notification_queue (
        source_id, event, subject, dedup_key, tenant_id, channel_id, status, recipient, body,
        resolved_at, sent_at, expires_at, created_at, next_attempt_at, attempts
    )
    select s.id, s.event, 'old ' || n, s.event || ':old ' || n, '1', c.id, 'sent', '+5511987654321', 'x',
        now() - interval '1 day', now() - interval '1 day', now() - interval '18 hours',
        now() - interval '1 day', now() - interval '1 day', 1
    from zap.source as s, zap.channel as c, generate_series(1, 40000) as n";

/// How often the queue and its log have been read from end to end.
const FULL_READS: &str = "
    select sum(seq_scan) from pg_stat_user_tables
    where schemaname = 'zap' and relname in ('notification_queue', 'notification_logs')";

const READS_BY_INDEX: &str = "
    select idx_scan from pg_stat_user_tables where relid = 'zap.notification_queue'::regclass";

/// O1: intake, claims, completion and expiry find their rows by index.
#[tokio::test]
async fn the_daemon_does_not_read_the_history() {
    let stand = Stand::open(plain()).await;
    stand.session.run(HISTORY).await;
    stand
        .session
        .run("vacuum analyze zap.notification_queue")
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_accepted(1).await;
    stand.until_done().await;
    stand.session.run("select pg_stat_force_next_flush()").await;
    let full_before = stand.session.count(FULL_READS).await;
    let by_index_before = stand.session.count(READS_BY_INDEX).await;
    for key in 2..=40 {
        stand.place([key]).await;
        stand.until_accepted(key as usize).await;
    }
    wait::until("the statistics tell of it", async || {
        stand.session.count(READS_BY_INDEX).await >= by_index_before + 100
    })
    .await;
    // Those of the start are told late; one per order would be 39.
    let full = stand.session.count(FULL_READS).await - full_before;
    assert!(full < 10, "read {full} times from end to end");
}

/// Messages that wait for the channel, of several priorities.
const BACKLOG: &str = "
    insert into zap.notification_queue (
        event, subject, dedup_key, tenant_id, channel_id, recipient, body, resolved_at, expires_at, priority
    )
    select 'message', n::text, 'message:' || n, '1', c.id, '+55119' || (80000000 + n), n::text, now(),
        now() + interval '6 hours', n % 3
    from zap.channel as c, generate_series(1, 60000) as n";

/// Rows of the queue that have been fetched, by index or not.
const FETCHED: &str = "
    select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)
    from pg_stat_user_tables where relid = 'zap.notification_queue'::regclass";

/// Q1: a lane reads what it sends next, not what waits behind that; also right after an import, before any statistics.
#[tokio::test]
async fn a_lane_does_not_read_its_backlog() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("update zap.channel set rate_per_second = 50")
        .await;
    stand.session.run(BACKLOG).await;
    let arguments = ["--sweep-interval", "0", "--claim-batch", "50"];
    let daemon = crate::daemon::Daemon::start(&stand.database, &arguments);
    stand.until_accepted(100).await;
    stand.session.run("select pg_stat_force_next_flush()").await;
    let before = stand.session.count(FETCHED).await;
    stand.until_accepted(400).await;
    // What its sessions have counted is told when they end.
    assert!(daemon.terminate().await.success());
    stand.until_its_sessions_have_ended().await;
    let fetched = stand.session.count(FETCHED).await - before;
    assert!(fetched < 60_000, "{fetched} rows fetched to send 300");
}

/// Q1: nor does it read that before it begins.
#[tokio::test]
async fn a_lane_begins_without_reading_its_backlog() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("update zap.channel set rate_per_second = 50")
        .await;
    stand.session.run(BACKLOG).await;
    stand
        .session
        .run("vacuum analyze zap.notification_queue")
        .await;
    stand.session.run("select pg_stat_force_next_flush()").await;
    let before = stand.session.count(FETCHED).await;
    let arguments = ["--sweep-interval", "0", "--claim-batch", "50"];
    let daemon = crate::daemon::Daemon::start(&stand.database, &arguments);
    stand.until_accepted(20).await;
    assert!(daemon.terminate().await.success());
    stand.until_its_sessions_have_ended().await;
    let fetched = stand.session.count(FETCHED).await - before;
    assert!(fetched < 20_000, "{fetched} rows fetched to begin");
}

/// Q1: a lane that waits for its pace does not read again and again what it knows.
#[tokio::test]
async fn a_lane_that_has_to_wait_does_not_look_again_and_again() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("update zap.channel set rate_per_minute = 1")
        .await;
    stand.session.run(BACKLOG).await;
    let daemon = stand.daemon();
    daemon.until_it_says("ready").await;
    tokio::time::sleep(Duration::from_secs(8)).await;
    assert!(daemon.terminate().await.success());
    stand.until_its_sessions_have_ended().await;
    let read = "select idx_tup_read from pg_stat_user_indexes
         where indexrelid = 'zap.notification_queue_ready'::regclass";
    let read = stand.session.count(read).await;
    // Once 500 of each of three priorities, and a few each second to know that something is due.
    assert!(read < 4_000, "{read} entries read in 8 s");
}

/// O1: capture finds by index whether an order is new, also with a plan made while the table was empty.
#[tokio::test]
async fn capture_does_not_read_all_items() {
    let stand = Stand::open(plain()).await;
    stand.place(1..=10).await;
    let other = stand.database.session().await;
    other
        .run(
            "set zap.enabled = off;
             insert into pedidos (id, empresa_id) select n, 1 from generate_series(1000, 20000) as n;
             insert into pedido_itens (pedido_id, nome_produto, quantidade, valor_unitario)
             select n, 'X', 1, 1 from generate_series(1000, 20000) as n",
        )
        .await;
    let reads = async || {
        stand.session.run("select pg_stat_force_next_flush()").await;
        let query = "select seq_scan from pg_stat_user_tables where relname = 'pedido_itens'";
        stand.session.value(query).await
    };
    let before = reads().await;
    stand.place(20..=40).await;
    assert_eq!(reads().await, before);
}

/// Messages that were tried: given up, or held after a send without an answer.
const ATTEMPTED: &str = "
    insert into zap.notification_queue (
        source_id, event, subject, dedup_key, tenant_id, channel_id, status, reason, recipient, body,
        resolved_at, next_attempt_at, attempts, lease_epoch
    )
    select s.id, s.event, 'tried ' || n, s.event || ':tried ' || n, '1', c.id,
        case n % 2 when 0 then 'failed' else 'uncertain' end, 'held', '+5511987654321', 'x',
        now() - interval '1 day', 'infinity', 1, 0
    from zap.source as s, zap.channel as c, generate_series(1, 20000) as n";

/// Entries of the index of attempts that were read.
const READ_OF_ATTEMPTED: &str = "
    select idx_tup_read from pg_stat_user_indexes where indexrelname = 'notification_queue_attempted'";

/// O1: what is marked and completed is found by its key, however much was tried before; also with plans that were made
/// while nothing was.
#[tokio::test]
async fn marks_and_outcomes_do_not_read_all_attempts() {
    let stand = Stand::open(plain()).await;
    let _daemon = stand.daemon();
    for key in 1..=20 {
        stand.place([key]).await;
        stand.until_accepted(key as usize).await;
    }
    stand.session.run(ATTEMPTED).await;
    stand.session.run("analyze zap.notification_queue").await;
    let read = async || {
        stand.session.run("select pg_stat_force_next_flush()").await;
        stand.session.count(READ_OF_ATTEMPTED).await
    };
    let (before, by_index_before) = (read().await, stand.session.count(READS_BY_INDEX).await);
    for key in 21..=60 {
        stand.place([key]).await;
        stand.until_accepted(key as usize).await;
    }
    wait::until("the statistics tell of it", async || {
        stand.session.count(READS_BY_INDEX).await >= by_index_before + 100
    })
    .await;
    let read = read().await - before;
    // What is held is read by a look now and then, not for each of 40 messages: that would be 800,000.
    assert!(read < 200_000, "{read} entries read");
}

/// What is known of other numbers, and the approved texts of other companies.
const KNOWN: &str = "
    insert into zap.recipient_address (channel_id, kind, address, confirmed_address, expires_at)
    select c.id, 'phone', '+55219' || (80000000 + n), 'x', now() + interval '1 day'
    from zap.channel as c, generate_series(1, 20000) as n;
    insert into zap.recipient_alias (channel_id, alias, kind, address)
    select a.channel_id, a.address || '@lid', a.kind, a.address from zap.recipient_address as a;
    insert into zap.tenant (id) select 'other ' || n from generate_series(1, 20000) as n;
    insert into zap.provider_template (tenant_id, event, name)
    select 'other ' || n, 'order_received', 'pedido' from generate_series(1, 20000) as n";

/// Rows of these tables that have been read, by index or not.
const READ_OF_KNOWN: &str = "
    select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) from pg_stat_user_tables
    where schemaname = 'zap' and relname in ('recipient_address', 'recipient_alias', 'provider_template')";

/// O4: what is known of a number and the company's approved texts are found by key, however much is known of others.
#[tokio::test]
async fn what_is_known_of_others_is_not_read() {
    let stand = Stand::open(plain()).await;
    stand.session.run(KNOWN).await;
    stand
        .session
        .run(
            "analyze zap.recipient_address, zap.recipient_alias, zap.provider_template, zap.tenant",
        )
        .await;
    stand.session.run("select pg_stat_force_next_flush()").await;
    let before = stand.session.count(READ_OF_KNOWN).await;
    let daemon = stand.daemon();
    for key in 1..=40 {
        stand.place([key]).await;
        stand.until_accepted(key as usize).await;
    }
    stand.until_done().await;
    assert!(daemon.terminate().await.success());
    stand.until_its_sessions_have_ended().await;
    let read = stand.session.count(READ_OF_KNOWN).await - before;
    assert!((1..4_000).contains(&read), "{read} rows read to send 40");
}

/// Rows of a table that have been read, by index or not.
fn read_of(table: &str) -> String {
    format!(
        "select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) from pg_stat_user_tables
         where relid = 'zap.{table}'::regclass"
    )
}

/// Channels that nobody uses.
const OTHER_CHANNELS: &str = "
    insert into zap.channel (tenant_id, name, provider, base_url, instance, credential, enabled)
    select '1', 'other ' || n, 'evolution', 'http://127.0.0.1:1', 'x', 'env:SANDBOX_KEY', false
    from generate_series(1, 5000) as n;
    insert into zap.channel_health (channel_id, health_due_at)
    select c.id, now() - interval '1 day' from zap.channel as c where not c.enabled";

/// P3: the health of a channel is looked after without reading that of all others.
#[tokio::test]
async fn the_health_of_other_channels_is_not_read() {
    let stand = Stand::open(plain()).await;
    stand.session.run(OTHER_CHANNELS).await;
    let analyze = "analyze zap.channel, zap.channel_health";
    stand.session.run(analyze).await;
    stand.session.run("select pg_stat_force_next_flush()").await;
    let read = read_of("channel_health");
    let before = stand.session.count(&read).await;
    let channel = "select min(id) from zap.channel";
    let channel = stand.session.value(channel).await;
    let daemon = stand.daemon();
    let looked = format!("select checked_at from zap.channel_health where channel_id = {channel}");
    let look_now = format!(
        "update zap.channel_health set health_due_at = clock_timestamp() where channel_id = {channel}"
    );
    for _ in 0..5 {
        let former = stand.session.column(&looked).await;
        wait::until("it is looked at", async || {
            stand.session.run(&look_now).await;
            stand.session.column(&looked).await != former
        })
        .await;
    }
    assert!(daemon.terminate().await.success());
    stand.until_its_sessions_have_ended().await;
    let read = stand.session.count(&read).await - before;
    assert!((1..5_000).contains(&read), "{read} rows read for 5 looks");
}

/// What others have written, and what the customer of `shop::order` wrote long ago.
const WRITTEN: &str = "
    insert into zap.message_history
        (tenant_id, channel_id, direction, provider_message_id, chat_kind, chat, kind, at)
    select '1', c.id, 'in', 'wamid.' || n, 'phone',
        case when n % 10 = 0 then '+5511987654321' else '+55219' || (80000000 + n) end,
        'text', now() - interval '2 days'
    from zap.channel as c, generate_series(1, 20000) as n";

/// C1: whether a recipient has written is found by index, however much was written.
#[tokio::test]
async fn what_was_written_long_ago_is_not_read() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run(
            "update zap.channel set provider = 'meta', instance = '1060';
             insert into zap.provider_template (event, name, language) values ('order_received', 'hello_world', 'en_US')",
        )
        .await;
    stand.session.run(WRITTEN).await;
    stand.session.run("analyze zap.message_history").await;
    stand.session.run("select pg_stat_force_next_flush()").await;
    let read = read_of("message_history");
    let before = stand.session.count(&read).await;
    let daemon = stand.daemon();
    stand.place(1..=20).await;
    stand.until_done().await;
    assert_eq!(stand.provider.count().await, 20);
    assert!(daemon.terminate().await.success());
    stand.until_its_sessions_have_ended().await;
    let read = stand.session.count(&read).await - before;
    assert!(read < 2_000, "{read} rows read to send 20");
}
