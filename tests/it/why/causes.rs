//! Codes by what really causes them: the daemon decides, and the answer says so.

use serde_json::json;

use super::decided::{codes, until_standing};
use super::{assert_normal, assert_obstacle, meaning, standing, why};
use crate::cluster::plain;
use crate::daemon;
use crate::delivery::stand::Stand;
use crate::shop::{item, order, order_at};
use crate::wait;

/// Waits until the answer about an order has a step of this code.
async fn until_told(stand: &Stand, subject: &str, code: &str) {
    let told = async || codes(stand, subject).await.iter().any(|told| told == code);
    if !wait::holds_within(wait::PATIENCE, told).await {
        panic!("no {code}: {:?}", why(&stand.session, subject).await);
    }
}

/// B3, O7: what a company and its customer want beside being told at once.
#[tokio::test]
async fn hours_quiet_hours_and_caps() {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    s.run(
        "select zap.save_tenant('1', timezone => 'UTC', opening_hours => jsonb_build_object(
             lower(to_char(now() at time zone 'UTC' + interval '2 days', 'dy')), '[\"08:00-09:00\"]'::jsonb))",
    )
    .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    until_standing(&stand, "1", "outside_hours").await;
    assert_normal(s, "1", "outside_hours").await;
    let until = "select text ~ '\\(até \\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d\\)$' from zap.why('1') where code = 'outside_hours'";
    assert_eq!(s.value(until).await, "t");
    s.run(
        "select zap.save_tenant('1', opening_hours => '{}');
         insert into zap.recipient (tenant_id, address, quiet_from, quiet_to)
         select '1', '+5511987654321', local - interval '1 hour', local + interval '2 hours'
         from (select (now() at time zone 'UTC')::time(0)) as t (local)",
    )
    .await;
    stand.place([2]).await;
    until_standing(&stand, "2", "quiet_hours").await;
    assert_normal(s, "2", "quiet_hours").await;
    stand.make_it_noon().await;
    s.run("delete from zap.recipient; select zap.save_tenant('1', daily_cap => 1)")
        .await;
    stand.place([3]).await;
    until_standing(&stand, "3", "sent").await;
    stand.place([4]).await;
    until_standing(&stand, "4", "daily_cap").await;
    assert_obstacle(s, "4", "daily_cap", "zapgres tenant set 1 --daily-cap 0").await;
    s.run("select zap.save_tenant('1', daily_cap => 0, monthly_cap => 1)")
        .await;
    stand.place([5]).await;
    until_standing(&stand, "5", "monthly_cap").await;
    assert_obstacle(
        s,
        "5",
        "monthly_cap",
        "zapgres tenant set 1 --monthly-cap 0",
    )
    .await;
}

/// B3: switched off for all; an order that is gone when it is looked at.
#[tokio::test]
async fn a_mode_and_an_order_that_is_gone() {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    s.run("update zap.source set max_settle = '0'; select zap.set_mode('off')")
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    until_standing(&stand, "1", "mode_off").await;
    assert_obstacle(s, "1", "mode_off", "zapgres mode").await;
    s.run("select zap.set_mode('live')").await;
    let gone = format!(
        "begin; {}{} delete from pedido_itens where pedido_id = 2; delete from pedidos where id = 2; commit",
        order(2),
        item(2)
    );
    s.run(&gone).await;
    until_standing(&stand, "2", "order_gone").await;
}

/// B3, C4: what capture had to leave to others.
#[tokio::test]
async fn orders_that_capture_left_to_others() {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    s.run("alter table pedido_itens disable trigger user").await;
    stand.place([1]).await;
    s.run("alter table pedido_itens enable trigger user").await;
    daemon::succeed(&stand.database, &["sweep"]);
    until_told(&stand, "1", "swept").await;
    let other = stand.database.session().await;
    other
        .run(
            "begin; insert into zap.notification_queue (source_id, event, subject, dedup_key)
             select s.id, 'order_received', '2', 'order_received:2' from zap.source as s",
        )
        .await;
    stand.place([2]).await;
    other.run("rollback").await;
    let _daemon = stand.daemon();
    until_told(&stand, "2", "missed_drained").await;
    until_standing(&stand, "1", "sent").await;
    until_standing(&stand, "2", "sent").await;
}

/// B3: a company that somebody is entering at this moment.
#[tokio::test]
async fn a_company_that_is_not_there_yet() {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    let other = stand.database.session().await;
    other
        .run("begin; insert into zap.tenant (id) values ('7')")
        .await;
    let _daemon = stand.daemon();
    s.run("insert into empresas (id, nome) values (7, 'Nova') on conflict do nothing")
        .await;
    s.run(&format!("begin; {}{} commit", order_at(7, 1), item(1)))
        .await;
    until_standing(&stand, "1", "tenant_gone").await;
    assert_ne!(standing(s, "1").await.remedy, "null");
    other.run("rollback").await;
    until_standing(&stand, "1", "no_channel").await;
}

/// B3: what a provider answers is told with its attempt.
#[tokio::test]
async fn what_a_provider_answers() {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    let _daemon = stand.daemon();
    let answers = [
        (1, 500, "transient", "retrying"),
        (2, 429, "throttled", "channel_down"),
    ];
    for (order, status, class, code) in answers {
        let fault = json!({"kind": "status", "code": status, "times": 1});
        stand.provider.order_faults(&fault).await;
        stand.place([order]).await;
        let subject = order.to_string();
        until_told(&stand, &subject, code).await;
        let steps = why(s, &subject).await;
        let words = meaning(s, class).await;
        let step = steps.iter().find(|step| step.code == code);
        assert!(
            step.is_some_and(|step| step.text.contains(&words)),
            "{class}: {steps:?}"
        );
    }
}

/// B3: a channel's own cap, and another channel that takes over.
#[tokio::test]
async fn a_channel_that_has_sent_enough_or_does_not_work() {
    let stand = Stand::open(plain()).await;
    stand.make_it_noon().await;
    let s = &stand.session;
    s.run("update zap.channel set daily_cap = 1").await;
    let _daemon = stand.daemon();
    stand.place([1, 2]).await;
    until_standing(&stand, "2", "channel_cap").await;
    assert_obstacle(s, "2", "channel_cap", "daily_cap").await;
    let url = stand.provider.url();
    stand.add_second_channel("first", &url, 10).await;
    let fault = json!({"kind": "status", "code": 401, "instance": "first"});
    stand.provider.order_faults(&fault).await;
    s.run("update zap.channel set daily_cap = null").await;
    stand.place([3]).await;
    until_told(&stand, "3", "fallback").await;
    until_standing(&stand, "3", "sent").await;
}

/// B3: orders that are still changing, that cannot be written, and that could not be sent in time.
#[tokio::test]
async fn orders_that_wait_in_vain() {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    s.run(
        "update zap.source set settle = '1 hour', max_settle = '2 hours';
         update zap.channel set delay_min = '10 minutes', delay_max = '10 minutes';
         alter table zap.notification_queue add constraint not_two check (body <> '2')",
    )
    .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    until_standing(&stand, "1", "settling").await;
    assert_normal(s, "1", "settling").await;
    s.run("update zap.source set settle = '0'").await;
    stand.place([2]).await;
    until_standing(&stand, "2", "write_error").await;
    assert_obstacle(s, "2", "write_error", "journalctl -u zapgres").await;
    s.run(
        "alter table zap.notification_queue drop constraint not_two;
         delete from zap.notification_queue;",
    )
    .await;
    stand.place([3]).await;
    until_standing(&stand, "3", "sent").await;
    s.run("update zap.source set expires_after = '2 seconds'")
        .await;
    stand.place([4]).await;
    until_standing(&stand, "4", "expired").await;
    assert_obstacle(s, "4", "expired", "zapgres queue retry").await;
}
