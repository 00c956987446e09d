//! `zapgres sweep`: status changes and new rows that capture never saw.

use super::stand::Stand;
use crate::cluster::plain;
use crate::daemon;
use crate::shop::order;
use crate::wait;

const NOTHING: [&str; 0] = [];

/// The plain shop, whose orders 1 to 3 are from before their status was attached, and 4 to 6 from after.
async fn open() -> Stand {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    s.run("alter table pedidos add status text default 'novo', add nota text")
        .await;
    for key in 1..=3 {
        s.run(&order(key)).await;
    }
    s.run(
        r#"select zap.attach_status('pedidos', 'status', '{"pago": "order_paid", "pronto": "order_ready"}')"#,
    )
    .await;
    for key in 4..=6 {
        s.run(&order(key)).await;
    }
    stand
}

async fn events(stand: &Stand) -> Vec<String> {
    let events = "select dedup_key from zap.notification_queue order by dedup_key collate \"C\"";
    stand.session.column(events).await
}

async fn unseen(stand: &Stand, sql: &str) {
    let s = &stand.session;
    s.run("set session_replication_role = replica").await;
    s.run(sql).await;
    s.run("reset session_replication_role").await;
}

fn sweep(stand: &Stand) {
    daemon::succeed(&stand.database, &["sweep"]);
}

/// B6: a status that no trigger saw is found, once; of an order from before nothing is told.
#[tokio::test]
async fn an_unseen_status_is_found() {
    let stand = open().await;
    unseen(
        &stand,
        "update pedidos set status = 'pago' where id in (1, 4)",
    )
    .await;
    unseen(&stand, "update pedidos set status = 'outro' where id = 5").await;
    sweep(&stand);
    assert_eq!(events(&stand).await, ["order_paid:4"]);
    let log = "select event, code from zap.notification_logs where event = 'swept'";
    assert_eq!(stand.session.rows(log).await, [["swept", "swept"]]);
    sweep(&stand);
    unseen(&stand, "update pedidos set status = 'pronto' where id = 4").await;
    sweep(&stand);
    assert_eq!(events(&stand).await, ["order_paid:4", "order_ready:4"]);
}

/// B6: a disabled trigger.
#[tokio::test]
async fn a_disabled_trigger_is_made_good() {
    let stand = open().await;
    stand
        .session
        .run("alter table pedidos disable trigger user; update pedidos set status = 'pago' where id = 4")
        .await;
    sweep(&stand);
    assert_eq!(events(&stand).await, ["order_paid:4"]);
}

/// B6: what was silenced stays silent, also when the row is written again later; newer orders are found.
#[tokio::test]
async fn a_silenced_status_is_left_alone() {
    let stand = open().await;
    let s = &stand.session;
    s.run("set zap.enabled = off; update pedidos set status = 'pago' where id in (4, 5); reset zap.enabled")
        .await;
    s.run("update pedidos set nota = 'sem cebola' where id = 5")
        .await;
    s.run(&order(7)).await;
    unseen(&stand, "update pedidos set status = 'pago' where id = 7").await;
    sweep(&stand);
    assert_eq!(events(&stand).await, ["order_paid:7"]);
}

/// B6: the same where keys tell the age.
#[tokio::test]
async fn a_silenced_status_is_left_alone_where_keys_tell_the_age() {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    s.run(
        r#"create table comandas (id serial primary key, status text default 'aberta', nota text);
           select zap.attach_status('comandas', 'status', '{"fechada": "order_paid"}');
           insert into comandas default values; insert into comandas default values"#,
    )
    .await;
    sweep(&stand);
    unseen(
        &stand,
        "update comandas set status = 'fechada' where id = 1",
    )
    .await;
    sweep(&stand);
    assert_eq!(events(&stand).await, ["order_paid:1"]);
    s.run("set zap.enabled = off; update comandas set status = 'fechada' where id = 2; reset zap.enabled")
        .await;
    s.run("update comandas set nota = 'x' where id = 2").await;
    sweep(&stand);
    assert_eq!(events(&stand).await, ["order_paid:1"]);
}

/// B6: rows of a table whose every new row is an event.
#[tokio::test]
async fn unseen_rows_are_found() {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    s.run(
        "create table recados (id serial primary key, texto text, created_at timestamptz not null default now());
         insert into recados (texto) values ('antigo');
         select zap.attach_inserts('recados', event => 'recado')",
    )
    .await;
    unseen(&stand, "insert into recados (texto) values ('a')").await;
    sweep(&stand);
    assert_eq!(events(&stand).await, ["recado:2"]);
    s.run("set zap.enabled = off; insert into recados (texto) values ('b'); reset zap.enabled")
        .await;
    unseen(&stand, "update recados set texto = 'c'").await;
    unseen(&stand, "insert into recados (texto) values ('d')").await;
    sweep(&stand);
    assert_eq!(events(&stand).await, ["recado:2", "recado:4"]);
}

/// O2: what a locked queue kept away is enqueued by the daemon, with its event.
#[tokio::test]
async fn a_missed_status_is_enqueued_later() {
    let stand = open().await;
    let s = &stand.session;
    let other = stand.database.session().await;
    other
        .run("begin; lock table zap.notification_queue in access exclusive mode")
        .await;
    s.run("update pedidos set status = 'pago' where id = 4")
        .await;
    other.run("rollback").await;
    assert_eq!(events(&stand).await, NOTHING);
    let _daemon = stand.daemon();
    wait::until("it is enqueued", async || {
        events(&stand).await == ["order_paid:4"]
    })
    .await;
    assert_eq!(s.value("select count(*) from zap.missed").await, "0");
}
