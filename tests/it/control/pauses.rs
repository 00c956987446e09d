//! Pausing and resuming channels, tenants and sources.

use super::queue::{add, open, row};

/// Q1: a pause is set once and ended once, and the log says by whom.
#[tokio::test]
async fn a_pause_begins_and_ends() {
    let (_, s) = open().await;
    let things = [
        ("channel", "'first'", "zap.channel where name = 'first'"),
        ("tenant", "'1'", "zap.tenant where id = '1'"),
        ("source", "'pedido_itens'", "zap.source"),
        (
            "source",
            "'public.pedido_itens', 'order_received'",
            "zap.source",
        ),
    ];
    for (thing, name, place) in things {
        let paused = format!("select paused_at is not null from {place}");
        for (action, changes, is_paused) in [
            ("pause", "t", "t"),
            ("pause", "f", "t"),
            ("resume", "t", "f"),
            ("resume", "f", "f"),
        ] {
            let call = format!("select zap.{action}_{thing}({name})");
            assert_eq!(s.value(&call).await, changes, "{call}");
            assert_eq!(s.value(&paused).await, is_paused, "{call}");
        }
    }
    let log = "select event, detail from zap.notification_logs order by id";
    let log = s.rows(log).await;
    assert_eq!(log.len(), 8);
    assert_eq!(log[0], ["paused", "channel first, by postgres"]);
    assert_eq!(log[1], ["resumed", "channel first, by postgres"]);
    assert_eq!(log[3], ["resumed", "tenant 1, by postgres"]);
    assert_eq!(
        log[4],
        [
            "paused",
            "source public.pedido_itens, order_received, by postgres"
        ]
    );
}

/// Bad input: a table of that name in two schemas is not guessed.
#[tokio::test]
async fn an_ambiguous_source_is_refused() {
    let (_, s) = open().await;
    s.run(
        "create schema shop;
         create table shop.pedido_itens (pedido_id bigint references pedidos);
         select zap.attach('shop.pedido_itens')",
    )
    .await;
    let error = s.error("select zap.pause_source('pedido_itens')").await;
    assert_eq!(error.code().code(), "42P08", "{error:?}");
    assert!(error.message().contains("shop.pedido_itens"), "{error:?}");
    s.run("select zap.pause_source('shop.pedido_itens')").await;
    let paused = "select relation from zap.source where paused_at is not null";
    assert_eq!(s.column(paused).await, ["shop.pedido_itens"]);
}

/// Q1: what a source's pause has put aside is due again when it ends; what is put aside for other reasons stays.
#[tokio::test]
async fn what_a_pause_put_aside_is_due_again() {
    let (_, s) = open().await;
    let aside = add(&s, "1", "pending").await;
    let held = add(&s, "2", "uncertain").await;
    s.run(&format!(
        "select zap.pause_source('pedido_itens');
         update zap.notification_queue set next_attempt_at = 'infinity',
             reason = case id when {aside} then 'source_paused' else 'held' end"
    ))
    .await;
    s.run("select zap.resume_source('pedido_itens')").await;
    let now = "next_attempt_at <= now(), reason";
    assert_eq!(row(&s, aside, now).await, ["t", "null"]);
    assert_eq!(row(&s, held, now).await, ["f", "held"]);
}

/// Q1: what was put aside and has lost its channel since is due again too.
#[tokio::test]
async fn what_was_put_aside_without_a_channel_is_due_again() {
    let (_, s) = open().await;
    let id = add(&s, "1", "pending").await;
    s.run(
        "select zap.pause_source('pedido_itens');
         update zap.notification_queue set next_attempt_at = 'infinity', reason = 'source_paused', channel_id = null;
         select zap.resume_source('pedido_itens')",
    )
    .await;
    let now = "next_attempt_at <= now(), reason";
    assert_eq!(row(&s, id, now).await, ["t", "no_channel"]);
}

/// Q1: a lane that puts something aside just then cannot leave it there: the resuming waits for it, and finds it.
#[tokio::test]
async fn nothing_stays_aside_when_a_lane_is_slow() {
    let (database, s) = open().await;
    let id = add(&s, "1", "pending").await;
    s.run("select zap.pause_source('pedido_itens')").await;
    let lane = database.session().await;
    lane.run(&format!(
        "begin;
         select from zap.source where paused_at is not null for share skip locked;
         update zap.notification_queue set next_attempt_at = 'infinity', reason = 'source_paused' where id = {id}"
    ))
    .await;
    let resuming = s.run("select zap.resume_source('pedido_itens')");
    let finish = async {
        super::races::until_it_waits(&lane, s.pid()).await;
        lane.run("commit").await;
    };
    tokio::join!(resuming, finish);
    assert_eq!(row(&s, id, "reason").await, ["null"]);
}

/// Wake: whoever sends for the channel learns of it at once.
#[tokio::test]
async fn daemons_are_told() {
    let (database, s) = open().await;
    let id = add(&s, "1", "failed").await;
    let channel = s
        .value("select id from zap.channel where name = 'first'")
        .await;
    let daemon = database.session().await;
    daemon.run("listen zapgres; listen zapgres_lanes").await;
    let told = async |call: &str| {
        s.run(&format!("select zap.{call}")).await;
        let mut told: Vec<_> = daemon
            .next_notifications()
            .await
            .iter()
            .map(|n| (n.channel().to_owned(), n.payload().to_owned()))
            .collect();
        told.sort();
        told
    };
    let expected = [
        ("zapgres".to_owned(), String::new()),
        ("zapgres_lanes".to_owned(), channel.clone()),
    ];
    for call in [
        "pause_channel('first')",
        "resume_channel('first')",
        &format!("retry({id})"),
        &format!("cancel({id})"),
    ] {
        assert_eq!(told(call).await, expected, "{call}");
    }
}
