//! What was decided about an order, by the real daemon.

use serde_json::json;
use zapgres_core::decision;

use super::remedies::follow;
use super::{assert_normal, assert_obstacle, meaning, standing, why};
use crate::cluster::plain;
use crate::control::queue::{add, open};
use crate::daemon::Daemon;
use crate::delivery::stand::Stand;
use crate::shop::{item, order};
use crate::wait;

/// Waits until the answer about order 1 stands at this code.
pub(super) async fn until_standing(stand: &Stand, subject: &str, code: &str) {
    let stands = async || standing(&stand.session, subject).await.code == code;
    if !wait::holds_within(wait::PATIENCE, stands).await {
        panic!("not {code}: {:?}", why(&stand.session, subject).await);
    }
}

pub(super) async fn codes(stand: &Stand, subject: &str) -> Vec<String> {
    let steps = why(&stand.session, subject).await;
    steps.into_iter().map(|step| step.code).collect()
}

/// B3: an order that rang, from its capture on.
#[tokio::test]
async fn an_order_that_was_sent() {
    let stand = Stand::open(plain()).await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    until_standing(&stand, "1", "sent").await;
    assert_eq!(codes(&stand, "1").await, ["captured", "resolved", "sent"]);
    let text = &why(&stand.session, "1").await[1].text;
    assert!(
        text.contains("*4321") && text.contains("channel_1") && !text.contains("98765"),
        "{text}"
    );
    let full = "select text from zap.why('1', numbers_in_full => true) where code = 'resolved'";
    assert!(stand.session.value(full).await.contains("+5511987654321"));
    let english = "select text from zap.why('1', null, 'en') where code = 'sent'";
    assert_eq!(
        stand.session.value(english).await,
        "The provider accepted the message."
    );
    let in_order = "select bool_and(at >= before) from (
         select at, lag(at) over (order by step) as before from zap.why('1')) as t";
    assert_eq!(stand.session.value(in_order).await, "t");
}

/// B3: orders that intake does not send.
#[tokio::test]
async fn orders_that_are_skipped() {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    let _daemon = stand.daemon();
    let place = |key: u32, phone: &str| {
        format!(
            "begin; insert into pedidos (id, empresa_id, nome, telefone, total) values ({key}, 1, 'Ana', {phone}, 1); {} commit;",
            item(key)
        )
    };
    s.run(&place(1, "null")).await;
    until_standing(&stand, "1", "no_phone").await;
    assert_obstacle(s, "1", "no_phone", "zapgres queue retry").await;
    s.run(&place(2, "'123'")).await;
    until_standing(&stand, "2", "invalid_phone").await;
    assert_obstacle(s, "2", "invalid_phone", "zapgres queue retry").await;
    s.run("insert into zap.recipient (tenant_id, address, opted_out_at) values ('1', '+5511987654321', now())").await;
    s.run(&place(3, "'(11) 98765-4321'")).await;
    until_standing(&stand, "3", "opted_out").await;
    assert_obstacle(s, "3", "opted_out", "opted_out_at = null").await;
    follow(&stand, "3", "opted_out").await;
    until_standing(&stand, "3", "sent").await;
    s.run("update zap.tenant set enabled = false").await;
    s.run(&place(4, "'(11) 98765-4321'")).await;
    until_standing(&stand, "4", "tenant_disabled").await;
    assert_obstacle(s, "4", "tenant_disabled", "zapgres tenant enable 1").await;
    follow(&stand, "4", "tenant_disabled").await;
    until_standing(&stand, "4", "sent").await;
    s.run("update zap.source set max_age = '1 second'").await;
    s.run(&place(7, "'(11) 98765-4321'").replace(
        "begin;",
        "begin; alter table pedidos alter created_at set default now() - interval '1 day';",
    ))
    .await;
    until_standing(&stand, "7", "too_old").await;
    assert_obstacle(s, "7", "too_old", "max_age").await;
    follow(&stand, "7", "too_old").await;
    until_standing(&stand, "7", "sent").await;
}

/// B3, O7: what is switched off, by one or by several; each is ended by the remedy.
#[tokio::test]
async fn orders_of_a_mode() {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    let _daemon = stand.daemon();
    let cases = [
        ("update zap.source set mode = 'shadow'", "shadow"),
        ("update zap.source set mode = 'off'", "source_off"),
        (
            "select zap.set_mode('off', tenant => '1', event => 'order_received')",
            "mode_off",
        ),
        (
            "select zap.set_mode('shadow'), zap.set_mode('off', event => 'order_received');
             update zap.source set mode = 'shadow'",
            "mode_off",
        ),
    ];
    for (key, (begin, code)) in (1..).zip(cases) {
        s.run(begin).await;
        stand.place([key]).await;
        let subject = key.to_string();
        until_standing(&stand, &subject, code).await;
        assert_obstacle(s, &subject, code, "zapgres mode live").await;
        follow(&stand, &subject, code).await;
        until_standing(&stand, &subject, "sent").await;
    }
}

/// B3: orders that intake looks at again and again, until somebody has mended what is in the way.
#[tokio::test]
async fn orders_that_wait_for_somebody() {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    let _daemon = stand.daemon();
    s.run("update zap.source set context_query = null").await;
    stand.place([1]).await;
    until_standing(&stand, "1", "no_context_query").await;
    // What is to follow makes roles, which all databases of a cluster have: see `what_setup_mends`.
    assert_obstacle(s, "1", "no_context_query", "zapgres setup").await;
    s.run("update zap.source set context_query = 'select 1/0', ready_when = 'false'")
        .await;
    until_standing(&stand, "1", "context_error").await;
    follow(&stand, "1", "context_error").await;
    until_standing(&stand, "1", "not_ready").await;
    assert_obstacle(s, "1", "not_ready", "ready_when").await;
    s.run("update zap.template set body = '{{ order.id | bogus }}'; update zap.source set ready_when = null")
        .await;
    until_standing(&stand, "1", "template_error").await;
    assert_obstacle(s, "1", "template_error", "zap.template").await;
    s.run("update zap.template set body = 'Oi'").await;
    until_standing(&stand, "1", "sent").await;
}

/// B3: what waits for a channel, and expires.
#[tokio::test]
async fn an_order_that_expires() {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    s.run("update zap.source set expires_after = '2 seconds'; delete from zap.channel")
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    until_standing(&stand, "1", "no_channel").await;
    wait::until("it expires", async || {
        standing(s, "1")
            .await
            .remedy
            .contains("zapgres queue retry")
    })
    .await;
    assert!(standing(s, "1").await.text.starts_with("Venceu"));
    assert_obstacle(s, "1", "no_channel", "zapgres channel list").await;
}

/// B3: the classes of what the provider says, as the sandbox says it.
#[tokio::test]
async fn what_the_provider_refuses() {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    stand
        .provider
        .order_faults(&json!({"kind": "not_on_whatsapp"}))
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    until_standing(&stand, "1", "failed").await;
    let step = standing(s, "1").await;
    let words = meaning(s, "recipient_invalid").await;
    assert!(
        step.text.contains(&words) && step.remedy.contains("Corrija o telefone"),
        "{step:?}"
    );
}

/// B3: a channel whose key is wrong: how it stands, and each attempt.
#[tokio::test]
async fn a_channel_that_does_not_work() {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    let _daemon = stand.daemon();
    stand
        .provider
        .order_faults(&json!({"kind": "status", "code": 401}))
        .await;
    stand.place([2]).await;
    until_standing(&stand, "2", "breaker_open").await;
    assert_obstacle(s, "2", "breaker_open", "zapgres channel test channel_1").await;
    let steps = why(s, "2").await;
    let failed = steps.iter().find(|step| step.code == "channel_down");
    let words = meaning(s, "channel_auth").await;
    assert!(
        failed.is_some_and(|step| step.text.contains(&words)),
        "{steps:?}"
    );
    // Tried again and again, it is told once.
    let tries = "select count(*) >= 3 from zap.notification_logs where code = 'channel_down'";
    stand.until_rows(tries, &[&["t"]]).await;
    let steps = why(s, "2").await;
    let down = steps.iter().filter(|step| step.code == "channel_down");
    assert_eq!(down.clone().count(), 1, "{steps:?}");
    let times = |text: &str| text.rsplit_once(" x")?.1.trim_end_matches(')').parse().ok();
    assert!(
        down.clone().all(|step| times(&step.text) >= Some(3)),
        "{steps:?}"
    );
}

/// B3: a send without an answer that is held for a person.
#[tokio::test]
async fn a_send_without_an_answer() {
    let stand = Stand::open(plain()).await;
    stand.session.run("update zap.source set uncertain_policy = 'hold'; update zap.channel set look_up = false").await;
    stand
        .provider
        .order_faults(&json!({"kind": "drop_after"}))
        .await;
    let _daemon = Daemon::start(&stand.database, &["--sweep-interval", "0"]);
    stand.place([1]).await;
    wait::until("it is uncertain", async || {
        codes(&stand, "1").await.contains(&"uncertain".to_owned())
    })
    .await;
}

/// B3: the sweep's find and a pause, each written down.
#[tokio::test]
async fn a_paused_source() {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    s.run("select zap.pause_source('pedido_itens')").await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    until_standing(&stand, "1", "source_paused").await;
    assert_obstacle(s, "1", "source_paused", "zapgres source resume").await;
    s.run("select zap.resume_source('pedido_itens')").await;
    until_standing(&stand, "1", "sent").await;
    assert!(
        codes(&stand, "1")
            .await
            .contains(&"source_paused".to_owned())
    );
}

/// B3: what persons did.
#[tokio::test]
async fn what_persons_did() {
    let (_, s) = open().await;
    let id = add(&s, "1", "pending").await;
    s.run(&format!("select zap.cancel({id})")).await;
    assert_obstacle(&s, "1", "canceled", &format!("zapgres queue retry {id}")).await;
    s.run(&format!("select zap.retry({id})")).await;
    assert!(why(&s, "1").await.iter().any(|step| step.code == "retried"));
    let sent = add(&s, "2", "sent").await;
    s.run(&format!("select zap.resend({sent})")).await;
    let steps = why(&s, "2").await;
    let both = steps.iter().filter(|step| step.code == "resent");
    assert_eq!(both.count(), 2, "{steps:?}");
    s.run(&order(3)).await;
    assert_normal(&s, "3", "no_items").await;
}

/// B3: every code that is written down is told in its words, with its remedy, whoever writes it.
#[tokio::test]
async fn every_code_in_the_log_is_told() {
    let (_, s) = open().await;
    let id = add(&s, "1", "canceled").await;
    for code in decision::ALL {
        s.run(&format!(
            "delete from zap.notification_logs;
             insert into zap.notification_logs (notification_id, source_id, tenant_id, level, event, code, detail)
             values ({id}, 1, '1', 'info', 'skipped', '{code}', '{code}: Details')"
        ))
        .await;
        let step = standing(&s, "1").await;
        let remedy = format!("select remedy is null from zap.code_text('{code}', 'pt-BR')");
        let is_normal = s.value(&remedy).await == "t";
        assert_eq!(
            (step.code.as_str(), step.remedy == "null"),
            (*code, is_normal),
            "{step:?}"
        );
        assert!(step.text.ends_with("(Details)"), "{step:?}");
    }
}
