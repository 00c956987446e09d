//! Databases that are not in UTF-8, as those of old systems: names and keys with accents.

use crate::captured::{missed, queued, resolvable};
use crate::cluster::plain;
use crate::database::Database;
use crate::session::Session;

const NOTHING: [&str; 0] = [];

/// In both, accents are one byte; in the second, the euro sign is one that the first has no letter for.
const ENCODINGS: [&str; 2] = ["LATIN1", "WIN1252"];

/// Orders named by a column with an accent, and their items in a table with one.
const TABLES: &str = r#"
    create table pedidos ("código" text primary key, "situação" text, telefone text);
    create table "ítens" (
        id bigserial primary key, "pedido_código" text references pedidos, produto text
    );
    insert into pedidos ("código", telefone) values ('é"\ç', '11987654321'), ('ã', '11987654321')"#;

/// The same with orders named by two columns.
const TABLES_OF_TWO_KEYS: &str = r#"
    create table pedidos ("código" text, loja integer, telefone text, primary key ("código", loja));
    create table "ítens" (
        id bigserial primary key, "pedido_código" text, loja integer, produto text,
        foreign key ("pedido_código", loja) references pedidos ("código", loja)
    );
    insert into pedidos ("código", loja, telefone) values ('é"\ç', 1, '11987654321'), ('ã', 1, '11987654321')"#;

async fn open(encoding: &str, tables: &str) -> (Database, Session) {
    let database = plain().database_in(encoding).await;
    let session = database.session().await;
    session.run(tables).await;
    session
        .run(r#"create extension zapgres; select zap.attach('"ítens"')"#)
        .await;
    session.notices().await;
    (database, session)
}

/// O3: table and column with accents, and keys with accents, quotes and backslashes.
#[tokio::test]
async fn names_and_keys_with_accents() {
    for encoding in ENCODINGS {
        let (database, s) = open(encoding, TABLES).await;
        let insert = r#"insert into "ítens" ("pedido_código", produto) values ('é"\ç', 'Pão')"#;
        s.run(insert).await;
        assert_eq!(s.warnings().await, NOTHING, "{encoding}");
        assert_eq!(queued(&s).await, [r#"é"\ç"#], "{encoding}");
        assert_eq!(resolvable(&s).await, [r#"é"\ç"#], "{encoding}");
        s.run("delete from zap.notification_queue").await;
        database.session().await.run(insert).await;
        assert_eq!(queued(&s).await, NOTHING, "{encoding}");
        assert_eq!(missed(&s).await, NOTHING, "{encoding}");
    }
}

/// O16: a key of two columns is valid JSON and leads back to the order.
#[tokio::test]
async fn composite_keys_with_accents() {
    for encoding in ENCODINGS {
        let (database, s) = open(encoding, TABLES_OF_TWO_KEYS).await;
        let insert =
            r#"insert into "ítens" ("pedido_código", loja, produto) values ('é"\ç', 1, 'Pão')"#;
        s.run(insert).await;
        assert_eq!(s.warnings().await, NOTHING, "{encoding}");
        assert_eq!(queued(&s).await, [r#"["é\"\\ç",1]"#], "{encoding}");
        let key = "select subject::jsonb ->> 0 from zap.notification_queue";
        assert_eq!(s.value(key).await, r#"é"\ç"#, "{encoding}");
        assert_eq!(resolvable(&s).await, queued(&s).await, "{encoding}");
        s.run("delete from zap.notification_queue").await;
        database.session().await.run(insert).await;
        assert_eq!(queued(&s).await, NOTHING, "{encoding}");
        assert_eq!(missed(&s).await, NOTHING, "{encoding}");
    }
}

/// O3: keys with a letter that only this encoding has.
#[tokio::test]
async fn keys_beyond_latin() {
    let (_, s) = open("WIN1252", TABLES).await;
    s.run(r#"insert into pedidos ("código", telefone) values ('5€', '11987654321')"#)
        .await;
    s.run(r#"insert into "ítens" ("pedido_código") values ('5€')"#)
        .await;
    assert_eq!(queued(&s).await, ["5€"]);
    assert_eq!(resolvable(&s).await, ["5€"]);
}

/// O2: what was in the way is kept readably: a mark in place of each letter that is lost, not several wrong ones.
#[tokio::test]
async fn an_obstacle_is_told_readably() {
    let (_, s) = open("LATIN1", TABLES).await;
    s.run(
        r#"create function refuse() returns trigger language plpgsql as
               $$ begin raise exception 'não dá'; end $$;
           create trigger refuse before insert on zap.notification_queue
               for each row execute function refuse();
           insert into "ítens" ("pedido_código") values ('ã')"#,
    )
    .await;
    assert_eq!(missed(&s).await, ["ã"]);
    let reason = s.value("select reason from zap.missed").await;
    assert_eq!(reason, "P0001: n?o d?");
}
