//! `zap.attach_status()`, `zap.attach_inserts()`, and what they are given.

use tokio_postgres::error::DbError;

use crate::cluster::plain;
use crate::session::Session;
use crate::shop;

const NOTHING: [&str; 0] = [];
const PAID: &str = r#"'{"pago": "order_paid"}'"#;

/// The plain shop with a status, and tables of other kinds.
async fn open() -> Session {
    let (_, s) = shop::open(plain()).await;
    s.run(
        "create type andamento as enum ('novo', 'pago');
         alter table pedidos add status text default 'novo', add fase andamento, add codigo char(3), add pronto boolean,
             add nivel integer;
         create table avulsos (status text, chave integer);
         create view vista as select * from pedidos;
         create temporary table passageira (id integer primary key, status text)",
    )
    .await;
    s
}

fn assert_clear(error: &DbError, state: &str, mentions: &str) {
    assert_eq!(error.code().code(), state, "{error:?}");
    assert!(!error.message().contains('\n'), "{error:?}");
    assert!(error.message().contains(mentions), "{error:?}");
    assert!(
        error.hint().is_some_and(|hint| !hint.is_empty()),
        "{error:?}"
    );
}

async fn triggers(s: &Session) -> Vec<String> {
    s.column(
        "select regexp_replace(t.tgname, '\\d+', 'N') from pg_trigger as t
         where t.tgname like 'trigger_whatsapp%' and t.tgrelid <> 'pedido_itens'::regclass order by 1",
    )
    .await
}

/// O15: everything can be given; the query of the items' source serves, where none is.
#[tokio::test]
async fn options_and_defaults_are_kept() {
    let s = open().await;
    s.run(&format!(
        "select zap.attach_status('pedidos', 'status', {PAID})"
    ))
    .await;
    s.run(
        "select zap.attach_status('pedidos', 'fase', '{\"pago\": \"phase_paid\"}', event => 'fases', supersede => true,
             settle => '20 seconds', ready_when => 'total > 0', max_age => '2 days', expires_after => '1 hour',
             mode => 'shadow')",
    )
    .await;
    let sources = "select event, captures, key_columns, order_relation, supersedes, settle, max_settle, max_age, mode,
             context_query = (select zap.for_orders_without_items(i.context_query) from zap.source as i where i.captures = 'first_item')
         from zap.source where captures = 'status' order by event";
    let expected = [
        [
            "fases",
            "status",
            "{id}",
            "public.pedidos",
            "t",
            "00:00:20",
            "00:00:20",
            "2 days",
            "shadow",
            "t",
        ],
        [
            "order_status",
            "status",
            "{id}",
            "public.pedidos",
            "f",
            "00:00:00",
            "00:00:10",
            "7 days",
            "live",
            "t",
        ],
    ];
    assert_eq!(s.rows(sources).await, expected);
    assert_eq!(s.warnings().await, NOTHING);
}

/// O15: a table has several sources; detach takes one event's or all.
#[tokio::test]
async fn detach_takes_one_or_all() {
    let s = open().await;
    s.run(&format!(
        "select zap.attach_status('pedidos', 'status', {PAID})"
    ))
    .await;
    s.run("select zap.attach_inserts('pedidos', event => 'order_noted')")
        .await;
    let all = [
        "trigger_whatsapp_insert_N",
        "trigger_whatsapp_status_N",
        "trigger_whatsapp_status_insert_N",
    ];
    assert_eq!(triggers(&s).await, all);
    assert_clear(
        &s.error("select zap.detach('pedidos', 'nada')").await,
        "42704",
        "nada",
    );
    s.run("select zap.detach('pedidos', 'order_status')").await;
    assert_eq!(triggers(&s).await, ["trigger_whatsapp_insert_N"]);
    s.run(&format!(
        "select zap.attach_status('pedidos', 'status', {PAID})"
    ))
    .await;
    s.run("select zap.detach('pedidos')").await;
    assert_eq!(triggers(&s).await, NOTHING);
    let left = "select relation from zap.source where detached_at is null";
    assert_eq!(s.column(left).await, ["public.pedido_itens"]);
    s.run("update pedidos set status = 'pago'; select zap.detach('pedido_itens')")
        .await;
}

/// O15: attached again after a detach, or after the column took the trigger with it.
#[tokio::test]
async fn a_source_is_attached_again() {
    let s = open().await;
    let attach = format!("select zap.attach_status('pedidos', 'status', {PAID})");
    s.run(&attach).await;
    assert_clear(&s.error(&attach).await, "42710", "order_status");
    s.run("alter table pedidos drop column status cascade; alter table pedidos add status varchar(20)").await;
    s.run(&attach).await;
    s.run(&shop::order(1)).await;
    s.run("update pedidos set status = 'pago'").await;
    let events = "select dedup_key from zap.notification_queue";
    assert_eq!(s.column(events).await, ["order_paid:1"]);
    assert_eq!(
        s.value("select count(*) from zap.source where captures = 'status'")
            .await,
        "1"
    );
}

/// O15: a source whose trigger went with its column is ended all the same.
#[tokio::test]
async fn a_source_without_its_trigger_is_detached() {
    let s = open().await;
    s.run(&format!(
        "select zap.attach_status('pedidos', 'status', {PAID}); alter table pedidos drop column status cascade;
         select zap.detach('pedidos')"
    ))
    .await;
    let left = "select relation from zap.source where detached_at is null";
    assert_eq!(s.column(left).await, ["public.pedido_itens"]);
    let error = s.error("select zap.detach('pedidos')").await;
    assert_clear(&error, "42704", "not attached");
}

/// Bad input: what can never be a status, and what is no event.
#[tokio::test]
async fn events_that_cannot_be_are_refused() {
    let s = open().await;
    let bad = [
        ("status", "null", "22023", "object"),
        ("status", "'[]'", "22023", "object"),
        ("status", "'{}'", "22023", "object"),
        ("status", r#"'{"pago": 5}'"#, "22023", "pago"),
        ("status", r#"'{"pago": null}'"#, "22023", "pago"),
        (
            "status",
            r#"'{"pago": "Pedido Pago"}'"#,
            "22023",
            "Pedido Pago",
        ),
        (
            "fase",
            r#"'{"entregue": "order_paid"}'"#,
            "22023",
            "entregue",
        ),
        ("codigo", r#"'{"pago": "order_paid"}'"#, "22023", "pago"),
        ("pronto", r#"'{"talvez": "order_paid"}'"#, "22023", "talvez"),
        ("nivel", r#"'{"pago": "order_paid"}'"#, "22023", "pago"),
        ("situacao", PAID, "42703", "situacao"),
    ];
    for (column, events, state, mentions) in bad {
        let call = format!("select zap.attach_status('pedidos', '{column}', {events})");
        assert_clear(&s.error(&call).await, state, mentions);
    }
    let error = s
        .error(r#"select zap.attach_status('pedidos', 'fase', '{"entregue": "order_paid"}')"#)
        .await;
    assert_eq!(error.hint(), Some("Its values: novo, pago."));
    assert_eq!(triggers(&s).await, NOTHING);
}

/// Bad input: tables and keys.
#[tokio::test]
async fn tables_that_cannot_be_attached_are_refused() {
    let s = open().await;
    for (table, rest, state, mentions) in [
        ("avulsos", "", "22023", "no primary key"),
        ("avulsos", ", key_column => 'numero'", "42703", "numero"),
        ("vista", "", "42809", "vista"),
        ("passageira", "", "42809", "passageira"),
        ("zap.notification_queue", "", "42809", "notification_queue"),
        ("pedidos", ", event => 'Order'", "22023", "Order"),
        ("pedidos", ", mode => 'loud'", "22023", "loud"),
        ("pedidos", ", settle => '-1 s'", "22023", "settle"),
        (
            "pedidos",
            ", ready_when => 'nada > 1'",
            "22023",
            "ready_when",
        ),
        (
            "pedidos",
            ", context_query => 'select 1'",
            "22023",
            "context_query",
        ),
    ] {
        let call = format!("select zap.attach_status('{table}', 'status', {PAID}{rest})");
        assert_clear(&s.error(&call).await, state, mentions);
    }
    let error = s.error("select zap.attach_inserts('avulsos')").await;
    assert_clear(&error, "22023", "no primary key");
    let error = s
        .error(&format!("select zap.attach_status(null, 'status', {PAID})"))
        .await;
    assert_clear(&error, "42P01", "no table");
    assert_eq!(triggers(&s).await, NOTHING);
    s.run(&format!(
        "select zap.attach_status('avulsos', 'status', {PAID}, 'chave')"
    ))
    .await;
}

/// Bad input: an event that another source announces already: each customer would be told twice.
#[tokio::test]
async fn what_is_announced_already_is_refused() {
    let s = open().await;
    let error = s.error("select zap.attach_inserts('pedidos')").await;
    assert_clear(&error, "42710", "pedido_itens");
    let call = r#"select zap.attach_status('pedidos', 'status', '{"novo": "order_received"}')"#;
    assert_clear(&s.error(call).await, "42710", "order_received");
    s.run("select zap.attach_inserts('pedidos', mode => 'shadow')")
        .await;
    s.run("select zap.detach('pedido_itens')").await;
    s.run(call).await;
}

/// O1: DROP EXTENSION takes the triggers and nothing else.
#[tokio::test]
async fn drop_extension_takes_the_triggers() {
    let s = open().await;
    s.run(&format!(
        "select zap.attach_status('pedidos', 'status', {PAID})"
    ))
    .await;
    s.run("select zap.attach_inserts('pedidos', event => 'order_noted'); drop extension zapgres")
        .await;
    assert_eq!(triggers(&s).await, NOTHING);
    s.run("update pedidos set status = 'pago'").await;
}

/// O2: the pause and the filters name one of a table's sources, or all.
#[tokio::test]
async fn one_of_several_sources_is_paused() {
    let s = open().await;
    s.run(&format!(
        "select zap.attach_status('pedidos', 'status', {PAID})"
    ))
    .await;
    s.run("select zap.attach_inserts('pedidos', event => 'order_noted')")
        .await;
    s.run("select zap.pause_source('pedidos', 'order_status')")
        .await;
    let paused = "select event from zap.source where paused_at is not null order by event";
    assert_eq!(s.column(paused).await, ["order_status"]);
    s.run("select zap.pause_source('pedidos')").await;
    assert_eq!(s.column(paused).await, ["order_noted", "order_status"]);
}

/// Bad input: the items of orders whose rows are announced already.
#[tokio::test]
async fn items_of_orders_that_are_announced_are_refused() {
    let s = open().await;
    s.run("select zap.detach('pedido_itens'); select zap.attach_inserts('pedidos')")
        .await;
    let attach = "select zap.attach('pedido_itens')";
    assert_clear(&s.error(attach).await, "42710", "public.pedidos");
    s.run("select zap.detach('pedidos'); select zap.attach_inserts('pedido_itens', key_column => 'pedido_id')")
        .await;
    assert_clear(&s.error(attach).await, "42710", "public.pedido_itens");
}

/// O15: attached in another way than before, it captures in that way.
#[tokio::test]
async fn a_source_is_attached_again_in_another_way() {
    let s = open().await;
    s.run(
        "select zap.detach('pedido_itens');
         select zap.attach_inserts('pedido_itens', key_column => 'pedido_id'); select zap.detach('pedido_itens')",
    )
    .await;
    let source =
        "select captures, coalesce(status_column, '-') from zap.source where detached_at is null";
    s.run("select zap.attach('pedido_itens')").await;
    assert_eq!(s.rows(source).await, [["first_item", "-"]]);
    s.run("select zap.detach('pedido_itens'); alter table pedido_itens add status text")
        .await;
    s.run(&format!(
        "select zap.attach_status('pedido_itens', 'status', {PAID}, 'pedido_id', 'order_received');
         select zap.detach('pedido_itens'); select zap.attach('pedido_itens')"
    ))
    .await;
    assert_eq!(s.rows(source).await, [["first_item", "-"]]);
}
