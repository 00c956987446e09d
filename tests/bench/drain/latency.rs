//! How long an order takes that comes while others do, at a rate well below what is possible.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_postgres::Config;

use crate::database;
use crate::drain::{Judge, name_of};
use crate::environment::{Environment, Transport};
use crate::process::{Daemon, Sandbox};
use crate::usage::{self, PerNotification};

/// Sessions that place orders: enough that the next one seldom waits for an earlier one's commit.
const SESSIONS: usize = 16;

/// Not counted: plans, pools and connections are made meanwhile.
const WARM_UP: Duration = Duration::from_secs(2);

const PATIENCE: Duration = Duration::from_secs(60);

/// An order and its items, through the real trigger.
const ORDER: &str = "
    with o as (
        insert into pedidos (empresa_id, cliente_id, total) values (1 + $1::bigint % 8, 1, 42.5) returning id
    )
    insert into pedido_itens (pedido_id, produto, quantidade, preco)
    select o.id, p.name, 1, 14.0 from o, unnest(array['X-Burger', 'Coca-Cola', 'Batata']) as p (name)";

/// From the trigger's flush to the commit record of the final state, and the steps in between; milliseconds.
const RESULT: &str = "
    with times as (
        select extract(epoch from pg_xact_commit_timestamp(xmin) - created_at)::float8 * 1000 as whole,
            extract(epoch from resolved_at - created_at)::float8 * 1000 as resolved,
            extract(epoch from processing_at - resolved_at)::float8 * 1000 as marked,
            extract(epoch from pg_xact_commit_timestamp(xmin) - processing_at)::float8 * 1000 as ended
        from zap.notification_queue where id > $1 and status = 'sent'
    )
    select count(*),
        percentile_cont(array[0.5, 0.95, 0.99, 1]) within group (order by whole),
        array[percentile_cont(0.5) within group (order by resolved),
            percentile_cont(0.5) within group (order by marked), percentile_cont(0.5) within group (order by ended)]
    from times";

/// What was found.
pub struct Latency {
    /// Orders measured.
    pub orders: i64,
    /// p50, p95, p99 and the longest, in milliseconds.
    pub percentiles: Vec<f64>,
    /// Medians of captured → resolved → marked → ended, in milliseconds.
    pub steps: Vec<f64>,
    /// What each used; the server's part includes the inserting transactions.
    pub used: PerNotification,
}

/// Places orders at a fixed rate while the daemon works; panics unless each was accepted exactly once.
pub async fn measure(
    environment: &Environment,
    transport: Transport,
    database: &Config,
    sandbox: &Sandbox,
) -> Latency {
    let client = database::connect(database).await;
    let judge = Judge::new(sandbox).await;
    let mut daemon = Daemon::start(environment, transport, name_of(database));
    daemon.until_ready().await;
    let warm_up = last_id(&client).await;
    place(database, environment.rate, WARM_UP).await;
    database::until_terminal(&client, warm_up + 1, i64::MAX, PATIENCE).await;
    let before = usage::read(&client, daemon.id()).await;
    let first = last_id(&client).await;
    place(database, environment.rate, environment.duration).await;
    database::until_terminal(&client, first + 1, i64::MAX, PATIENCE).await;
    daemon.must_run();
    let after = usage::read(&client, daemon.id()).await;
    let row = client
        .query_one(RESULT, &[&first])
        .await
        .expect("the result");
    let orders: i64 = row.get(0);
    let all: i64 = client
        .query_one(
            "select count(*) from zap.notification_queue where id > $1 and status = 'sent'",
            &[&warm_up],
        )
        .await
        .expect("count")
        .get(0);
    judge.accepted_once(daemon.stop(), all).await;
    Latency {
        orders,
        percentiles: row.get(1),
        steps: row.get(2),
        used: after.since(before, orders),
    }
}

async fn last_id(client: &tokio_postgres::Client) -> i64 {
    let last = "select coalesce(max(id), 0) from zap.notification_queue";
    client
        .query_one(last, &[])
        .await
        .expect("the last id")
        .get(0)
}

async fn place(database: &Config, rate: u32, duration: Duration) {
    let mut ticks = interval(Duration::from_secs(1) / rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let ticks = Arc::new(Mutex::new(ticks));
    let end = Instant::now() + duration;
    let mut sessions = JoinSet::new();
    for _ in 0..SESSIONS {
        sessions.spawn(place_until(end, database.clone(), Arc::clone(&ticks)));
    }
    sessions.join_all().await;
}

async fn place_until(end: Instant, database: Config, ticks: Arc<Mutex<Interval>>) {
    let client = database::connect(&database).await;
    let order = client.prepare(ORDER).await.expect("prepare");
    for number in 0_i64.. {
        ticks.lock().await.tick().await;
        if Instant::now() >= end {
            return;
        }
        client
            .execute(&order, &[&number])
            .await
            .expect("place an order");
    }
}
