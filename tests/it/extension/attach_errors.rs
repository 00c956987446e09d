//! Bad input to `zap.attach()` and `zap.detach()`: one clear line, a SQLSTATE of its own, a hint.

use tokio_postgres::error::DbError;

use crate::cluster::plain;
use crate::session::Session;
use crate::shop;

/// The shop, its table attached, and another table that is not.
async fn open() -> Session {
    let (_, s) = shop::open(plain()).await;
    s.run(
        "create table avulsos (pedido_id bigint references pedidos, dados json, onde point);
         create table soltos (nome text)",
    )
    .await;
    s
}

/// The error's message is one line, its state is `state`, and both it and the hint are of use.
fn assert_clear(error: &DbError, state: &str, mentions: &str) {
    assert_eq!(error.code().code(), state, "{error:?}");
    assert!(!error.message().contains('\n'), "{error:?}");
    assert!(error.message().contains(mentions), "{error:?}");
    assert!(
        error.hint().is_some_and(|hint| !hint.is_empty()),
        "{error:?}"
    );
}

/// Nothing is left of an attempt that failed.
async fn assert_nothing_attached(s: &Session) {
    let sources = "select relation from zap.source where relation <> 'public.pedido_itens'";
    assert_eq!(s.column(sources).await, [""; 0]);
}

/// O3: unknown relation.
#[tokio::test]
async fn an_unknown_relation_is_named() {
    let s = open().await;
    let error = s.error("select zap.attach('pedido_items')").await;
    assert_eq!(error.code().code(), "42P01");
    assert!(error.message().contains("pedido_items"));
}

/// O3: relation without a usable key.
#[tokio::test]
async fn a_table_without_a_foreign_key_needs_a_key_column() {
    let s = open().await;
    assert_clear(
        &s.error("select zap.attach('soltos')").await,
        "22023",
        "soltos",
    );
    assert_nothing_attached(&s).await;
}

/// O3: several foreign keys: the one is not guessed.
#[tokio::test]
async fn a_table_with_several_foreign_keys_needs_a_key_column() {
    let s = open().await;
    s.run("create table ambos (a bigint references pedidos, b bigint references pedidos)")
        .await;
    let error = s.error("select zap.attach('ambos')").await;
    assert!(
        error.hint().is_some_and(|hint| hint.contains("key_column")),
        "{error:?}"
    );
    assert_nothing_attached(&s).await;
}

/// O3: a column that is not there.
#[tokio::test]
async fn an_unknown_key_column_is_named() {
    let s = open().await;
    assert_clear(
        &s.error("select zap.attach('soltos', 'pedido')").await,
        "42703",
        "pedido",
    );
    assert_nothing_attached(&s).await;
}

/// O3: a column whose type is no key.
#[tokio::test]
async fn a_key_column_of_an_unusable_type_is_named() {
    let s = open().await;
    for column in ["dados", "onde"] {
        let error = s
            .error(&format!("select zap.attach('avulsos', '{column}')"))
            .await;
        assert_clear(&error, "22023", column);
    }
    assert_nothing_attached(&s).await;
}

/// O3: what is no table cannot be attached.
#[tokio::test]
async fn a_view_cannot_be_attached() {
    let s = open().await;
    s.run("create view vista as select * from pedido_itens")
        .await;
    assert_clear(
        &s.error("select zap.attach('vista', 'pedido_id')").await,
        "42809",
        "vista",
    );
    assert_nothing_attached(&s).await;
}

/// O3: duplicate attach.
#[tokio::test]
async fn a_table_is_attached_once() {
    let s = open().await;
    let error = s.error("select zap.attach('pedido_itens')").await;
    assert_clear(&error, "42710", "pedido_itens");
    assert!(
        error.hint().is_some_and(|hint| hint.contains("zap.detach")),
        "{error:?}"
    );
    shop::place(&s, 1).await;
    assert_eq!(crate::captured::queued(&s).await, ["1"]);
}

/// O3: bad `ready_when`.
#[tokio::test]
async fn a_bad_ready_when_is_refused() {
    let s = open().await;
    for bad in [
        "nao_existe = 1",
        "total >",
        "total + 1",
        "true) or (select true from empresas",
    ] {
        let error = s
            .error(&format!(
                "select zap.attach('avulsos', ready_when => '{bad}')"
            ))
            .await;
        assert!(error.message().contains("ready_when"), "{bad}: {error:?}");
        assert!(error.hint().is_some(), "{bad}: {error:?}");
        assert_ne!(error.code().code(), "XX000", "{bad}: {error:?}");
    }
    assert_nothing_attached(&s).await;
    s.run("select zap.attach('avulsos', ready_when => 'total > 0')")
        .await;
}

/// O3: bad context query.
#[tokio::test]
async fn a_bad_context_query_is_refused() {
    let s = open().await;
    let bad = [
        "selec 1",
        "select 1",
        "select id::text as subject from pedidos where id::text = any($1)",
        "select id as subject, null as tenant, telefone as recipient, 5 as context from pedidos
             where id::text = any($1)",
        "delete from pedidos",
    ];
    for query in bad {
        let call = format!("select zap.attach('avulsos', context_query => '{query}')");
        let error = s.error(&call).await;
        assert!(
            error.message().contains("context_query"),
            "{query}: {error:?}"
        );
        assert!(error.hint().is_some(), "{query}: {error:?}");
        assert_ne!(error.code().code(), "XX000", "{query}: {error:?}");
    }
    assert_nothing_attached(&s).await;
}

/// O3: values out of range.
#[tokio::test]
async fn values_out_of_range_are_refused() {
    let s = open().await;
    let bad = [
        "settle => '-1 second'",
        "mode => 'loud'",
        "event => 'Order Received'",
    ];
    for option in bad {
        let error = s
            .error(&format!("select zap.attach('avulsos', {option})"))
            .await;
        assert_clear(&error, "22023", "zap.attach");
    }
    assert_nothing_attached(&s).await;
}

/// O3: detach of what is not attached.
#[tokio::test]
async fn a_table_that_is_not_attached_cannot_be_detached() {
    let s = open().await;
    assert_clear(
        &s.error("select zap.detach('avulsos')").await,
        "42704",
        "avulsos",
    );
}

/// O3: a role that does not own the table may not attach it.
#[tokio::test]
async fn only_the_administrator_attaches() {
    let (database, admin) = shop::open(plain()).await;
    admin
        .run("create role passer_by login; create table soltos (chave integer)")
        .await;
    let passer_by = database.session_as("passer_by").await;
    let error = passer_by
        .error("select zap.attach('public.soltos', 'chave')")
        .await;
    assert_eq!(error.code().code(), "42501");
}

/// O3: tables that are not the user's, or not for long.
#[tokio::test]
async fn only_lasting_tables_of_the_users_are_attached() {
    let s = open().await;
    s.run("create temporary table passageira (pedido_id bigint)")
        .await;
    for (table, mentions) in [
        ("passageira", "passageira"),
        ("zap.notification_queue", "notification_queue"),
        ("zap.source", "zap.source"),
        ("pg_catalog.pg_description", "pg_description"),
    ] {
        let error = s
            .error(&format!("select zap.attach('{table}', 'objoid')"))
            .await;
        assert_clear(&error, "42809", mentions);
    }
    assert_nothing_attached(&s).await;
}

/// Bad input: no table.
#[tokio::test]
async fn a_missing_table_is_told() {
    let s = open().await;
    for nothing in ["null", "0::regclass"] {
        let error = s.error(&format!("select zap.attach({nothing})")).await;
        assert_clear(&error, "42P01", "no table");
        let error = s.error(&format!("select zap.detach({nothing})")).await;
        assert_clear(&error, "42704", "not attached");
    }
    assert_nothing_attached(&s).await;
}

/// Bad input: what cannot be null, and times that could never be met.
#[tokio::test]
async fn nulls_and_times_of_nothing_are_refused() {
    let s = open().await;
    let nulls = [
        "event",
        "mode",
        "settle",
        "max_settle",
        "max_age",
        "expires_after",
    ];
    for option in nulls {
        let call = format!("select zap.attach('avulsos', {option} => null)");
        assert_clear(&s.error(&call).await, "22004", "null");
    }
    for (option, value) in [
        ("max_age", "-1 hour"),
        ("max_age", "0"),
        ("expires_after", "-1 second"),
        ("expires_after", "0"),
        ("max_settle", "-1 second"),
    ] {
        let call = format!("select zap.attach('avulsos', {option} => '{value}')");
        assert_clear(&s.error(&call).await, "22023", option);
    }
    assert_nothing_attached(&s).await;
}
