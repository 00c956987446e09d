//! A source whose query or table no longer fits stops alone, says so, and catches up when it is mended.

use crate::cluster::plain;
use crate::daemon::Daemon;
use crate::delivery::stand::Stand;
use crate::shop;

/// A second shop of other tables, whose orders must go on whatever happens to the first.
const OTHER_TABLES: &str = "
    create table vendas (id bigint primary key, telefone text, total numeric);
    create table itens_venda (
        id bigserial primary key, venda_id bigint references vendas, descricao text, quantidade integer, preco numeric
    );
    create index on itens_venda (venda_id);
    select zap.attach('itens_venda', event => 'sale', settle => '0');
    insert into zap.template (event, body) values ('sale', 'venda {{ order.id }}');
    insert into zap.channel
        (tenant_id, name, provider, base_url, instance, credential, delay_min, delay_max)
    select 'default', 'vendas', provider, base_url, 'vendas', credential, '0', '0' from zap.channel";

async fn open() -> (Stand, Daemon) {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("insert into zap.tenant (id) values ('default') on conflict do nothing")
        .await;
    stand.session.run(OTHER_TABLES).await;
    let daemon = stand.daemon();
    (stand, daemon)
}

/// Breaks the first source, places an order with each, waits until the first one's waits for this reason while the other
/// one's arrives, mends it and waits for the first one's.
async fn stops_alone(breaks: &str, mends: &str, reason: &str, cause: &str) {
    let (stand, daemon) = open().await;
    // In one transaction: no look comes in between.
    let (order, item) = (shop::order(1), shop::item(1));
    stand
        .session
        .run(&format!("begin; {order} {item} {breaks}; commit"))
        .await;
    stand
        .session
        .run(
            "insert into vendas values (9, '11987654321', 10);
             insert into itens_venda (venda_id, descricao, quantidade, preco) values (9, 'X', 1, 10)",
        )
        .await;
    stand.until_accepted_texts(&["venda 9"]).await;
    let waits = "select status, reason, error_class from zap.notification_queue where event = 'order_received'";
    stand
        .until_rows(waits, &[&["pending", reason, "source_error"]])
        .await;
    let error = stand.of_order(1, "last_error").await;
    assert!(error.contains(cause), "{error}");
    let logged = format!(
        "select count(*) from zap.notification_logs where level = 'error' and code = '{reason}' and detail like '{reason}: %'"
    );
    assert_eq!(stand.session.count(&logged).await, 1);
    daemon.until_it_says(cause).await;
    let why = "select code, level, text || remedy from zap.why('1') order by step desc limit 1";
    let why = stand.session.rows(why).await.remove(0);
    assert_eq!(why[..2], [reason, "error"]);
    assert!(why[2].contains(cause), "{why:?}");
    let doctor = ["doctor", "--json", "--no-wake", "--no-providers"];
    let doctor = crate::daemon::run(&stand.database, &doctor);
    let said = String::from_utf8_lossy(&doctor.stdout);
    let waits = format!("1 of public.pedido_itens wait with {reason} since ");
    assert!(said.contains(&waits) && said.contains(cause), "{said}");
    assert_eq!(doctor.status.code(), Some(2));
    stand.session.run(mends).await;
    stand.until_accepted_texts(&["venda 9", "1"]).await;
    stand.until_done().await;
    assert_eq!(stand.of_order(1, "last_error").await, "null");
}

/// The query replaced by `query`, and put back.
async fn query_stops_alone(query: &str, cause: &str) {
    let breaks = format!(
        "create table kept as select context_query from zap.source where event = 'order_received';
         update zap.source set max_settle = '2 seconds', context_query = $broken${query}$broken$ where event = 'order_received'"
    );
    let mends = "update zap.source set context_query = (select context_query from kept) where event = 'order_received'";
    stops_alone(&breaks, mends, "context_error", cause).await;
}

/// O16: a query that fails.
#[tokio::test]
async fn a_query_that_fails_stops_its_source_alone() {
    query_stops_alone(
        "select id::text as subject, null::text as recipient, jsonb_build_object('x', 1 / (id - id)) as context
         from public.pedidos where id::text = any ($1)",
        "division by zero",
    )
    .await;
}

/// O16: a query that is too slow; mended, its source need not rest any longer.
#[tokio::test]
async fn a_query_that_is_slow_stops_its_source_alone() {
    query_stops_alone(
        "select id::text as subject, pg_sleep(20)::text as recipient, '{}'::jsonb as context
         from public.pedidos where id::text = any ($1)",
        "longer than 5 s",
    )
    .await;
}

/// O16: a query without a row for an order that is there: not lost, since it is the query that has to be mended.
#[tokio::test]
async fn a_query_without_a_row_stops_its_source_alone() {
    query_stops_alone(
        "select id::text as subject, null::text as recipient, '{}'::jsonb as context
         from public.pedidos where id::text = any ($1) and nome = 'nobody'",
        "has no row for this order",
    )
    .await;
}

/// O16: a query with two rows for an order.
#[tokio::test]
async fn a_query_with_two_rows_stops_its_source_alone() {
    query_stops_alone(
        "select id::text as subject, telefone as recipient, '{}'::jsonb as context
         from public.pedidos, generate_series(1, 2) where id::text = any ($1)",
        "two rows for one subject",
    )
    .await;
}

/// O16: a query whose columns have the wrong types.
#[tokio::test]
async fn a_query_of_wrong_types_stops_its_source_alone() {
    query_stops_alone(
        "select id::text as subject, telefone as recipient, now() as context
         from public.pedidos where id::text = any ($1)",
        "cannot cast type timestamp with time zone to jsonb",
    )
    .await;
}

/// O16: a column that the query reads is dropped after attaching.
#[tokio::test]
async fn a_dropped_column_stops_its_source_alone() {
    stops_alone(
        "alter table pedidos rename telefone to fone",
        "alter table pedidos rename fone to telefone",
        "context_error",
        "telefone",
    )
    .await;
}

/// O6: a text that loops.
#[tokio::test]
async fn a_template_that_loops_stops_its_event_alone() {
    stops_alone(
        "update zap.template set body = '{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}x'
         where event = 'order_received'",
        "update zap.template set body = '{{ order.id }}' where event = 'order_received'",
        "template_error",
        "does too much",
    )
    .await;
}
