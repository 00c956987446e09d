//! How fast captured notifications are sent, and what each costs.

use std::time::Duration;

use serde_json::Value;
use tokio_postgres::{Client, Config};

use crate::database;
use crate::environment::{Environment, Start, Transport};
use crate::process::{Daemon, Sandbox};
use crate::usage::{self, PerNotification};

/// A notification may take as long as this on average before the benchmark gives up.
const PATIENCE_EACH: Duration = Duration::from_millis(2);
const PATIENCE_MIN: Duration = Duration::from_secs(60);

/// Orders whose messages nobody has asked for yet.
const ORDERS: &str = "
    with o as (
        insert into pedidos (empresa_id, cliente_id, total)
        select 1 + n % 8, 1 + n % 10000, 42.5 from generate_series(1, $1::bigint) as n
        returning id
    ),
    i as (
        insert into pedido_itens (pedido_id, produto, quantidade, preco)
        select o.id, p.name, 1, 14.0 from o, unnest(array['X-Burger', 'Coca-Cola', 'Batata']) as p (name)
    )
    select min(id), max(id) from o";

/// What capture writes, for all of them in one transaction.
const CAPTURE: &str = "
    with captured as (
        insert into zap.notification_queue (source_id, event, subject, dedup_key)
        select s.id, s.event, o.id::text, s.event || ':' || o.id
        from zap.source as s, pedidos as o
        where o.id between $1 and $2
        order by o.id
        returning id
    )
    select min(id), max(id) from captured";

/// Counted after a round. The transaction that made a notification `sent` is the last that wrote its row.
const RESULT: &str = "
    select count(*) filter (where status = 'sent'), count(*) filter (where status <> 'sent'),
        extract(epoch from max(pg_xact_commit_timestamp(xmin)) - $3::text::timestamptz)::float8
    from zap.notification_queue where id between $1 and $2";

/// One round.
pub struct Round {
    /// Notifications per second.
    pub rate: f64,
    /// What each used.
    pub used: PerNotification,
    /// Most memory of the daemon, in MiB.
    pub peak_mib: f64,
}

/// Drains `environment.rows` captured notifications; panics unless each was accepted exactly once.
pub async fn round(
    environment: &Environment,
    transport: Transport,
    start: Start,
    database: &Config,
    sandbox: &Sandbox,
) -> Round {
    let client = database::connect(database).await;
    prepare(&client, start).await;
    let (first_order, last_order) = place_orders(&client, environment.rows).await;
    let judge = Judge::new(sandbox).await;
    let mut daemon = Daemon::start(environment, transport, name_of(database));
    daemon.until_ready().await;
    let before = usage::read(&client, daemon.id()).await;
    let (first, last, begin) = capture(&client, first_order, last_order).await;
    let patience = PATIENCE_MIN + PATIENCE_EACH * u32::try_from(environment.rows).expect("so many");
    database::until_terminal(&client, first, last, patience).await;
    daemon.must_run();
    let used = usage::read(&client, daemon.id())
        .await
        .since(before, environment.rows);
    let result = client
        .query_one(RESULT, &[&first, &last, &begin])
        .await
        .expect("the result");
    let [sent, others]: [i64; 2] = [result.get(0), result.get(1)];
    assert_eq!(
        [sent, others],
        [environment.rows, 0],
        "sent, and ended otherwise"
    );
    let peak_mib = daemon.peak_mib();
    judge.accepted_once(daemon.stop(), environment.rows).await;
    let rate = environment.rows as f64 / result.get::<_, f64>(2);
    Round {
        rate,
        used,
        peak_mib,
    }
}

async fn prepare(client: &Client, start: Start) {
    if start.history == 0 && start.pending == 0 {
        let empty = "truncate zap.notification_queue, zap.notification_logs";
        client.batch_execute(empty).await.expect("empty the queue");
    }
}

async fn place_orders(client: &Client, count: i64) -> (i64, i64) {
    client
        .batch_execute("set zap.enabled = off")
        .await
        .expect("silence");
    let row = client
        .query_one(ORDERS, &[&count])
        .await
        .expect("place orders");
    // What was silenced is of no interest to anybody here.
    let settle = "delete from zap.capture_gap; analyze pedidos; analyze pedido_itens; checkpoint";
    for statement in settle.split(';') {
        client.batch_execute(statement).await.expect("settle");
    }
    (row.get(0), row.get(1))
}

/// Commits the captured rows; returns the first and last id, and the time right after the commit.
async fn capture(client: &Client, first_order: i64, last_order: i64) -> (i64, i64, String) {
    client
        .batch_execute("begin; notify zapgres")
        .await
        .expect("begin");
    let row = client
        .query_one(CAPTURE, &[&first_order, &last_order])
        .await
        .expect("capture");
    client.batch_execute("commit").await.expect("commit");
    let begin = client
        .query_one("select clock_timestamp()::text", &[])
        .await
        .expect("the time");
    (row.get(0), row.get(1), begin.get(0))
}

/// The name of a database.
pub fn name_of(database: &Config) -> &str {
    database.get_dbname().expect("a name")
}

/// What the provider says it accepted.
pub struct Judge<'a> {
    sandbox: &'a Sandbox,
    http: reqwest::Client,
}

impl<'a> Judge<'a> {
    /// Lets the sandbox forget what it accepted so far.
    pub async fn new(sandbox: &'a Sandbox) -> Self {
        let http = reqwest::Client::builder().build().expect("an HTTP client");
        let cleared = http
            .delete(format!("{}/sandbox/messages", sandbox.url))
            .send()
            .await
            .expect("clear");
        assert!(cleared.status().is_success(), "{cleared:?}");
        Self { sandbox, http }
    }

    /// Panics unless `count` messages were accepted, each for another order. `said`: by the provider in the daemon's
    /// own process, where there was one.
    pub async fn accepted_once(&self, said: Option<Value>, count: i64) {
        let found = match said {
            Some(said) => [said["accepted"].as_i64(), said["distinct"].as_i64()],
            None => self.of_the_sandbox().await,
        };
        assert_eq!(
            found,
            [Some(count); 2],
            "messages accepted, and orders among them"
        );
    }

    async fn of_the_sandbox(&self) -> [Option<i64>; 2] {
        let answer = self
            .http
            .get(format!("{}/sandbox/messages", self.sandbox.url))
            .send()
            .await
            .expect("messages");
        let mut messages: Vec<Value> = answer.json().await.expect("messages as JSON");
        messages.retain(|message| message["instance"] != database::PACED_INSTANCE);
        let numbers: std::collections::HashSet<&str> = messages
            .iter()
            .filter_map(|message| message["number"].as_str())
            .collect();
        [messages.len(), numbers.len()].map(|count| i64::try_from(count).ok())
    }
}
