//! One round: orders that are captured at once, until the last of them has its message.

use std::path::Path;
use std::time::{Duration, Instant};

use tokio_postgres::Client;

use crate::daemon;
use crate::environment::Environment;
use crate::usage::{self, PerNotification};

/// An order may take as long as this on average before the benchmark gives up.
const PATIENCE_EACH: Duration = Duration::from_millis(2);
const PATIENCE_MIN: Duration = Duration::from_secs(60);

/// Nothing of the last round is left, but its orders: no daemon runs now.
const EMPTY: &str = "truncate zap.notification_queue, zap.notification_logs; set zap.enabled = off";

/// Orders of five items whose messages nobody has asked for yet.
const ORDERS: &str = "
    with o as (
        insert into public.pedidos (empresa_id, numero_pedido, cliente_nome, cliente_telefone, total)
        select 1 + n % 8, n, (array['Maria', 'José', 'Antônia', 'ANA PAULA'])[1 + n % 4] || ' da Silva ' || n,
            '(11) 9' || lpad(n::text, 8, '0'), 5 * 14 + n % 90000 / 100.0
        from generate_series(1, $1::bigint) as n
        returning id, total
    ),
    i as (
        insert into public.pedido_itens (pedido_id, produto_nome, quantidade, preco_unitario)
        select o.id, p.name, 1, case when p.place = 5 then o.total - 4 * 14 else 14 end
        from o,
            unnest(array['X-Burger', 'Coca-Cola 2 L', 'Batata frita grande', 'Pizza Margherita', 'Taxa de entrega'])
                with ordinality as p (name, place)
    )
    select min(id), max(id) from o";

/// As autovacuum and the checkpointer would have left it. What was silenced is of no interest to anybody here.
const SETTLE: [&str; 4] = [
    "delete from zap.capture_gap",
    "vacuum analyze public.pedidos",
    "vacuum analyze public.pedido_itens",
    "checkpoint",
];

/// What capture writes, for all of them in one transaction.
const CAPTURE: &str = "
    insert into zap.notification_queue (source_id, event, subject, dedup_key)
    select s.id, s.event, o.id::text, s.event || ':' || o.id
    from zap.source as s, public.pedidos as o
    where s.detached_at is null and o.id between $1 and $2
    order by o.id";

/// The transaction that made a message of an order is the last that wrote its row: nothing sends it.
const RESULT: &str = "
    select count(*) filter (
            where q.status = 'pending' and q.reason = 'no_channel' and q.tenant_id = o.empresa_id::text
                and q.recipient like '+55119%'
                and q.body like '%' || replace(o.total::text, '.', ',') || '%'
        ),
        count(*),
        extract(epoch from max(pg_xact_commit_timestamp(q.xmin)) - $1::text::timestamptz)::float8
    from zap.notification_queue as q
    inner join public.pedidos as o on o.id = q.subject::bigint";

/// One row for each.
const LOGGED: &str = "
    select count(distinct l.notification_id) from zap.notification_logs as l where l.event = 'resolved'";

/// What a round found.
pub struct Round {
    /// Orders per second.
    pub rate: f64,
    /// What each used.
    pub used: PerNotification,
    /// Memory of the daemon afterwards, in MiB.
    pub resident_mib: f64,
    /// A message.
    pub body: String,
}

/// Lets a daemon of this program resolve `environment.orders` orders; panics unless each is a message then.
pub async fn measure(environment: &Environment, program: &Path, client: &Client) -> Round {
    let (first, last) = place(client, environment.orders).await;
    let mut daemon = daemon::start(environment, program).await;
    let before = usage::read(client, daemon.0.id()).await;
    let begin = capture(client, first, last).await;
    let patience =
        PATIENCE_MIN + PATIENCE_EACH * u32::try_from(environment.orders).expect("so many");
    until_resolved(client, patience).await;
    daemon.assert_runs(daemon::LOG);
    let after = usage::read(client, daemon.0.id()).await;
    let resident_mib = daemon.resident_mib();
    daemon.stop();
    let result = client.query_one(RESULT, &[&begin]).await.expect(RESULT);
    let logged = client.query_one(LOGGED, &[]).await.expect(LOGGED);
    assert_eq!(
        [result.get(0), result.get(1), logged.get::<_, i64>(0)],
        [environment.orders; 3],
        "messages with their total, notifications, and of these in the log"
    );
    let body = "select body from zap.notification_queue order by id limit 1";
    Round {
        rate: environment.orders as f64 / result.get::<_, f64>(2),
        used: after.since(before, environment.orders),
        resident_mib,
        body: client.query_one(body, &[]).await.expect(body).get(0),
    }
}

async fn place(client: &Client, count: i64) -> (i64, i64) {
    client.batch_execute(EMPTY).await.expect(EMPTY);
    let row = client.query_one(ORDERS, &[&count]).await.expect(ORDERS);
    for statement in SETTLE {
        client.batch_execute(statement).await.expect(statement);
    }
    (row.get(0), row.get(1))
}

/// Commits the captured rows; returns the time right after the commit.
async fn capture(client: &Client, first: i64, last: i64) -> String {
    let begin = "begin; notify zapgres";
    client.batch_execute(begin).await.expect(begin);
    client
        .execute(CAPTURE, &[&first, &last])
        .await
        .expect(CAPTURE);
    client.batch_execute("commit").await.expect("commit");
    let now = "select clock_timestamp()::text";
    client.query_one(now, &[]).await.expect(now).get(0)
}

async fn until_resolved(client: &Client, patience: Duration) {
    // Reads one entry of the index of those that intake has not looked at.
    let left = "select exists (select from zap.notification_queue where resolved_at is null)";
    let left = client.prepare(left).await.expect(left);
    let deadline = Instant::now() + patience;
    while client.query_one(&left, &[]).await.expect("look").get(0) {
        assert!(
            Instant::now() < deadline,
            "not all is resolved after {patience:?}"
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
