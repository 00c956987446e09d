//! Types and names of keys.

use crate::captured::{queued, resolvable};
use crate::cluster::plain;
use crate::shop::{self, item};

/// Places two orders with these keys, an item more, and compares the subjects.
async fn subjects_are(key_type: &str, keys: [&str; 2], subjects: [&str; 2]) {
    let (_, s) = shop::open_with(plain(), &shop::tables(key_type)).await;
    for key in keys {
        shop::place(&s, key).await;
    }
    s.run(&item(keys[0])).await;
    assert_eq!(queued(&s).await, subjects);
    assert_eq!(s.warnings().await, [""; 0]);
    // Not by the queue's uniqueness alone:
    s.run("delete from zap.notification_queue").await;
    s.run(&(item(keys[0]) + &item(keys[1]))).await;
    assert_eq!(queued(&s).await, [""; 0]);
    assert_eq!(
        s.value("select key_types[1] from zap.source").await,
        key_type
    );
}

/// O3: integer keys.
#[tokio::test]
async fn integer_keys() {
    subjects_are("integer", ["1", "-2147483648"], ["-2147483648", "1"]).await;
}

/// O3: smallint keys.
#[tokio::test]
async fn smallint_keys() {
    subjects_are("smallint", ["1", "32767"], ["1", "32767"]).await;
}

/// O3: bigint keys.
#[tokio::test]
async fn bigint_keys() {
    subjects_are(
        "bigint",
        ["1", "9223372036854775807"],
        ["1", "9223372036854775807"],
    )
    .await;
}

/// O3: uuid keys.
#[tokio::test]
async fn uuid_keys() {
    subjects_are(
        "uuid",
        [
            "'A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11'",
            "'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12'",
        ],
        [
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            "b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12",
        ],
    )
    .await;
}

/// O3: text keys, whatever is in them.
#[tokio::test]
async fn text_keys() {
    subjects_are(
        "text",
        ["'Nº 7 \"ação\" O''Brien'", "'x:y 🍕'"],
        ["Nº 7 \"ação\" O'Brien", "x:y 🍕"],
    )
    .await;
}

/// O3: varchar keys.
#[tokio::test]
async fn varchar_keys() {
    subjects_are("character varying", ["'A-1'", "''"], ["", "A-1"]).await;
}

/// O3: keys of a fixed length, as other systems leave them: neither cut nor padded when orders are looked for.
#[tokio::test]
async fn keys_of_a_fixed_length() {
    let cases = [
        (
            "character(36)",
            "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        ),
        ("character(36)", "'A-1'", "A-1"),
        ("bit(8)", "b'10000001'", "10000001"),
    ];
    for (key_type, key, subject) in cases {
        let (database, s) = shop::open_with(plain(), &shop::tables(key_type)).await;
        shop::place(&s, key).await;
        assert_eq!(queued(&s).await, [subject], "{key_type}");
        assert_eq!(resolvable(&s).await, [subject], "{key_type}");
        s.run("delete from zap.notification_queue").await;
        let other = database.session().await;
        other.run(&item(key)).await;
        other.run(&item(key)).await;
        assert_eq!(queued(&s).await, [""; 0], "{key_type}");
        assert_eq!(other.warnings().await, [""; 0], "{key_type}");
    }
}

/// O3: a foreign key of two columns: the subject is a JSON array.
#[tokio::test]
async fn composite_keys() {
    let tables =
        "create table pedidos (loja_id integer, numero text, primary key (loja_id, numero));
         create table pedido_itens (
             id bigserial primary key, loja_id integer, quantidade integer, numero text,
             foreign key (loja_id, numero) references pedidos (loja_id, numero)
         )";
    let (_, s) = shop::open_with(plain(), tables).await;
    s.run(r#"insert into pedidos values (7, 'A1'), (8, 'A1'), (7, 'B"2')"#)
        .await;
    let insert = r#"insert into pedido_itens (loja_id, numero)
                    values (7, 'A1'), (8, 'A1'), (7, 'A1'), (7, 'B"2')"#;
    s.run(insert).await;
    let subjects = [r#"[7,"A1"]"#, r#"[7,"B\"2"]"#, r#"[8,"A1"]"#];
    assert_eq!(queued(&s).await, subjects);
    s.run("delete from zap.notification_queue").await;
    s.run(insert).await;
    s.run("insert into pedido_itens (loja_id, numero) values (7, null)")
        .await;
    assert_eq!(queued(&s).await, [""; 0]);
    assert_eq!(
        s.value("select key_columns from zap.source").await,
        "{loja_id,numero}"
    );
}

/// O3: a key column of the user's choice, without a foreign key.
#[tokio::test]
async fn a_named_key_column_needs_no_foreign_key() {
    let (_, s) = shop::open(plain()).await;
    s.run("create table comandas (mesa integer, item text)")
        .await;
    s.run("select zap.attach('comandas', 'mesa')").await;
    s.run("insert into comandas values (4, 'Chopp'), (4, 'Pastel'), (5, 'Chopp')")
        .await;
    assert_eq!(queued(&s).await, ["4", "5"]);
}

/// O3: names that need quotes, schema, table and columns.
#[tokio::test]
async fn quoted_names() {
    let (_, s) = shop::open(plain()).await;
    s.run(
        r#"create schema "Minha Loja";
           create table "Minha Loja"."Pedidos" ("pedidoId" uuid primary key);
           create table "Minha Loja"."Pedido ""Itens""" (
               id serial primary key, "pedidoId" uuid references "Minha Loja"."Pedidos"
           );
           select zap.attach('"Minha Loja"."Pedido ""Itens"""')"#,
    )
    .await;
    let key = "c0eebc99-9c0b-4ef8-bb6d-6bb9bd380a13";
    let insert =
        format!(r#"insert into "Minha Loja"."Pedido ""Itens""" ("pedidoId") values ('{key}')"#);
    s.run(&format!(
        r#"insert into "Minha Loja"."Pedidos" values ('{key}')"#
    ))
    .await;
    s.run(&insert).await;
    s.run(&insert).await;
    assert_eq!(queued(&s).await, [key]);
    s.run("delete from zap.notification_queue").await;
    s.run(&insert).await;
    assert_eq!(queued(&s).await, [""; 0]);
}

/// O3: the key's column is found again after columns before it were dropped or it was renamed.
#[tokio::test]
async fn a_changed_table_is_still_captured() {
    let (_, s) = shop::open(plain()).await;
    shop::place(&s, 1).await;
    s.run("alter table pedido_itens add column observacao text")
        .await;
    s.run("alter table pedido_itens alter column nome_produto drop not null")
        .await;
    shop::place(&s, 2).await;
    s.run("alter table pedido_itens drop column id").await;
    shop::place(&s, 3).await;
    assert_eq!(queued(&s).await, ["1", "2", "3"]);
}

/// O3: a table that was renamed or moved is the same table, in sessions that know it and in new ones.
#[tokio::test]
async fn a_renamed_table_is_still_captured() {
    let (database, s) = shop::open(plain()).await;
    shop::place(&s, 1).await;
    s.run("alter table pedido_itens rename to itens; create schema loja; alter table itens set schema loja")
        .await;
    let other = database.session().await;
    for (session, key) in [(&s, 2), (&other, 3)] {
        session.run(&shop::order(key)).await;
        let insert = item(key).replace("pedido_itens", "loja.itens");
        session.run(&insert).await;
        session.run(&insert).await;
        assert_eq!(session.warnings().await, [""; 0]);
    }
    assert_eq!(queued(&s).await, ["1", "2", "3"]);
}

/// O2: a key column that is gone does not fail the insert.
#[tokio::test]
async fn a_lost_key_column_fails_nothing() {
    let (_, s) = shop::open(plain()).await;
    shop::place(&s, 1).await;
    s.run("alter table pedido_itens drop column pedido_id")
        .await;
    s.run("insert into pedido_itens (nome_produto, quantidade, valor_unitario) values ('X', 1, 1)")
        .await;
    assert_eq!(s.warnings().await.len(), 1);
    assert_eq!(queued(&s).await, ["1"]);
}
