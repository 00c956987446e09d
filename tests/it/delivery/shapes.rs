//! Order tables of other shapes: found by the derived context query, keys and names of every kind.

use super::stand::Stand;
use crate::cluster::plain;
use crate::shop;
use crate::wait;

/// Runs the inserts on these tables, each its own transaction, and compares what arrives, sorted.
async fn arrives(tables: &str, attach: &str, inserts: &[&str], expected: &[&str]) {
    let stand = Stand::open_with(plain(), tables).await;
    stand.add_channel("default").await;
    if !attach.is_empty() {
        stand.session.run(attach).await;
        stand
            .session
            .run("update zap.source set settle = '0'")
            .await;
    }
    let _daemon = stand.daemon();
    for insert in inserts {
        stand.session.run(insert).await;
    }
    let arrived = async || stand.provider.texts().await.len() >= expected.len();
    if !wait::holds_within(wait::PATIENCE, arrived).await {
        let rows = "select subject, status, reason, last_error from zap.notification_queue";
        panic!("{:?}", stand.session.rows(rows).await);
    }
    stand.until_done().await;
    let mut texts = stand.provider.texts().await;
    texts.sort();
    assert_eq!(texts, expected);
}

/// O16: keys of each type.
#[tokio::test]
async fn orders_with_keys_of_each_type() {
    let keys = [
        ("smallint", "7", "7"),
        ("integer", "-3", "-3"),
        (
            "uuid",
            "'A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11'",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        ),
        ("text", "'Nº 7 \"x\" O''Brien'", "Nº 7 \"x\" O'Brien"),
        ("character varying", "'A-1'", "A-1"),
    ];
    for (key_type, key, subject) in keys {
        let insert = format!(
            "begin; {}{}{} commit",
            shop::order(key),
            shop::item(key),
            shop::item(key)
        );
        arrives(&shop::tables(key_type), "", &[&insert], &[subject]).await;
    }
}

/// O16: a key of two columns.
#[tokio::test]
async fn orders_with_a_composite_key() {
    let tables = "
        create table pedidos (
            ano integer, numero text, telefone text, nome text, total numeric, primary key (ano, numero)
        );
        create table pedido_itens (
            id bigserial primary key, ano integer, numero text, nome_produto text, quantidade integer, preco numeric,
            foreign key (ano, numero) references pedidos (ano, numero)
        );
        create index on pedido_itens (ano, numero)";
    let insert = r#"begin;
        insert into pedidos values (1, 'A"1', '11987654321', 'Ana', 10), (2, 'A"1', '11987654321', 'Rui', 10);
        insert into pedido_itens (ano, numero, nome_produto, quantidade, preco)
        values (1, 'A"1', 'X', 1, 10), (2, 'A"1', 'X', 1, 10), (2, 'A"1', 'Y', 1, 10);
        commit"#;
    arrives(tables, "", &[insert], &[r#"[1,"A\"1"]"#, r#"[2,"A\"1"]"#]).await;
}

/// O16: names that need quotes, and a schema of its own; `ready_when` names the order's columns.
#[tokio::test]
async fn orders_whose_names_need_quotes() {
    let tables = r#"
        create schema "Minha Loja";
        create table "Minha Loja"."Os Pedidos" (
            "pedidoId" bigint primary key, "Telefone" text, "Nome" text, "Total" numeric, "Pago ""Já""" boolean
        );
        create table "Minha Loja"."Pedido Itens" (
            "itemId" bigserial primary key, "pedidoId" bigint references "Minha Loja"."Os Pedidos",
            "Nome" text, "Quantidade" integer, "Preco" numeric
        );
        create index on "Minha Loja"."Pedido Itens" ("pedidoId")"#;
    let attach =
        r#"select zap.attach('"Minha Loja"."Pedido Itens"', ready_when => '"Pago ""Já"""')"#;
    let insert = r#"begin;
        insert into "Minha Loja"."Os Pedidos" values
            (1, '11987654321', 'Ana', 10, true), (2, '11987654321', 'Rui', 10, false);
        insert into "Minha Loja"."Pedido Itens" ("pedidoId", "Nome", "Quantidade", "Preco")
        values (1, 'X', 1, 10), (2, 'X', 1, 10);
        commit"#;
    let paid = r#"update "Minha Loja"."Os Pedidos" set "Pago ""Já""" = true"#;
    arrives(tables, attach, &[insert, paid], &["1", "2"]).await;
}

/// O16: items in partitions, one inserted by its own name.
#[tokio::test]
async fn orders_whose_items_are_partitioned() {
    let tables = "
        create table pedidos (id integer primary key, nome text, telefone text, total numeric);
        create table pedido_itens (
            canal text, pedido_id integer references pedidos, nome_produto text, quantidade integer, preco numeric
        ) partition by list (canal);
        create table itens_app partition of pedido_itens for values in ('app');
        create table itens_site partition of pedido_itens for values in ('site');
        create index on pedido_itens (pedido_id)";
    let insert = "begin;
        insert into pedidos values (1, 'Ana', '11987654321', 1), (2, 'Rui', '11987654321', 1);
        insert into pedido_itens values ('app', 1, 'X', 1, 1), ('site', 1, 'Y', 1, 1);
        insert into itens_site values ('site', 2, 'X', 1, 1);
        commit";
    arrives(tables, "", &[insert], &["1", "2"]).await;
}

/// O7: a database without companies has one, `default`; the built-in text does without what there is not.
#[tokio::test]
async fn orders_of_a_database_without_companies() {
    let tables = "
        create table pedidos (id integer primary key, nome text, telefone text);
        create table pedido_itens (pedido_id integer references pedidos, produto text, quantidade integer);
        create index on pedido_itens (pedido_id)";
    let stand = Stand::open_with(plain(), tables).await;
    stand.add_channel("default").await;
    stand.session.run("delete from zap.template").await;
    let _daemon = stand.daemon();
    stand
        .session
        .run(
            "begin; insert into pedidos values (12, 'Ana Souza', '11987654321');
             insert into pedido_itens values (12, 'Pastel', 3); commit",
        )
        .await;
    wait::until("the message", async || {
        !stand.provider.texts().await.is_empty()
    })
    .await;
    let text = stand.provider.texts().await.remove(0);
    assert!(
        text.contains("Ana") && text.contains("12") && text.contains("Pastel"),
        "{text}"
    );
    assert!(!text.contains("none") && !text.contains("null"), "{text}");
    assert_eq!(stand.of_order(12, "tenant_id").await, "default");
}
