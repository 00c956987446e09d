//! What arrives.

use std::collections::BTreeMap;

use super::stand::Stand;
use crate::capture::wake::{listener, until_there_is_a_notifier};
use crate::cluster::{plain, preloaded};
use crate::sandbox::text;
use crate::shop::{self, item, order};
use crate::wait;

/// O12: an order becomes one message, and its row and log tell how.
#[tokio::test]
async fn an_order_becomes_a_message() {
    let stand = Stand::open(plain()).await;
    stand.place([1]).await;
    stand
        .session
        .run("update zap.notification_queue set created_at = created_at - interval '1 hour'")
        .await;
    let _daemon = stand.daemon();
    stand.until_accepted(1).await;
    let message = stand.provider.messages().await.remove(0);
    assert_eq!(text(&message, "number"), "5511987654321");
    assert_eq!(text(&message, "instance"), "instance_1");
    assert_eq!(stand.until_status(1, "sent").await, "null");
    assert_eq!(stand.of_order(1, "recipient").await, "+5511987654321");
    assert_eq!(stand.of_order(1, "tenant_id").await, "1");
    assert_eq!(stand.of_order(1, "body").await, "1");
    assert_eq!(stand.of_order(1, "attempts").await, "1");
    assert_eq!(
        stand.of_order(1, "provider_message_id").await,
        text(&message, "id")
    );
    assert_eq!(stand.events(1).await, ["resolved", "sent"]);
    // The first row also tells of the capture: how long ago it was.
    let captured =
        "select duration_ms * interval '1 ms' from zap.notification_logs where event = 'resolved'";
    let captured = format!("select d between '60 min' and '70 min' from ({captured}) as c (d)");
    assert_eq!(stand.session.value(&captured).await, "t");
}

/// O6: the built-in text: name, number, items, total, company.
#[tokio::test]
async fn the_built_in_text_says_what_was_ordered() {
    let stand = Stand::open(plain()).await;
    stand.session.run("delete from zap.template").await;
    let _daemon = stand.daemon();
    stand
        .session
        .run(
            "begin;
             insert into pedidos (id, empresa_id, nome, telefone, total)
             values (4711, 1, 'Ana Souza', '11987654321', 1234.5);
             insert into pedido_itens (pedido_id, nome_produto, quantidade, valor_unitario)
             values (4711, 'Pizza Calabresa', 2, 45.9), (4711, 'Guaraná 2 L', 1, 12);
             commit",
        )
        .await;
    wait::until("the message", async || {
        !stand.provider.texts().await.is_empty()
    })
    .await;
    let text = stand.provider.texts().await.remove(0);
    for part in [
        "Ana",
        "4711",
        "Pizza Calabresa",
        "2",
        "91,80",
        "Guaraná 2 L",
        "12,00",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(
        text.contains("R$ 1.234,50") && text.contains("Pizzaria Bela"),
        "{text}"
    );
}

/// O12: many orders, preloaded or not: every one once.
#[tokio::test]
async fn a_burst_of_orders_arrives_once_each() {
    for cluster in [plain(), preloaded()] {
        let stand = Stand::open(cluster).await;
        let _daemon = stand.daemon();
        stand.place(1..=150).await;
        stand.until_accepted(150).await;
        stand.until_done().await;
        let expected: BTreeMap<u32, usize> = (1..=150).map(|key| (key, 1)).collect();
        assert_eq!(stand.accepted().await, expected);
    }
}

/// O9: the daemon is woken: far sooner than it polls.
#[tokio::test]
async fn a_message_does_not_wait_for_the_timer() {
    let stand = Stand::open(preloaded()).await;
    let daemon = crate::daemon::Daemon::start(&stand.database, &["--poll-interval", "1h"]);
    daemon.until_it_says("ready").await;
    until_there_is_a_notifier(&listener(&stand.database).await, &stand.session).await;
    for key in 1..=10 {
        stand.place([key]).await;
        stand.until_status(key, "sent").await;
    }
}

/// O12: several companies, each by its own number.
#[tokio::test]
async fn each_company_sends_by_its_own_channel() {
    let stand = Stand::open(plain()).await;
    stand.add_channel("2").await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand
        .session
        .run(
            "begin;
             insert into pedidos (id, empresa_id, nome, telefone, total)
             values (2, 2, 'Rui', '11912345678', 10);",
        )
        .await;
    stand.session.run(&(item(2) + "commit")).await;
    stand.until_accepted(2).await;
    let mut sent: Vec<_> = stand
        .provider
        .messages()
        .await
        .iter()
        .map(|message| (text(message, "text"), text(message, "instance")))
        .collect();
    sent.sort();
    let expected = [("1", "instance_1"), ("2", "instance_2")];
    assert_eq!(
        sent,
        expected.map(|(order, by)| (order.to_owned(), by.to_owned()))
    );
}

/// O3: order, items and more items in transactions of their own: one message with all of them.
#[tokio::test]
async fn an_order_that_comes_in_pieces_is_sent_when_it_has_settled() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run(
            "update zap.source set settle = '5 seconds', max_settle = '2 minutes';
             delete from zap.template;
             insert into zap.template (event, body) values ('order_received', '{{ items | length }}')",
        )
        .await;
    let _daemon = stand.daemon();
    stand.session.run(&order(1)).await;
    for _ in 0..4 {
        stand.session.run(&item(1)).await;
        let hash = "select count(*) from zap.notification_queue where context_hash is not null";
        wait::until("it is looked at", async || {
            stand.session.value(hash).await == "1"
        })
        .await;
    }
    stand.until_status(1, "sent").await;
    assert_eq!(stand.provider.texts().await, ["4"]);
}

/// O3: an order that never comes to rest is sent after `max_settle`.
#[tokio::test]
async fn an_order_that_keeps_changing_is_sent_in_the_end() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("update zap.source set settle = '4 seconds', max_settle = '10 seconds'")
        .await;
    let _daemon = stand.daemon();
    stand.session.run(&order(1)).await;
    wait::until("it is sent all the same", async || {
        stand.session.run(&item(1)).await;
        !stand.provider.texts().await.is_empty()
    })
    .await;
    let age = "select sent_at - created_at >= interval '8 seconds' from zap.notification_queue";
    stand.until_status(1, "sent").await;
    assert_eq!(stand.session.value(age).await, "t");
}

/// O7: one channel keeps its pace.
#[tokio::test]
async fn a_channel_pauses_between_messages() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("update zap.channel set delay_min = '400ms', delay_max = '500ms'")
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_accepted(1).await;
    stand.place(2..=5).await;
    stand.until_accepted(5).await;
    stand.until_done().await;
    // Two in a row may come closer, where the first is held up after its turn; but none before its turn.
    let in_turn = "select bool_and(sent_at >= captured + turn * interval '390 milliseconds') from (
         select
             processing_at as sent_at, min(created_at) over () as captured,
             row_number() over (order by processing_at) - 1 as turn
         from zap.notification_queue where subject <> '1') as messages";
    assert_eq!(stand.session.value(in_turn).await, "t");
}

/// O12: messages of one channel leave in the order of capture.
#[tokio::test]
async fn a_channel_keeps_the_order_of_capture() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("update zap.channel set delay_min = '20ms', delay_max = '30ms'")
        .await;
    stand.place(1..=30).await;
    let _daemon = stand.daemon();
    stand.until_accepted(30).await;
    let expected: Vec<_> = (1..=30).map(|key: u32| key.to_string()).collect();
    assert_eq!(stand.provider.texts().await, expected);
}

/// B9: an order placed long before the extension says nothing when the daemon starts.
#[tokio::test]
async fn old_orders_stay_quiet() {
    let database = plain().database().await;
    let session = database.session().await;
    session.run(&shop::tables("bigint")).await;
    shop::place(&session, 1).await;
    session.run("create extension zapgres").await;
    let provider = crate::sandbox::Provider::start();
    let stand = Stand {
        database,
        session,
        provider,
    };
    stand
        .session
        .run("update zap.source set settle = '0'")
        .await;
    stand
        .session
        .run("insert into zap.template (event, body) values ('order_received', '{{ order.id }}')")
        .await;
    stand.add_channel("1").await;
    let _daemon = crate::daemon::Daemon::start(&stand.database, &["--sweep-interval", "1s"]);
    stand.session.run(&item(1)).await;
    stand.place([2, 3]).await;
    stand.until_accepted(2).await;
    assert_eq!(stand.accepted().await, BTreeMap::from([(2, 1), (3, 1)]));
}
