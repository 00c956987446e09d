//! Names that need quotes: what is proposed for them can be run.

use crate::cluster::plain;

/// B5: quotes, accents, reserved words and line breaks in every name.
#[tokio::test]
async fn proposals_for_odd_names_can_be_run() {
    let database = plain().database().await;
    let s = database.session().await;
    s.run(
        r#"create schema "Minha ""Loja""";
        set search_path = "Minha ""Loja""";
        create table "order" (
            "select" integer primary key, "Telefone do Cliente" text, "Total (R$)" numeric, "Observações" text, "data
hora" timestamptz, "cliente" text, "Número" text, "'; drop table x; --" text
        );
        create table "Itens 'do' pedido" (
            "user" serial primary key, "order" integer references "order", "Descrição" text, "Qtde." numeric, "Preço unitário" numeric,
            "Adicionais" jsonb, "Sabores" text[]
        );
        reset search_path;
        create extension zapgres"#,
    )
    .await;
    s.run(r#"select zap.attach('"Minha ""Loja"""."Itens ''do'' pedido"')"#)
        .await;
    s.run(
        r#"insert into "Minha ""Loja"""."order" values (1, '11987654321', 10, 'oi', now(), 'Ana', '7', 'x');
        insert into "Minha ""Loja"""."Itens 'do' pedido" ("order", "Descrição", "Qtde.", "Preço unitário", "Adicionais", "Sabores")
        values (1, 'X', 2, 5, '["a", {"nome": "b", "preco": 1}]', '{c,d}')"#,
    )
    .await;
    let statement = s
        .value("select zap.context_statement(id) from zap.source")
        .await;
    let statement = statement.replace("$1", "'{1}'::text[]");
    let context = s
        .value(&format!("select context from ({statement}) as q"))
        .await;
    for part in [
        r#""phone": "11987654321""#,
        r#""name": "Ana""#,
        r#""total": "10.00""#,
        r#""flavors": ["c", "d"]"#,
        r#""name": "b""#,
        r#""name": "a""#,
    ] {
        assert!(context.contains(part), "{part} in {context}");
    }
}
