//! What attaching says and refuses.

use crate::cluster::plain;
use crate::session::Session;
use crate::shop;

async fn open(tables: &str) -> Session {
    shop::open_in(plain().database().await, tables).await.1
}

const AMBIGUOUS: &str = "
    create table pedidos (id integer primary key, telefone text, phone text, total numeric);
    create table itens (id serial primary key, pedido_id integer references pedidos, nome text, quantidade integer, preco numeric);
    create index on itens (pedido_id)";

/// B5: two equally good phones are not guessed; the error names them and the call that decides.
#[tokio::test]
async fn an_ambiguous_phone_is_refused() {
    let s = open(AMBIGUOUS).await;
    for call in ["select zap.attach('itens')", "select zap.propose('itens')"] {
        let error = s.error(call).await;
        assert_eq!(error.code().code(), "42702", "{error:?}");
        assert!(error.message().contains("telefone, phone"), "{error:?}");
        let hint = error.hint().expect("a hint");
        assert!(
            hint.contains(r#"mapping => '{"phone": "telefone"}'"#),
            "{hint}"
        );
    }
    s.run(r#"select zap.attach('itens', mapping => '{"phone": "phone"}')"#)
        .await;
    let query = s.value("select context_query from zap.source").await;
    assert!(
        query.contains("o.phone as recipient,  -- 100 %: as given: phone"),
        "{query}"
    );
}

/// O16: the time of creation, by which orders are too old and missed ones found, under the names that it has in the wild.
#[tokio::test]
async fn the_time_of_creation_is_found() {
    for (number, name) in ["criadoEm", "createdAt", "DT_PEDIDO", "data_cadastro"]
        .iter()
        .enumerate()
    {
        let s = open(&format!(
            "create table pedidos (id uuid primary key, telefone text, total numeric, \"{name}\" timestamptz);
             create table itens{number} (id serial primary key, pedido_id uuid references pedidos, nome text, quantidade integer, preco numeric)"
        ))
        .await;
        s.run(&format!("select zap.attach('itens{number}')")).await;
        let found = s.value("select created_column from zap.source").await;
        assert_eq!(found, *name);
    }
}

/// B5: values decide where names do not.
#[tokio::test]
async fn values_decide_between_columns() {
    let database = plain().database().await;
    let s = database.session().await;
    s.run(AMBIGUOUS).await;
    s.run(
        "insert into pedidos select n, '1198765' || 1000 + n, case when n > 5 then 'ramal ' || n end, n
         from generate_series(1, 20) as n; create extension zapgres; select zap.attach('itens')",
    )
    .await;
    let query = s.value("select context_query from zap.source").await;
    assert!(query.contains("o.telefone as recipient"), "{query}");
    assert!(
        query.contains("20 of 20 look like phone numbers"),
        "{query}"
    );
}

/// B5: fields, how sure they are and why.
#[tokio::test]
async fn every_field_has_a_reason() {
    let s = open(&shop::tables("bigint")).await;
    let unsure = "select count(*) from zap.propose_fields('pedido_itens') where reason = '' or confidence not between 0 and 100";
    assert_eq!(s.value(unsure).await, "0");
    let phone =
        "select expression, reason from zap.propose_fields('pedido_itens') where field = 'phone'";
    assert_eq!(s.rows(phone).await, [["o.telefone", "column telefone"]]);
}

/// B5: orders with a table of items are attached by that.
#[tokio::test]
async fn an_order_table_with_items_names_the_items() {
    let s = open(AMBIGUOUS).await;
    let error = s.error("select zap.attach('pedidos')").await;
    assert!(
        error
            .hint()
            .is_some_and(|hint| hint.contains("zap.attach('public.itens')")),
        "{error:?}"
    );
}

/// B5: of a view the tables behind it are named.
#[tokio::test]
async fn a_view_names_its_tables() {
    let s = open(AMBIGUOUS).await;
    s.run(
        "create view vista as select i.* from itens as i join pedidos as p on p.id = i.pedido_id",
    )
    .await;
    let error = s.error("select zap.attach('vista')").await;
    let hint = error.hint().unwrap_or_default();
    assert!(
        hint.contains("zap.attach('public.itens')")
            && hint.contains("zap.attach('public.pedidos')"),
        "{hint}"
    );
}

/// B5: the index that is missing comes as the statement that makes it.
#[tokio::test]
async fn a_missing_index_is_told() {
    let s = open(
        "create table pedidos (id integer primary key, telefone text, total numeric);
         create table itens (id serial primary key, pedido_id integer references pedidos, nome text, quantidade integer, preco numeric);
         create table item_adicionais (id serial primary key, item_id integer references itens, nome text, preco numeric)",
    )
    .await;
    s.run("select zap.attach('itens')").await;
    let warnings = s.warnings().await.join("\n");
    for index in [
        "create index concurrently on public.itens (pedido_id)",
        "create index concurrently on public.item_adicionais (item_id)",
    ] {
        assert!(warnings.contains(index), "{warnings}");
    }
}

/// O2: what a sample says holds no values of persons, and others cannot ask for it.
#[tokio::test]
async fn samples_are_counts() {
    let database = plain().database().await;
    let s = database.session().await;
    s.run(&shop::tables("bigint")).await;
    shop::place(&s, 1).await;
    s.run("create extension zapgres").await;
    let described = s.value("select zap.describe('pedido_itens')").await;
    assert!(described.contains("\"phones\": 1"), "{described}");
    for secret in ["Ana Souza", "98765"] {
        assert!(!described.contains(secret), "{described}");
    }
    s.run("create role curious login; grant usage on schema zap to curious; grant execute on all functions in schema zap to curious")
        .await;
    let curious = database.session_as("curious").await;
    let error = curious.error("select zap.sample('public.pedidos')").await;
    assert_eq!(error.code().code(), "42501");
    assert_eq!(
        curious
            .value("select zap.try_sample('public.pedidos'::regclass)")
            .await,
        "null"
    );
    s.run("drop owned by curious; drop role curious").await;
}
