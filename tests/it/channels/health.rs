//! Whether a channel's number is connected to WhatsApp: seen, told, and mended.

use serde_json::json;

use super::providers::move_to;
use crate::cluster::plain;
use crate::daemon::succeed;
use crate::delivery::stand::Stand;
use crate::wait;

/// Brings the next look at every channel forward.
const LOOK_NOW: &str = "update zap.channel_health set health_due_at = clock_timestamp()
     where health_due_at > clock_timestamp()";

/// Waits until the daemon has seen this of a channel.
async fn until_seen(stand: &Stand, channel: &str, connection: &str) {
    let query = format!(
        "select h.connection from zap.channel_health as h
         join zap.channel as c on c.id = h.channel_id where c.name = '{channel}'"
    );
    wait::until(&format!("{channel} is seen {connection}"), async || {
        stand.session.run(LOOK_NOW).await;
        stand.session.column(&query).await == [connection]
    })
    .await;
}

/// Waits until these notifications wait for a channel, and asserts that none has lost an attempt.
async fn assert_held(stand: &Stand, count: u64) {
    let waiting = "select count(*) from zap.notification_queue
         where channel_id is not null and resolved_at is not null and status in ('pending', 'retrying')";
    wait::until("they wait for the channel", async || {
        stand.session.count(waiting).await == count
    })
    .await;
    let tried =
        "select count(*) from zap.notification_queue where status <> 'sent' and attempts > 0";
    assert_eq!(stand.session.count(tried).await, 0);
}

/// P3, Q1: a number that is not connected holds its messages, and sends each once when it is connected again.
#[tokio::test]
async fn a_number_that_is_not_connected_holds_its_messages() {
    let stand = Stand::open(plain()).await;
    let daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_accepted(1).await;
    let away = json!({"state": "disconnected", "connecting_ms": 600_000});
    stand
        .provider
        .set_connection("evolution", "instance_1", &away)
        .await;
    until_seen(&stand, "channel_1", "connecting").await;
    stand.place(2..=5).await;
    assert_held(&stand, 4).await;
    let list = succeed(&stand.database, &["channel", "list"]);
    assert!(list.contains("connecting, "), "{list}");
    assert!(list.contains("channel_down"), "{list}");
    let log = daemon.log();
    assert!(
        log.contains("the number is not connected to WhatsApp"),
        "{log}"
    );
    assert!(
        log.contains("the provider was asked to connect the number again"),
        "{log}"
    );

    let back = json!({"state": "connected"});
    stand
        .provider
        .set_connection("evolution", "instance_1", &back)
        .await;
    until_seen(&stand, "channel_1", "connected").await;
    stand.until_accepted(5).await;
    stand.until_done().await;
    assert!(stand.accepted().await.values().all(|times| *times == 1));
    assert_eq!(stand.provider.requests("disconnected").await, 0);
    let attempts = "select distinct attempts from zap.notification_queue";
    assert_eq!(stand.session.column(attempts).await, ["1"]);
    let told = "select detail from zap.notification_logs where event = 'connection' order by id";
    let told = stand.session.column(told).await;
    assert_eq!(told.first().map(String::as_str), Some("connected"));
    assert_eq!(told.last().map(String::as_str), Some("connected"));
    assert!(
        told.iter().any(|detail| detail == "disconnected"),
        "{told:?}"
    );
}

/// P3: the provider is asked to connect the number, and nobody else has to do anything.
#[tokio::test]
async fn a_number_is_connected_again() {
    for provider in ["evolution", "zapi", "waha", "megaapi"] {
        let stand = Stand::open(plain()).await;
        move_to(&stand, provider).await;
        let daemon = stand.daemon();
        until_seen(&stand, "channel_1", "connected").await;
        let away = json!({"state": "disconnected"});
        stand
            .provider
            .set_connection(provider, "instance_1", &away)
            .await;
        stand.session.run(LOOK_NOW).await;
        daemon
            .until_it_says("the provider was asked to connect the number again")
            .await;
        until_seen(&stand, "channel_1", "connected").await;
        stand.place([1]).await;
        stand.until_accepted(1).await;
        daemon.until_it_says("the channel can be used again").await;
    }
}

/// P2, P3: another channel of the company sends for the one that is not connected, until that is connected again.
#[tokio::test]
async fn another_channel_sends_while_a_number_is_not_connected() {
    let stand = Stand::open(plain()).await;
    let url = stand.provider.url();
    stand.add_second_channel("first", &url, 10).await;
    let away = json!({"state": "disconnected", "connecting_ms": 600_000});
    stand
        .provider
        .set_connection("evolution", "first", &away)
        .await;
    let daemon = stand.daemon();
    until_seen(&stand, "first", "connecting").await;
    stand.place(1..=5).await;
    stand.until_accepted(5).await;
    assert_eq!(stand.texts_of("instance_1").await.len(), 5);
    let back = json!({"state": "connected"});
    stand
        .provider
        .set_connection("evolution", "first", &back)
        .await;
    until_seen(&stand, "first", "connected").await;
    daemon.until_it_says("the channel can be used again").await;
    let mut key = 5;
    wait::until("the first channel is used again", async || {
        key += 1;
        stand.place([key]).await;
        stand.until_accepted(key as usize).await;
        !stand.texts_of("first").await.is_empty()
    })
    .await;
    assert_eq!(stand.provider.requests("disconnected").await, 0);
}

/// P3: what only a person can do is said with the command that does it.
#[tokio::test]
async fn a_number_without_a_phone_is_told_with_the_command_that_connects_it() {
    let seen_as = [
        ("evolution", "connecting"),
        ("zapi", "disconnected"),
        ("waha", "awaits_pairing"),
    ];
    for (provider, connection) in seen_as {
        let stand = Stand::open(plain()).await;
        move_to(&stand, provider).await;
        let unpaired = json!({"state": "awaits_pairing", "needs_pairing": true});
        stand
            .provider
            .set_connection(provider, "instance_1", &unpaired)
            .await;
        let daemon = stand.daemon();
        until_seen(&stand, "channel_1", connection).await;
        stand.place([1]).await;
        daemon
            .until_it_says("zapgres channel connect channel_1")
            .await;
        assert_held(&stand, 1).await;
        wait::until("its code is scanned", async || {
            stand.provider.scan(provider, "instance_1").await
        })
        .await;
        until_seen(&stand, "channel_1", "connected").await;
        stand.until_accepted(1).await;
    }
}

/// P3, Q1: whoever takes over a channel that was down for long uses it as soon as its number is seen connected.
#[tokio::test]
async fn a_number_that_was_connected_meanwhile_is_used_at_once() {
    let stand = Stand::open(plain()).await;
    let was_down = "insert into zap.channel_state
             (channel_id, breaker, breaker_opened_at, breaker_probe_at, breaker_reason)
         select c.id, 'open', now() - interval '5 hours', now() + interval '10 minutes',
             'channel_down: the number is not connected to WhatsApp'
         from zap.channel as c";
    stand.session.run(was_down).await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_accepted(1).await;
}

/// P3: a provider that could not be asked for a while has changed nothing, and the log is not filled with it.
#[tokio::test]
async fn a_question_that_failed_is_no_change_of_the_connection() {
    let stand = Stand::open(plain()).await;
    let _daemon = stand.daemon();
    until_seen(&stand, "channel_1", "connected").await;
    let set_credential = async |reference: &str| {
        let set = format!("update zap.channel set credential = '{reference}'");
        stand.session.run(&set).await;
    };
    set_credential("env:NOBODY").await;
    let failed = "select count(*) from zap.channel_health where error is not null";
    wait::until("it cannot be asked", async || {
        stand.session.run(LOOK_NOW).await;
        stand.session.count(failed).await == 1
    })
    .await;
    set_credential("env:SANDBOX_KEY").await;
    until_seen(&stand, "channel_1", "connected").await;
    let told = "select detail from zap.notification_logs where event = 'connection'";
    assert_eq!(stand.session.column(told).await, ["connected"]);
}
