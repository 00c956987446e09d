//! What keeps messages from being sent: each of it happens, is told, and its remedy, done to the letter, lets them go.

use serde_json::json;

use super::decided::until_standing;
use super::remedies::{follow, remedy, type_in};
use super::{assert_normal, assert_obstacle, standing};
use crate::channels::providers::move_to;
use crate::cluster::plain;
use crate::daemon::Daemon;
use crate::delivery::copies;
use crate::delivery::stand::Stand;
use crate::wait;

/// B3, B10: a copy of the database sends nothing until somebody has said that it shall.
#[tokio::test]
async fn a_copy_of_the_database() {
    let stand = copies::restored().await;
    // Whether a daemon is there or not: that is not what keeps it.
    assert_obstacle(&stand.session, "2", "not_adopted", "zapgres adopt").await;
    let daemon = stand.daemon();
    daemon.until_it_says("zapgres adopt").await;
    follow(&stand, "2", "not_adopted").await;
    drop(daemon);
    stand.until_its_sessions_have_ended().await;
    until_standing(&stand, "2", "no_daemon").await;
    let _daemon = stand.daemon();
    until_standing(&stand, "2", "sent").await;
}

/// B3, P3: a number without a phone, as each provider that can tell tells it.
#[tokio::test]
async fn a_number_that_is_not_connected() {
    for provider in ["zapi", "waha"] {
        let stand = Stand::open(plain()).await;
        move_to(&stand, provider).await;
        let unpaired = json!({"state": "awaits_pairing", "needs_pairing": true});
        stand
            .provider
            .set_connection(provider, "instance_1", &unpaired)
            .await;
        let _daemon = stand.daemon();
        stand.place([1]).await;
        until_standing(&stand, "1", "disconnected").await;
        let scan = wait::until("its code is scanned", async || {
            stand.provider.scan(provider, "instance_1").await
        });
        tokio::join!(follow(&stand, "1", "disconnected"), scan);
        until_standing(&stand, "1", "sent").await;
    }
}

/// B3, B8: somebody has begun a transaction with the channel's state, and gone to lunch.
#[tokio::test]
async fn a_channel_that_somebody_has_locked() {
    let stand = Stand::open(plain()).await;
    let daemon = stand.daemon();
    stand.place([1]).await;
    until_standing(&stand, "1", "sent").await;
    let person = stand.database.session().await;
    let remove = "begin; delete from zap.channel where name = 'channel_1'";
    person.run(remove).await;
    stand.place([2]).await;
    until_standing(&stand, "2", "channel_locked").await;
    let step = standing(&stand.session, "2").await;
    assert!(step.text.contains(&person.pid().to_string()), "{step:?}");
    // Nor can the daemon take the channel over when it is started anew.
    daemon.kill();
    stand.until_its_sessions_have_ended().await;
    let daemon = stand.daemon();
    daemon.until_it_says("ready").await;
    until_standing(&stand, "2", "channel_locked").await;
    follow(&stand, "2", "channel_locked").await;
    until_standing(&stand, "2", "sent").await;
}

/// A daemon that hangs, so that nobody does what a person has just changed.
async fn hanging(stand: &Stand) -> Daemon {
    let daemon = stand.daemon();
    stand.place([1]).await;
    until_standing(stand, "1", "sent").await;
    daemon.signal("STOP");
    let lease = "update zap.daemon set lease_until = now() + interval '1 hour'";
    stand.session.run(lease).await;
    daemon
}

/// B3: a daemon that hangs takes no channel over.
#[tokio::test]
async fn a_channel_that_no_daemon_has_taken() {
    let stand = Stand::open(plain()).await;
    let daemon = hanging(&stand).await;
    let s = &stand.session;
    stand.add_channel("2").await;
    s.run("select zap.send_message('channel_2', '+5511987654321', 'Oi')")
        .await;
    let subject = s
        .value("select subject from zap.notification_queue where tenant_id = '2'")
        .await;
    assert_eq!(standing(s, &subject).await.code, "no_lease");
    let command = remedy(&stand, &subject, "no_lease").await;
    assert!(
        command.starts_with("systemctl restart zapgres"),
        "{command}"
    );
    daemon.signal("CONT");
    until_standing(&stand, &subject, "sent").await;
}

/// B3: a channel that is being warmed up may send less than its cap.
#[tokio::test]
async fn a_channel_that_is_being_warmed_up() {
    let stand = Stand::open(plain()).await;
    stand.make_it_noon().await;
    let s = &stand.session;
    s.run("update zap.channel set daily_cap = 100, warm_up_from = 1, warm_up_days = 10")
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    until_standing(&stand, "1", "sent").await;
    stand.place([2]).await;
    until_standing(&stand, "2", "channel_cap").await;
    follow(&stand, "2", "channel_cap").await;
    assert_normal(s, "2", "waiting").await;
    until_standing(&stand, "2", "sent").await;
}

/// B3: a request that the provider has not answered yet.
#[tokio::test]
async fn a_message_on_its_way() {
    let stand = Stand::open(plain()).await;
    let slow = json!({"kind": "delay", "ms": 20_000});
    stand.provider.order_faults(&slow).await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    until_standing(&stand, "1", "in_flight").await;
    assert_normal(&stand.session, "1", "in_flight").await;
}

/// B3: a channel that was just switched off, with messages that no daemon has taken from it yet; and what was just captured.
#[tokio::test]
async fn a_channel_that_is_switched_off() {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    let daemon = hanging(&stand).await;
    s.run("select zap.send_message('channel_1', '+5511987654321', 'Oi')")
        .await;
    let subject = s
        .value("select subject from zap.notification_queue where event = 'message'")
        .await;
    assert_normal(s, &subject, "waiting").await;
    stand.place([2]).await;
    assert_normal(s, "2", "not_looked_at").await;
    s.run("update zap.channel set enabled = false").await;
    assert_obstacle(s, &subject, "channel_disabled", "enabled = true").await;
    follow(&stand, &subject, "channel_disabled").await;
    assert_normal(s, &subject, "waiting").await;
    daemon.signal("CONT");
    for subject in [&subject, "2"] {
        until_standing(&stand, subject, "sent").await;
    }
}

/// B3, Q1: what persons pause or switch off; the remedy ends it.
#[tokio::test]
async fn what_persons_pause() {
    let stand = Stand::open(plain()).await;
    let _daemon = stand.daemon();
    let cases = [
        ("zapgres tenant pause 1", "tenant_paused"),
        ("zapgres channel pause channel_1", "channel_paused"),
        ("zapgres source pause public.pedido_itens", "source_paused"),
        ("zapgres setting set sending.enabled false", "sending_off"),
    ];
    for (key, (command, code)) in (1..).zip(cases) {
        type_in(&stand, command).await;
        stand.place([key]).await;
        let subject = key.to_string();
        until_standing(&stand, &subject, code).await;
        follow(&stand, &subject, code).await;
        until_standing(&stand, &subject, "sent").await;
    }
}
