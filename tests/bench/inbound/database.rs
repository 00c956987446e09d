//! The database, with messages that were sent.

use std::time::{Duration, Instant};

use tokio_postgres::{Client, Config, NoTls};

use crate::deliveries::NUMBER;

/// How long the daemon may take to read the last deliveries.
const PATIENCE: Duration = Duration::from_secs(60);

/// Creates the database `bench` with messages for so many receipts, two of each.
pub async fn create(socket: &str, receipts: u64) -> Client {
    let server = connect(socket, "postgres").await;
    run(&server, "create database bench").await;
    let client = connect(socket, "bench").await;
    run(
        &client,
        "set client_min_messages = warning; create extension zapgres",
    )
    .await;
    run(
        &client,
        &format!(
            "insert into zap.tenant (id) values ('1');
             insert into zap.installation (system_identifier, database_oid, data_directory)
             select * from zap.this_installation();
             insert into zap.channel (tenant_id, name, provider, base_url, instance, credential, secrets, enabled)
             values ('1', 'bench', 'meta', 'http://127.0.0.1:9', '{NUMBER}', 'env:BENCH_KEY',
                 '{{\"app_secret\": \"env:BENCH_KEY\"}}', false);
             with sent as (
                 insert into zap.notification_queue
                     (event, subject, dedup_key, tenant_id, channel_id, recipient, body, status, attempts, resolved_at,
                      processing_at, sent_at, provider_message_id, expires_at)
                 select 'message', g, 'message:' || g, '1', c.id, '+55119' || lpad(g::text, 8, '0'), 'x', 'sent', 1, now(),
                     now(), now(), 'wamid.' || g, now() + interval '6 hours'
                 from zap.channel as c, generate_series(0, {receipts} / 2 - 1) as g
                 returning id, channel_id, provider_message_id
             )
             insert into zap.sent_message (channel_id, provider_message_id, notification_id, attempt)
             select channel_id, provider_message_id, id, 1 from sent"
        ),
    )
    .await;
    run(&client, "vacuum analyze").await;
    client
}

/// A session.
async fn connect(socket: &str, database: &str) -> Client {
    let mut config = Config::new();
    config.host(socket).user("postgres").dbname(database);
    let (client, connection) = config
        .connect(NoTls)
        .await
        .expect("connect to the database");
    tokio::spawn(connection);
    client
}

async fn run(client: &Client, sql: &str) {
    let done = client.batch_execute(sql).await;
    done.unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
}

/// Waits until every delivery is read, and tells how long that took; panics when one is not.
pub async fn until_read(client: &Client) -> Duration {
    let left = "select count(*) from zap.inbound_event where processed_at is null";
    let begin = Instant::now();
    while count(client, left).await > 0 {
        assert!(
            begin.elapsed() < PATIENCE,
            "not all is read after {PATIENCE:?}"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    begin.elapsed()
}

async fn count(client: &Client, query: &str) -> i64 {
    client.query_one(query, &[]).await.expect(query).get(0)
}

/// The last delivery so far.
pub async fn last_event(client: &Client) -> i64 {
    count(client, "select coalesce(max(id), 0) from zap.inbound_event").await
}

/// Milliseconds from storing to reading of what came after that delivery: half, 99 of 100, all within.
pub async fn lag(client: &Client, after: i64) -> [f64; 3] {
    let query = "select p.values[1], p.values[2], p.values[3]
        from (
            select percentile_cont(array[0.5, 0.99, 1]) within group (
                order by extract(epoch from e.processed_at - e.received_at) * 1000
            ) as values
            from zap.inbound_event as e where e.id > $1
        ) as p";
    let row = client.query_one(query, &[&after]).await.expect(query);
    [row.get(0), row.get(1), row.get(2)]
}

/// Panics when something is not as so many receipts must have left it.
pub async fn verify(client: &Client, receipts: u64) {
    let receipts = i64::try_from(receipts).expect("a count");
    let stored = count(client, "select count(*) from zap.inbound_event").await;
    assert_eq!(stored, receipts, "stored");
    let read = "select count(*) from zap.notification_queue
        where status = 'read' and delivered_at is not null and read_at is not null";
    assert_eq!(
        2 * count(client, read).await,
        receipts,
        "delivered and read"
    );
    let logged = count(client, "select count(*) from zap.notification_logs").await;
    assert_eq!(logged, receipts, "in the log");
}
