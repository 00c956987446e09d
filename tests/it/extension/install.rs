//! What CREATE EXTENSION attaches by itself.

use crate::captured::queued;
use crate::cluster::plain;
use crate::database::Database;
use crate::session::Session;
use crate::shop;

const TRIGGERS: &str = "select tgrelid::regclass from pg_trigger
     where tgname = 'trigger_whatsapp_notification' order by tgrelid::regclass::text";

/// Makes a database with these tables and installs the extension; returns what it said.
async fn install(tables: &str) -> (Database, Session, String) {
    let database = plain().database().await;
    let session = database.session().await;
    session.run(tables).await;
    session.notices().await;
    session.run("create extension zapgres").await;
    let notices = session.notices().await;
    let texts = notices
        .iter()
        .map(|n| format!("{} {}", n.message(), n.hint().unwrap_or("")));
    let said = texts.collect::<Vec<_>>().join("\n");
    (database, session, said)
}

/// O3: exactly one table `pedido_itens`: it is attached, and that is said.
#[tokio::test]
async fn the_only_table_of_items_is_attached() {
    let (_, s, said) = install(&shop::tables("bigint")).await;
    assert_eq!(s.column(TRIGGERS).await, ["pedido_itens"]);
    assert!(said.contains("pedido_itens"), "{said}");
    let source = "select relation, key_columns, event, mode, settle = '2 seconds', order_relation,
         order_key, context_query is not null from zap.source";
    let row = s.rows(source).await;
    let expected = [
        "public.pedido_itens",
        "{pedido_id}",
        "order_received",
        "live",
        "t",
        "public.pedidos",
        "{id}",
        "t",
    ];
    assert_eq!(row, [expected]);
    let trigger = "select pg_get_triggerdef(oid) from pg_trigger
         where tgname = 'trigger_whatsapp_notification'";
    let definition = s.value(trigger).await;
    assert!(
        definition.contains("AFTER INSERT ON public.pedido_itens FOR EACH ROW"),
        "{definition}"
    );
    let function = "zap.send_whatsapp_notification_after_items(";
    assert!(definition.contains(function), "{definition}");
}

/// O3: it is found in any schema.
#[tokio::test]
async fn a_table_of_items_in_another_schema_is_attached() {
    let (_, s, said) = install(
        "create schema loja;
         create table loja.pedidos (id integer primary key);
         create table loja.pedido_itens (pedido_id integer references loja.pedidos)",
    )
    .await;
    assert_eq!(s.column(TRIGGERS).await, ["loja.pedido_itens"]);
    assert!(said.contains("loja.pedido_itens"), "{said}");
    s.run("insert into loja.pedidos values (1); insert into loja.pedido_itens values (1)")
        .await;
    assert_eq!(queued(&s).await, ["1"]);
}

/// O3: no such table: the notice names the call.
#[tokio::test]
async fn without_a_table_of_items_it_says_how_to_attach() {
    let (_, s, said) = install("").await;
    assert_eq!(s.column(TRIGGERS).await, [""; 0]);
    assert!(said.contains("zap.attach("), "{said}");
}

/// O3: several: none is guessed, the notice names the call.
#[tokio::test]
async fn with_several_tables_of_items_it_says_how_to_attach() {
    let tables = shop::tables("bigint");
    let (_, s, said) = install(&format!(
        "{tables}; create schema antiga; create table antiga.pedido_itens (like pedido_itens)"
    ))
    .await;
    assert_eq!(s.column(TRIGGERS).await, [""; 0]);
    assert!(said.contains("zap.attach("), "{said}");
}

/// O3: a table that cannot be attached does not stop the installation.
#[tokio::test]
async fn a_table_without_a_usable_key_does_not_stop_the_installation() {
    let (_, s, said) = install("create table pedido_itens (nome text)").await;
    assert_eq!(s.column(TRIGGERS).await, [""; 0]);
    assert!(said.contains("zap.attach("), "{said}");
}

/// O3: nor does one that is locked: the installation does not wait for it long.
#[tokio::test]
async fn a_locked_table_does_not_hold_the_installation_up() {
    let database = plain().database().await;
    let (s, other) = (database.session().await, database.session().await);
    s.run(&shop::tables("bigint")).await;
    other
        .run("begin; lock table pedido_itens in access exclusive mode")
        .await;
    s.run("set statement_timeout = '20s'; create extension zapgres")
        .await;
    let said = s.notices().await;
    assert!(
        said.iter()
            .any(|n| format!("{n:?}").contains("zap.attach(")),
        "{said:?}"
    );
    other.run("rollback").await;
    s.run("select zap.attach('pedido_itens')").await;
    shop::place(&s, 1).await;
    assert_eq!(queued(&s).await, ["1"]);
}

/// O3: a view or a partition of that name is not the table.
#[tokio::test]
async fn only_tables_count() {
    let (_, s, _) = install(
        "create table pedidos (id integer primary key);
         create table pedido_itens (pedido_id integer references pedidos) partition by range (pedido_id);
         create schema partes;
         create table partes.pedido_itens partition of pedido_itens default;
         create schema visao;
         create view visao.pedido_itens as select * from pedido_itens",
    )
    .await;
    s.run("insert into pedidos values (1); insert into partes.pedido_itens values (1)")
        .await;
    assert_eq!(queued(&s).await, ["1"]);
    assert_eq!(
        s.column("select relation from zap.source").await,
        ["public.pedido_itens"]
    );
}
