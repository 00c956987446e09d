//! The order database, with a channel to the provider.

use std::time::{Duration, Instant};

use tokio_postgres::{Client, Config, NoTls};

/// How long the daemon may take to write down the last results.
const PATIENCE: Duration = Duration::from_secs(30);

/// The tables that all benchmarks write to.
const TABLES: &str = include_str!("../../../bench/tables.sql");

/// Old orders, for transactions that add items to them.
pub const OLD_ORDERS: i64 = 1_000;

/// Each order has a customer of its own, so that the number tells which order a message is about.
const ATTACH: &str = "
    insert into pedidos (empresa_id, cliente_id, total) select 1, 1, 42.5 from generate_series(1, 1000);
    insert into pedido_itens (pedido_id, produto, quantidade, preco) select id, 'Batata', 1, 42.5 from pedidos;
    set client_min_messages = warning;
    create extension zapgres;
    select zap.detach('public.pedido_itens');
    select zap.attach('public.pedido_itens', settle => '0', context_query => $query$
        select o.id::text as subject, '1' as tenant, '+55119' || lpad(o.id::text, 8, '0') as recipient,
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
    $query$);";

/// Creates the database `bench` on a server and returns how to reach it. Its channel has neither limit nor pauses.
pub async fn create(socket: &str, provider_url: &str) -> Config {
    let server = connect(&at(socket, "postgres")).await;
    server
        .batch_execute("create database bench")
        .await
        .expect("create the database");
    let database = at(socket, "bench");
    let client = connect(&database).await;
    client.batch_execute(TABLES).await.expect("the tables");
    client.batch_execute(ATTACH).await.expect("attach");
    let channel = format!(
        "insert into zap.tenant (id) values ('1');
         insert into zap.channel
             (tenant_id, name, provider, base_url, instance, credential, delay_min, delay_max)
         values ('1', 'bench', 'evolution', '{provider_url}', 'bench', 'env:BENCH_KEY', '0', '0');"
    );
    client.batch_execute(&channel).await.expect("the channel");
    client
        .batch_execute("vacuum analyze")
        .await
        .expect("vacuum");
    database
}

/// How to reach a database.
fn at(socket: &str, database: &str) -> Config {
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

/// The order that a recipient's number was made from, see [`ATTACH`].
pub fn order_of_number(number: &str) -> i64 {
    number
        .get(5..)
        .and_then(|digits| digits.parse().ok())
        .unwrap_or_default()
}

/// Waits until the daemon has written down what it sent; panics when it does not.
pub async fn until_sent(database: &Config) {
    let client = connect(database).await;
    let left = "select count(*) from zap.notification_queue where status <> 'sent'";
    let deadline = Instant::now() + PATIENCE;
    while client
        .query_one(left, &[])
        .await
        .expect("count")
        .get::<_, i64>(0)
        > 0
    {
        assert!(
            Instant::now() < deadline,
            "not all is sent after {PATIENCE:?}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Medians by the server's clock, in milliseconds, of the orders from `first` to `last`: from capture until intake had
/// resolved it, from then until a lane marked it, from then until it was known to be sent.
pub async fn steps(database: &Config, first: i64, last: i64) -> [f64; 3] {
    let medians = "select percentile_cont(0.5) within group (order by extract(epoch from resolved_at - created_at)),
            percentile_cont(0.5) within group (order by extract(epoch from processing_at - resolved_at)),
            percentile_cont(0.5) within group (order by extract(epoch from sent_at - processing_at))
        from zap.notification_queue where subject::bigint between $1 and $2";
    let row = connect(database)
        .await
        .query_one(medians, &[&first, &last])
        .await
        .expect("steps");
    [0, 1, 2].map(|column| 1000.0 * row.get::<_, f64>(column))
}

/// Panics when something went another way than it should have.
pub async fn verify(database: &Config) {
    let count =
        "select (select count(*) from zap.missed), count(*) filter (where status <> 'sent'),
            count(*) - (select count(*) from pedidos where id > $1)
        from zap.notification_queue";
    let row = connect(database)
        .await
        .query_one(count, &[&OLD_ORDERS])
        .await
        .expect("count");
    let found: [i64; 3] = [row.get(0), row.get(1), row.get(2)];
    assert_eq!(
        found, [0; 3],
        "missed, not sent, queued without an order or the reverse"
    );
}
