//! Data that cannot be read or written: it concerns its own order and no other.

use super::stand::Stand;
use crate::cluster::plain;
use crate::shop::{item, order};
use crate::{shop, wait};

/// What the database refuses waits, says why, and is sent when it can be written.
#[tokio::test]
async fn a_message_that_cannot_be_written_holds_nobody_up() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("alter table zap.notification_queue add constraint not_two check (body <> '2')")
        .await;
    stand.place(1..=5).await;
    let daemon = stand.daemon();
    stand.until_accepted_texts(&["1", "3", "4", "5"]).await;
    assert_eq!(stand.of_order(2, "reason").await, "write_error");
    assert!(stand.of_order(2, "last_error").await.contains("not_two"));
    daemon.until_it_says("cannot be written").await;
    stand
        .session
        .run("alter table zap.notification_queue drop constraint not_two")
        .await;
    stand.until_accepted(5).await;
    assert_eq!(daemon.log().matches("cannot be written").count(), 1);
}

/// A time that no calendar has waits alone, and the column is named.
#[tokio::test]
async fn an_order_of_an_infinite_time_holds_nobody_up() {
    let stand = Stand::open(plain()).await;
    let infinite = "update pedidos set created_at = 'infinity' where id = 1;";
    let statements = [&order(1), &order(2), infinite, &item(1), &item(2)];
    let together = statements.concat();
    stand
        .session
        .run(&format!("begin; {together} commit"))
        .await;
    let daemon = stand.daemon();
    stand.until_accepted(1).await;
    assert_eq!(stand.provider.texts().await, ["2"]);
    assert_eq!(stand.of_order(1, "reason").await, "context_error");
    assert!(stand.of_order(1, "last_error").await.contains("created_at"));
    daemon
        .until_it_says("the data of an order cannot be used")
        .await;
}

/// An interval of any length is a wait until the end of time, not an error.
#[tokio::test]
async fn a_notification_may_wait_for_ever() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("update zap.source set expires_after = '100000000 years'")
        .await;
    stand.place([1]).await;
    let _daemon = stand.daemon();
    stand.until_accepted(1).await;
}

/// The built-in text has characters that older databases cannot store.
#[tokio::test]
async fn a_database_in_latin1_gets_its_messages() {
    let database = plain().database_in("LATIN1").await;
    let stand = Stand::open_in(database, &shop::tables("bigint")).await;
    stand.session.run("delete from zap.template").await;
    stand.place([1]).await;
    let _daemon = stand.daemon();
    let mut texts = Vec::new();
    wait::until("the message arrives", async || {
        texts = stand.provider.texts().await;
        !texts.is_empty()
    })
    .await;
    assert!(texts[0].contains("Olá, Ana! Recebemos"), "{texts:?}");
    assert!(texts[0].contains("1x X-Burger 1 - R$"), "{texts:?}");
}
