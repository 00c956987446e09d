//! Data that cannot be read or written: it concerns its own order and no other.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use sha2::{Digest, Sha256};

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

/// O3: nor within a backlog, where the next batch is looked at already while one is written.
#[tokio::test]
async fn messages_of_a_backlog_that_cannot_be_written_hold_nobody_up() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run(
            "alter table zap.notification_queue
             add constraint not_these check (body not in ('7', '33', '34', '58'))",
        )
        .await;
    stand.place(1..=60).await;
    let arguments = ["--sweep-interval", "0", "--claim-batch", "4"];
    let daemon = crate::daemon::Daemon::start(&stand.database, &arguments);
    stand.until_accepted(56).await;
    for refused in [7, 33, 34, 58] {
        assert_eq!(stand.of_order(refused, "reason").await, "write_error");
    }
    stand
        .session
        .run("alter table zap.notification_queue drop constraint not_these")
        .await;
    stand.until_done().await;
    let expected: BTreeMap<u32, usize> = (1..=60).map(|key| (key, 1)).collect();
    assert_eq!(stand.accepted().await, expected);
    assert!(daemon.log().contains("cannot be written"));
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

/// A query that never ends is asked seldom: the orders of other tables do not wait for it.
#[tokio::test]
async fn a_slow_query_holds_nobody_up_for_long() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run(
            "create table vendas (id bigint primary key);
             create table venda_itens (venda_id bigint references vendas);
             create index on venda_itens (venda_id);
             select zap.attach('venda_itens', settle => '0', context_query => $$
                 select v.id::text as subject, null::text as tenant, '11987654321' as recipient,
                     jsonb_build_object('slept', pg_sleep(60)::text) as context
                 from public.vendas as v where v.id::text = any($1)$$);
             insert into vendas values (1);
             insert into venda_itens values (1)",
        )
        .await;
    let daemon = stand.daemon();
    daemon
        .until_it_says("the context query does not work")
        .await;
    let asked = "select count(*) from pg_stat_activity
         where datname = current_database() and wait_event = 'PgSleep'";
    let again = async || stand.session.count(asked).await > 0;
    assert!(!wait::holds_within(Duration::from_secs(5), again).await);
    stand.place([2]).await;
    stand.until_accepted(1).await;
    let told = "select last_error from zap.notification_queue where subject = '1'";
    assert!(
        stand
            .session
            .value(told)
            .await
            .contains("takes longer than 5 s")
    );
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

/// B9: providers write as they like: what an older database cannot store of it keeps no outcome from being written.
#[tokio::test]
async fn a_database_in_latin1_is_told_what_a_provider_says() {
    let database = plain().database_in("LATIN1").await;
    let stand = Stand::open_in(database, &shop::tables("bigint")).await;
    let refusal = json!([["não é “texto” 😀"]]);
    stand
        .provider
        .order_faults(&json!([
            {"kind": "status", "code": 400, "body": {"response": {"message": refusal}}, "times": 1},
            {"kind": "status", "code": 201, "body": {"key": {"id": "3EB0😀"}}, "times": 1},
            {"kind": "status", "code": 401, "body": {"response": {"message": "não “autorizado” 😀"}}},
        ]))
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_status(1, "failed").await;
    let error = stand.of_order(1, "last_error").await;
    assert!(error.contains("não é"), "{error}");
    stand.place([2]).await;
    stand.until_status(2, "sent").await;
    assert_eq!(stand.of_order(2, "provider_message_id").await, "3EB0");
    stand.place([3]).await;
    let reason = "select breaker_reason like '%não \"autorizado\"%' from zap.channel_state";
    wait::until("the channel rests", async || {
        stand.session.value(reason).await == "t"
    })
    .await;
}

/// B2: a provider's yes is one, whatever it names the message.
#[tokio::test]
async fn an_id_that_no_index_takes_makes_no_doubt_of_a_yes() {
    let stand = Stand::open(plain()).await;
    // Nothing that could be compressed.
    let id: String = (0..500_u32)
        .map(|number| hex::encode(Sha256::digest(number.to_string())))
        .collect();
    stand
        .provider
        .order_faults(&json!({"kind": "status", "code": 201, "body": {"key": {"id": id}}}))
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_status(1, "sent").await;
    assert_eq!(stand.of_order(1, "provider_message_id").await, "");
}

/// O5: odd values in one message stop no other.
#[tokio::test]
async fn odd_times_in_one_message_hold_up_no_other() {
    let stand = Stand::open(plain()).await;
    stand
        .queue_many("channel_1", 4, "'+551198765432' || g")
        .await;
    for (text, change) in [
        (1, "payload = '{\"delay_seconds\": 1e-400}'"),
        (2, "payload = '{\"delay_seconds\": -1e400}'"),
        (3, "next_attempt_at = '-infinity'"),
    ] {
        stand
            .session
            .run(&format!(
                "update zap.notification_queue set {change} where subject = '{text}'"
            ))
            .await;
    }
    let _daemon = stand.daemon();
    stand.until_accepted(4).await;
}

/// B9: what the server refuses to a lane is told, once, and ends when its cause is gone.
#[tokio::test]
async fn a_look_that_the_server_refuses_is_told() {
    let stand = Stand::open(plain()).await;
    stand.queue("7", "text", &[]).await;
    let rename = "alter table zap.notification_queue rename column";
    stand
        .session
        .run(&format!("{rename} subject to another"))
        .await;
    let daemon = stand.daemon();
    let line = "a channel's messages cannot be read or written";
    daemon.until_it_says(line).await;
    stand
        .session
        .run(&format!("{rename} another to subject"))
        .await;
    stand.until_accepted_texts(&["text"]).await;
    assert_eq!(daemon.log().matches(line).count(), 1);
}
