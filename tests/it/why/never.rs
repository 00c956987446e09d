//! Orders that were never captured.

use super::{assert_normal, assert_obstacle, standing};
use crate::cluster::plain;
use crate::daemon::type_in;
use crate::session::Session;
use crate::shop::{self, item, order};

/// The plain shop; order 7 is there, and nothing is known of it.
async fn open_unannounced() -> (crate::database::Database, Session) {
    let (database, s) = shop::open(plain()).await;
    shop::place(&s, 7).await;
    s.run("delete from zap.notification_queue").await;
    (database, s)
}

/// B3: what is not an order is said to be none, whatever it looks like.
#[tokio::test]
async fn an_unknown_order() {
    let (_, s) = shop::open(plain()).await;
    for subject in ["4711", "abc", "", " 1 2", "99999999999999999999999", "'"] {
        if subject.is_empty() {
            let error = s.error("select * from zap.why('')").await;
            assert!(error.message().contains("no order"), "{error:?}");
            assert!(error.hint().is_some());
            continue;
        }
        assert_obstacle(&s, subject, "order_unknown", "zap.source").await;
    }
    let step = standing(&s, "4711").await;
    assert!(
        step.text.contains("4711") && step.text.contains("pedido_itens"),
        "{step:?}"
    );
}

/// B3: nothing is attached.
#[tokio::test]
async fn no_source() {
    let (_, s) = shop::open(plain()).await;
    s.run("select zap.detach('pedido_itens'); delete from zap.source")
        .await;
    assert_obstacle(&s, "1", "no_source", "zap.attach").await;
}

/// B3: a source that is not there is a mistake of whoever asks.
#[tokio::test]
async fn an_unknown_source_is_refused() {
    let (_, s) = shop::open(plain()).await;
    let error = s.error("select * from zap.why('1', 4711)").await;
    assert!(error.message().contains("4711"), "{error:?}");
}

/// B3: the first item announces an order.
#[tokio::test]
async fn an_order_without_items() {
    let (_, s) = shop::open(plain()).await;
    s.run(&order(1)).await;
    assert_normal(&s, "1", "no_items").await;
}

/// B3: whoever wrote it wanted silence.
#[tokio::test]
async fn a_silenced_transaction() {
    let (_, s) = shop::open(plain()).await;
    s.run(&format!(
        "begin; set local zap.enabled = off; {}{} commit",
        order(1),
        item(1)
    ))
    .await;
    assert_obstacle(&s, "1", "silenced", "zap.enabled").await;
}

/// B3: capture is switched off for all sessions.
#[tokio::test]
async fn capture_switched_off_for_the_database() {
    let (database, s) = open_unannounced().await;
    let name = s.value("select quote_ident(current_database())").await;
    s.run(&format!("alter database {name} set zap.enabled = off"))
        .await;
    let step = standing(&s, "7").await;
    assert_eq!(step.code, "capture_off", "{step:?}");
    assert!(step.text.contains(&name.replace('"', "")), "{step:?}");
    assert!(step.remedy.contains("reset zap.enabled"), "{step:?}");
    drop(database);
}

/// B3: what was there before is not announced, told by its time or by its key.
#[tokio::test]
async fn an_order_from_before_the_attachment() {
    let (_, s) = open_unannounced().await;
    s.run("update pedidos set created_at = now() - interval '1 hour'")
        .await;
    assert_normal(&s, "7", "before_attach").await;
    s.run(
        "update zap.source set created_column = null;
         insert into zap.sweep_mark (source_id, key) select id, 7 from zap.source",
    )
    .await;
    assert_normal(&s, "7", "before_attach").await;
}

/// B3: its announcement has left by retention.
#[tokio::test]
async fn an_order_whose_history_is_gone() {
    let (_, s) = open_unannounced().await;
    s.run(
        "update zap.source set attached_at = now() - interval '100 days';
         update pedidos set created_at = now() - interval '60 days'",
    )
    .await;
    assert_normal(&s, "7", "forgotten").await;
}

/// B3: the table is detached.
#[tokio::test]
async fn a_detached_table() {
    let (_, s) = shop::open(plain()).await;
    s.run("select zap.detach('pedido_itens')").await;
    shop::place(&s, 1).await;
    assert_obstacle(&s, "1", "detached", "zap.attach('public.pedido_itens')").await;
}

/// B3: somebody dropped the trigger.
#[tokio::test]
async fn a_trigger_that_is_gone() {
    let (_, s) = shop::open(plain()).await;
    s.run("drop trigger trigger_whatsapp_notification on pedido_itens")
        .await;
    shop::place(&s, 1).await;
    assert_obstacle(&s, "1", "trigger_missing", "zap.create_trigger").await;
    // Attached anew, order 1 would be one from before that, and its query the proposed one.
    s.run(&standing(&s, "1").await.remedy).await;
    assert_obstacle(&s, "1", "not_announced", "zapgres sweep").await;
    shop::place(&s, 2).await;
    assert_obstacle(&s, "2", "no_daemon", "zapgres").await;
}

/// O6, B3: what announced a status is attached as that again.
#[tokio::test]
async fn a_detached_status() {
    let (_, s) = shop::open(plain()).await;
    s.run(
        "select zap.detach('pedido_itens');
         delete from zap.source;
         alter table pedidos add column situacao text;
         select zap.attach_status('pedidos', 'situacao', '{\"pago\": \"order_paid\"}', supersede => true);
         select zap.detach('pedidos', 'order_status')",
    )
    .await;
    shop::place(&s, 1).await;
    assert_obstacle(
        &s,
        "1",
        "detached",
        "zap.attach_status('public.pedidos', 'situacao'",
    )
    .await;
    s.run(&standing(&s, "1").await.remedy).await;
    s.run("update pedidos set situacao = 'pago'").await;
    assert_obstacle(&s, "1", "no_daemon", "zapgres").await;
    let superseding = "select count(*) from zap.source where supersedes and detached_at is null";
    assert_eq!(s.value(superseding).await, "1");
}

/// B3: somebody disabled the trigger; the remedy works as it stands.
#[tokio::test]
async fn a_disabled_trigger() {
    let (_, s) = shop::open(plain()).await;
    s.run("alter table pedido_itens disable trigger all").await;
    shop::place(&s, 1).await;
    assert_obstacle(&s, "1", "trigger_disabled", "enable trigger").await;
    s.run(&standing(&s, "1").await.remedy).await;
    shop::place(&s, 2).await;
    assert_obstacle(&s, "2", "no_daemon", "zapgres").await;
}

/// B3: what could not enter the queue waits in zap.missed.
#[tokio::test]
async fn a_missed_order() {
    let (database, s) = shop::open(plain()).await;
    let other = database.session().await;
    other
        .run("begin; lock table zap.notification_queue in access exclusive mode")
        .await;
    shop::place(&s, 1).await;
    other.run("rollback").await;
    assert_obstacle(&s, "1", "missed", "zapgres").await;
    assert!(standing(&s, "1").await.text.contains("55P03"));
}

/// B3: nothing shows why; the sweep may find it.
#[tokio::test]
async fn an_order_that_capture_did_not_see() {
    let (database, s) = open_unannounced().await;
    assert_obstacle(&s, "7", "not_announced", "zapgres sweep").await;
    let remedy = standing(&s, "7").await.remedy;
    let output = type_in(&database, &remedy);
    assert!(output.status.success(), "{remedy}: {output:?}");
    assert_obstacle(&s, "7", "no_daemon", "zapgres run").await;
}

/// Bad input: a column of the key was renamed after the attachment.
#[tokio::test]
async fn a_table_that_was_changed() {
    let (_, s) = open_unannounced().await;
    s.run("alter table pedidos rename column id to codigo")
        .await;
    assert_obstacle(&s, "7", "source_unreadable", "zapgres setup").await;
    s.run("drop table pedidos cascade").await;
    assert_obstacle(&s, "7", "source_unreadable", "zapgres setup").await;
}

/// O16: keys of several columns and of any type are found.
#[tokio::test]
async fn keys_of_several_columns() {
    let tables =
        "create table vendas (loja integer, \"Número\" text, primary key (loja, \"Número\"));
         create table pedido_itens (
             id serial, loja integer, \"Venda\" text, nome_produto text,
             foreign key (loja, \"Venda\") references vendas
         );
         create index on pedido_itens (loja, \"Venda\")";
    let (_, s) = shop::open_with(plain(), tables).await;
    s.run("insert into vendas values (1, 'A-7')").await;
    assert_normal(&s, "[1,\"A-7\"]", "no_items").await;
    assert_obstacle(&s, "[1,\"B\"]", "order_unknown", "zap.source").await;
    assert_obstacle(&s, "[1", "order_unknown", "zap.source").await;
    assert_obstacle(&s, "[]", "order_unknown", "zap.source").await;
}
