//! The order database: eight companies with a channel each, and what waits or waited in the queue.

use std::time::Duration;

use tokio_postgres::{Client, Config, NoTls};

use crate::environment::Start;

/// The tables that all benchmarks write to.
const TABLES: &str = include_str!("../../../bench/tables.sql");

/// Companies, and channels without limits.
pub const CHANNELS: i64 = 8;

/// The provider's name of the channel with a limit, whose messages are not counted.
pub const PACED_INSTANCE: &str = "bench_9";

/// Each order has a customer of its own, so that the number tells which order a message is about.
const ATTACH: &str = "
    set client_min_messages = warning;
    create extension zapgres;
    select zap.detach('public.pedido_itens');
    select zap.attach('public.pedido_itens', settle => '0', context_query => $query$
        select o.id::text as subject, o.empresa_id::text as tenant, '+55119' || lpad(o.id::text, 8, '0') as recipient,
            o.created_at, jsonb_build_object(
                'order', jsonb_build_object('id', o.id::text, 'number', o.id::text, 'total', o.total::text),
                'customer', jsonb_build_object('name', c.nome),
                'company', jsonb_build_object('name', 'Loja'),
                'items', (
                    select jsonb_agg(jsonb_build_object(
                        'name', i.produto, 'quantity', i.quantidade::text, 'price', i.preco::text
                    ) order by i.id)
                    from public.pedido_itens as i where i.pedido_id = o.id
                )
            ) as context
        from public.pedidos as o
        inner join public.clientes as c on c.id = o.cliente_id
        where o.id = any ($1::bigint [])
    $query$)";

/// Channels 1 to 8 without limits; channel 9 of company 9 may send once a minute.
const CHANNEL_ROWS: &str = "
    insert into zap.tenant (id) select n::text from generate_series(1, 9) as n;
    insert into zap.channel
        (id, tenant_id, name, provider, base_url, instance, credential, delay_min, delay_max, rate_per_minute)
    select n, n::text, 'bench_' || n, 'evolution', $url, 'bench_' || n, 'env:BENCH_KEY', '0', '0',
        case when n = 9 then 1 end
    from generate_series(1, 9) as n";

/// Resolved rows with a text. `$channel` says whose: an SQL expression over `n`.
const RESOLVED: &str = "
    insert into zap.notification_queue (
        source_id, event, subject, dedup_key, public_id, tenant_id, channel_id, recipient, body, template_version,
        context_hash, max_attempts, status, attempts, created_at, next_attempt_at, expires_at, resolved_at, sent_at
    )
    select s.id, s.event, $what || n, s.event || ':' || $what || n, gen_random_uuid(), ($channel)::text, $channel,
        '+55219' || lpad(n::text, 8, '0'),
        'Olá, Maria! Recebemos seu pedido nº ' || n || ' na Loja: 1x X-Burger. Total: R$ 42,50. Avisaremos quando sair.',
        'builtin', 'abcdef0123456789', 8, $status, $attempts, made.at, made.at,
        made.at + interval '10 days', made.at, $sent_at
    from zap.source as s, generate_series($first::bigint, $last::bigint) as n,
        lateral (select now() - interval '1 hour' + n * interval '1 microsecond' as at) as made";

/// Creates a database in this state and returns how to reach it. Messages go to `provider_url`.
pub async fn create(socket: &str, name: &str, start: Start, provider_url: &str) -> Config {
    let server = connect(&at(socket, "postgres")).await;
    server
        .batch_execute(&format!("create database {name}"))
        .await
        .expect("create the database");
    let database = at(socket, name);
    let client = connect(&database).await;
    client.batch_execute(TABLES).await.expect("the tables");
    client.batch_execute(ATTACH).await.expect("attach");
    let channels = CHANNEL_ROWS.replace("$url", &format!("'{provider_url}'"));
    client.batch_execute(&channels).await.expect("the channels");
    let any_channel = format!("1 + n % {CHANNELS}");
    fill(
        &client,
        &[
            ("$what", "'old '"),
            ("$channel", &any_channel),
            ("$status", "'sent'"),
            ("$attempts", "1"),
            ("$sent_at", "made.at"),
        ],
        1,
        start.history,
    )
    .await;
    fill(
        &client,
        &[
            ("$what", "'paced '"),
            ("$channel", "9"),
            ("$status", "'pending'"),
            ("$attempts", "0"),
            ("$sent_at", "null"),
        ],
        1,
        start.pending / 2,
    )
    .await;
    tidy(&client).await;
    database
}

/// Lets the channels that are measured have a backlog, too.
pub async fn fill_backlog(database: &Config, count: i64) {
    let client = connect(database).await;
    let any_channel = format!("1 + n % {CHANNELS}");
    fill(
        &client,
        &[
            ("$what", "'backlog '"),
            ("$channel", &any_channel),
            ("$status", "'pending'"),
            ("$attempts", "0"),
            ("$sent_at", "null"),
        ],
        10_000_000,
        count,
    )
    .await;
    tidy(&client).await;
}

async fn fill(client: &Client, words: &[(&str, &str)], first: i64, count: i64) {
    if count == 0 {
        return;
    }
    let mut sql = RESOLVED
        .replace("$first", &first.to_string())
        .replace("$last", &(first + count - 1).to_string());
    for (word, meaning) in words {
        sql = sql.replace(word, meaning);
    }
    client.batch_execute(&sql).await.expect("fill the queue");
}

/// As autovacuum and the checkpointer would have left it.
async fn tidy(client: &Client) {
    for statement in ["vacuum analyze", "checkpoint"] {
        client.batch_execute(statement).await.expect(statement);
    }
}

/// Drops a database.
pub async fn drop(socket: &str, name: &str) {
    let server = connect(&at(socket, "postgres")).await;
    server
        .batch_execute(&format!("drop database {name} with (force)"))
        .await
        .expect("drop the database");
}

/// How to reach a database.
pub fn at(socket: &str, database: &str) -> Config {
    let mut config = Config::new();
    config
        .host(socket)
        .user("postgres")
        .dbname(database)
        .application_name("bench");
    config
}

/// A session.
pub async fn connect(database: &Config) -> Client {
    let (client, connection) = database
        .connect(NoTls)
        .await
        .expect("connect to the database");
    tokio::spawn(connection);
    client
}

/// Waits until no notification from id `first` to `last` is on its way; panics when that takes too long.
pub async fn until_terminal(client: &Client, first: i64, last: i64, patience: Duration) {
    // Each look begins where the last one stopped, so that looking costs next to nothing.
    let next = "select min(id) from (
            select id from zap.notification_queue
            where id between $1 and $2 and status in ('pending', 'processing', 'retrying', 'uncertain')
            order by id limit 1
        ) as waiting";
    let next = client.prepare(next).await.expect("prepare");
    let deadline = std::time::Instant::now() + patience;
    let mut from = first;
    while let Some(waiting) = client
        .query_one(&next, &[&from, &last])
        .await
        .expect("look")
        .get::<_, Option<i64>>(0)
    {
        from = waiting;
        assert!(
            std::time::Instant::now() < deadline,
            "notification {from} is still on its way after {patience:?}"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
