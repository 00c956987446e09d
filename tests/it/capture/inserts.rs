//! Tables whose every new row is an event.

use crate::captured::{gaps, missed, queued};
use crate::cluster::plain;
use crate::database::Database;
use crate::session::Session;
use crate::shop;

const NOTHING: [&str; 0] = [];

/// A table of messages, of which there is one already.
async fn open() -> (Database, Session) {
    let (database, s) = shop::open(plain()).await;
    s.run(
        "create table recados (id bigserial primary key, texto text, criado_em timestamptz not null default now());
         insert into recados (texto) values ('antigo');
         select zap.attach_inserts('recados', event => 'recado')",
    )
    .await;
    s.notices().await;
    (database, s)
}

/// O15: each row once, whatever happens to it later.
#[tokio::test]
async fn every_new_row_is_an_event() {
    let (_, s) = open().await;
    s.run("insert into recados (texto) values ('a'), ('b')")
        .await;
    s.run("update recados set texto = 'c'").await;
    let events = "select dedup_key from zap.notification_queue order by 1";
    assert_eq!(s.column(events).await, ["recado:2", "recado:3"]);
}

/// O15: COPY, an upsert, and a savepoint that is rolled back.
#[tokio::test]
async fn rows_come_in_many_ways() {
    let (_, s) = open().await;
    s.run(r#"copy recados (texto) from program 'printf "a\nb\n"'"#)
        .await;
    s.run(
        "insert into recados (id, texto) values (1, 'de novo'), (40, 'novo')
         on conflict (id) do update set texto = excluded.texto",
    )
    .await;
    s.run("begin; savepoint a; insert into recados (id) values (50); rollback to savepoint a")
        .await;
    s.run("insert into recados (id) values (51); commit").await;
    assert_eq!(queued(&s).await, ["2", "3", "40", "51"]);
}

/// O2: switched off, and with the queue locked.
#[tokio::test]
async fn obstacles_are_those_of_items() {
    let (database, s) = open().await;
    s.run("set zap.enabled = off; insert into recados (texto) values ('a')")
        .await;
    assert_eq!((gaps(&s).await, queued(&s).await.len()), (1, 0));
    s.run("set zap.enabled = on").await;
    let other = database.session().await;
    other
        .run("begin; lock table zap.notification_queue in access exclusive mode")
        .await;
    s.run("insert into recados (texto) values ('b')").await;
    other.run("rollback").await;
    assert_eq!(missed(&s).await, ["3"]);
    assert_eq!(queued(&s).await, NOTHING);
}
