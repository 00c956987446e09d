//! What is not sent, or not yet, and why.

use std::time::Duration;

use super::stand::Stand;
use crate::cluster::plain;
use crate::shop::{item, order};
use crate::wait;

/// Long enough for the daemon to have looked several times.
const A_WHILE: Duration = Duration::from_secs(2);

async fn nothing_arrives(stand: &Stand) {
    let arrived = async || !stand.provider.texts().await.is_empty();
    assert!(
        !wait::holds_within(A_WHILE, arrived).await,
        "{:?}",
        stand.provider.texts().await
    );
}

/// O7: a company that nobody entered waits until it has a channel, and loses nothing.
#[tokio::test]
async fn an_unknown_company_waits_for_a_channel() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("delete from zap.channel; delete from zap.tenant")
        .await;
    let daemon = stand.daemon();
    stand.place([1, 2]).await;
    let waiting = "select count(*) from zap.notification_queue
         where reason = 'no_channel' and status = 'pending' and channel_id is null";
    wait::until("they wait", async || {
        stand.session.value(waiting).await == "2"
    })
    .await;
    let tenant = "select id, name, enabled from zap.tenant";
    assert_eq!(
        stand.session.rows(tenant).await,
        [["1", "null", "t"]],
        "the name is the tables', which may change it"
    );
    daemon.until_it_says("no channel can be used").await;
    stand.add_channel("1").await;
    stand.until_accepted(2).await;
    stand.until_done().await;
    assert!(stand.accepted().await.values().all(|times| *times == 1));
    assert_eq!(stand.of_order(1, "reason").await, "null");
}

/// O7: what waited too long is not sent any more.
#[tokio::test]
async fn a_notification_expires() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("update zap.source set expires_after = '2 seconds'")
        .await;
    stand.session.run("delete from zap.channel").await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    assert_eq!(stand.until_status(1, "expired").await, "no_channel");
    stand
        .session
        .run("update zap.source set expires_after = '1 hour'")
        .await;
    stand.add_channel("1").await;
    stand.place([2]).await;
    stand.until_accepted(1).await;
    assert_eq!(stand.provider.texts().await, ["2"]);
}

/// O3: `ready_when` keeps an order waiting until it holds.
#[tokio::test]
async fn an_order_waits_until_it_is_ready() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("alter table pedidos add column pago boolean not null default false")
        .await;
    stand.session.run("select zap.detach('pedido_itens')").await;
    stand
        .session
        .run("select zap.attach('pedido_itens', settle => '0', ready_when => 'pago')")
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand
        .until_status_and_reason(1, "pending", "not_ready")
        .await;
    let paid = "update pedidos set pago = true where id = 2;";
    stand
        .session
        .run(&format!("begin; {}{paid}{} commit", order(2), item(2)))
        .await;
    stand.until_accepted(1).await;
    assert_eq!(stand.provider.texts().await, ["2"]);
    stand.session.run("update pedidos set pago = true").await;
    stand.until_accepted(2).await;
}

/// O3: an order that is deleted before it has settled.
#[tokio::test]
async fn an_order_that_goes_away_is_not_sent() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("update zap.source set settle = '8 seconds', max_settle = '16 seconds'")
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    let seen = "select count(*) from zap.notification_queue where context_hash is not null";
    wait::until("it is looked at", async || {
        stand.session.value(seen).await == "1"
    })
    .await;
    stand.session.run("delete from pedidos").await;
    assert_eq!(stand.until_status(1, "skipped").await, "order_gone");
}

/// O4: without a usable number nothing is sent, and the reason is told.
#[tokio::test]
async fn an_order_without_a_usable_number_is_skipped() {
    let stand = Stand::open(plain()).await;
    let _daemon = stand.daemon();
    for (key, phone) in [(1, "null"), (2, "''"), (3, "'123'")] {
        stand
            .session
            .run(&format!(
                "begin; insert into pedidos (id, empresa_id, nome, telefone, total)
                     values ({key}, 1, 'Ana', {phone}, 1); {} commit",
                item(key)
            ))
            .await;
    }
    assert_eq!(stand.until_status(1, "skipped").await, "no_phone");
    assert_eq!(stand.until_status(2, "skipped").await, "no_phone");
    assert_eq!(stand.until_status(3, "skipped").await, "invalid_phone");
}

/// O3: an order older than the source's `max_age` stays quiet, whatever brought it up.
#[tokio::test]
async fn an_order_that_is_too_old_is_skipped() {
    let stand = Stand::open(plain()).await;
    let _daemon = stand.daemon();
    stand.session.run(&order(1)).await;
    stand
        .session
        .run("update pedidos set created_at = now() - interval '2 days'")
        .await;
    stand.session.run(&item(1)).await;
    assert_eq!(stand.until_status(1, "skipped").await, "too_old");
}

/// O7: companies and sources that are switched off.
#[tokio::test]
async fn what_is_switched_off_is_skipped() {
    let stand = Stand::open(plain()).await;
    let _daemon = stand.daemon();
    stand
        .session
        .run("update zap.tenant set enabled = false")
        .await;
    stand.place([1]).await;
    assert_eq!(stand.until_status(1, "skipped").await, "tenant_disabled");
    stand
        .session
        .run("update zap.tenant set enabled = true")
        .await;
    stand
        .session
        .run("update zap.source set mode = 'off'")
        .await;
    stand.place([2]).await;
    assert_eq!(stand.until_status(2, "skipped").await, "source_off");
    stand
        .session
        .run("update zap.source set mode = 'shadow'")
        .await;
    stand.place([3]).await;
    assert_eq!(stand.until_status(3, "skipped").await, "shadow");
    assert_eq!(stand.of_order(3, "body").await, "3");
    assert_eq!(stand.provider.texts().await, [""; 0]);
}

/// O7: a paused channel keeps its notifications.
#[tokio::test]
async fn a_paused_channel_waits() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("update zap.channel set paused_at = now()")
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    nothing_arrives(&stand).await;
    stand
        .session
        .run("update zap.channel set paused_at = null")
        .await;
    stand.until_accepted(1).await;
}

/// O3: a table without a context query is captured, and sent once there is one.
#[tokio::test]
async fn without_a_context_query_orders_are_kept() {
    let stand = Stand::open(plain()).await;
    let query = stand
        .session
        .value("select context_query from zap.source")
        .await;
    stand
        .session
        .run("update zap.source set context_query = null")
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    let kept = "select count(*) from zap.notification_queue where resolved_at is null
         and reason = 'no_context_query'";
    wait::until("it is kept", async || {
        stand.session.value(kept).await == "1"
    })
    .await;
    let query = query.replace('\'', "''");
    stand
        .session
        .run(&format!("update zap.source set context_query = '{query}'"))
        .await;
    stand.until_status(1, "sent").await;
}

/// O3: one order that the context query fails on does not hold up the others.
#[tokio::test]
async fn a_faulty_order_fails_alone() {
    let stand = Stand::open(plain()).await;
    let query = "select p.id::text as subject, null::text as tenant, p.telefone as recipient,
         jsonb_build_object('order', jsonb_build_object('id', p.id::text, 'x', 1 / (p.id - 13)))
         as context from public.pedidos as p where p.id::text = any($1)";
    let query = query.replace('\'', "''");
    stand
        .session
        .run(&format!("update zap.source set context_query = '{query}'"))
        .await;
    stand.add_channel("default").await;
    stand.place(10..=20).await;
    let _daemon = stand.daemon();
    stand.until_accepted(10).await;
    assert!(!stand.accepted().await.contains_key(&13));
    let last_error = stand
        .of_order(13, "coalesce(last_error, '') || coalesce(reason, '')")
        .await;
    assert!(!last_error.is_empty());
}
