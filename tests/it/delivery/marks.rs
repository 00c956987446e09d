//! What is checked once more when a message is marked for sending: the day's limit, pauses, and who may repeat.

use serde_json::json;

use super::stand::Stand;
use crate::cluster::plain;
use crate::daemon::Daemon;
use crate::wait;

/// O4: a channel sends no more in a day than its cap, and goes on the next day.
#[tokio::test]
async fn a_daily_cap_is_kept_exactly() {
    let stand = Stand::open(plain()).await;
    stand.make_it_noon().await;
    stand
        .session
        .run("update zap.channel set daily_cap = 3")
        .await;
    let daemon = stand.daemon();
    stand.place(1..=5).await;
    stand.until_accepted(3).await;
    daemon.until_it_says("daily cap is used up").await;
    daemon.kill();
    stand.until_its_sessions_have_ended().await;
    let daemon = stand.daemon();
    daemon.until_it_says("daily cap is used up").await;
    assert_eq!(stand.accepted().await.len(), 3);
    let count = "select sent_count from zap.channel_state";
    assert_eq!(stand.session.count(count).await, 3);
    stand
        .session
        .run(
            "update zap.channel_state set sent_on = sent_on - 1;
             select pg_notify('zapgres_lanes', channel_id::text) from zap.channel_state",
        )
        .await;
    stand.until_accepted(5).await;
    stand.until_done().await;
    assert_eq!(stand.session.count(count).await, 2);
}

/// O4: a new number may send as much as the way from its first day to the cap allows.
#[tokio::test]
async fn a_new_number_is_warmed_up() {
    let stand = Stand::open(plain()).await;
    stand.make_it_noon().await;
    stand
        .session
        .run(
            "update zap.channel set daily_cap = 10, warm_up_from = 2, warm_up_days = 8,
                 created_at = clock_timestamp() - interval '2 days'",
        )
        .await;
    let daemon = stand.daemon();
    stand.place(1..=6).await;
    stand.until_accepted(4).await;
    daemon.until_it_says("daily cap is used up").await;
    assert_eq!(stand.accepted().await.len(), 4);
}

/// O4: a timezone that this server does not know, as a restored dump may have it, stops nobody.
#[tokio::test]
async fn an_unknown_timezone_stops_nobody() {
    let stand = Stand::open(plain()).await;
    stand.add_channel("2").await;
    stand
        .session
        .run(
            "update zap.channel set daily_cap = 3 where tenant_id = '2';
             alter table zap.tenant disable trigger tenant_timezone;
             update zap.tenant set timezone = 'Mars/Olympus' where id = '2'",
        )
        .await;
    let _daemon = stand.daemon();
    let order = crate::shop::order(1).replace("(1, 1,", "(1, 2,");
    stand
        .session
        .run(&format!("begin; {order}{} commit", crate::shop::item(1)))
        .await;
    stand.place(2..=4).await;
    stand.until_accepted(4).await;
    stand.until_done().await;
    let sent_today = "select sent_today from zap.channel_overview() where tenant_id = '2'";
    assert_eq!(stand.session.count(sent_today).await, 1);
}

/// Control: what a paused source has waiting is put out of the way, and sent when the pause ends.
#[tokio::test]
async fn a_paused_source_waits_and_goes_on() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("select zap.pause_source('public.pedido_itens')")
        .await;
    let _daemon = stand.daemon();
    stand.place(1..=3).await;
    let parked = "select count(*) from zap.notification_queue
         where reason = 'source_paused' and next_attempt_at = 'infinity'";
    wait::until("all are put aside", async || {
        stand.session.count(parked).await == 3
    })
    .await;
    assert!(stand.accepted().await.is_empty());
    stand
        .session
        .run("select zap.resume_source('public.pedido_itens')")
        .await;
    stand.until_accepted(3).await;
    stand.until_done().await;
}

/// B2: where the policy is to hold, a message without an answer is repeated only by a person.
#[tokio::test]
async fn what_is_to_be_held_is_not_repeated() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("update zap.source set uncertain_policy = 'hold'")
        .await;
    stand
        .provider
        .order_faults(&json!([
            {"kind": "drop_after", "times": 1},
            {"kind": "no_history"},
        ]))
        .await;
    let arguments = ["--sweep-interval", "0", "--send-timeout", "6s"];
    let _daemon = Daemon::start(&stand.database, &arguments);
    stand.place([1]).await;
    stand.until_uncertain_and_hastened(1, 1).await;
    wait::until("it is held", async || {
        stand.of_order(1, "reason").await == "held"
    })
    .await;
    assert_eq!(stand.of_order(1, "status").await, "uncertain");
    assert_eq!(stand.of_order(1, "attempts").await, "1");
    let id = stand.of_order(1, "id").await;
    stand.session.run(&format!("select zap.retry({id})")).await;
    let hasten = "update zap.notification_queue set next_attempt_at = clock_timestamp()";
    stand
        .session
        .run(&format!("{hasten} where status = 'uncertain'"))
        .await;
    stand.until_status(1, "sent").await;
    assert_eq!(stand.of_order(1, "attempts").await, "2");
}
