//! Several events and audiences of one order.

use serde_json::Value;

use super::{assert_normal, assert_obstacle, standing, why};
use crate::cluster::plain;
use crate::delivery::stand::Stand;
use crate::shop;
use crate::wait;

/// B3, O6: what was told to whom, each with its own steps.
#[tokio::test]
async fn each_audience_has_its_own_steps() {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    s.run(
        "insert into zap.template (event, audience, body) values ('order_received', 'shop', 'loja {{ order.id }}');
         select zap.tell('pedido_itens', 'shop', '{{ company.phone }}');
         update zap.tenant set phone = '(21) 99876-5432' where id = '1'",
    )
    .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_accepted_count(2).await;
    stand.until_done().await;
    let steps = "select audience || ':' || code from zap.why('1') order by step";
    assert_eq!(
        s.column(steps).await,
        [
            "customer:captured",
            "customer:resolved",
            "customer:sent",
            "shop:told",
            "shop:resolved",
            "shop:sent"
        ]
    );
}

/// B3, O6: nobody is to be told.
#[tokio::test]
async fn an_event_without_audience() {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    s.run("select zap.tell('pedido_itens', 'customer', enabled => false)")
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_status(1, "skipped").await;
    assert_obstacle(
        s,
        "1",
        "no_audience",
        "zap.tell('public.pedido_itens', 'customer')",
    )
    .await;
    s.run(&standing(s, "1").await.remedy).await;
    stand.place([2]).await;
    stand.until_accepted(1).await;
}

/// B3, O3: the rows of an order in two tables are told once.
#[tokio::test]
async fn an_order_that_another_table_announces() {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    s.run(
        "create table bebidas (id bigserial primary key, pedido_id bigint references pedidos, nome text, quantidade integer);
         create index on bebidas (pedido_id);
         select zap.attach('bebidas', settle => '0')",
    )
    .await;
    s.run(&format!(
        "begin; {}{} insert into bebidas (pedido_id, nome, quantidade) values (1, 'Suco', 1); commit",
        shop::order(1),
        shop::item(1)
    ))
    .await;
    let _daemon = stand.daemon();
    stand.until_done().await;
    let steps = "select code from zap.why('1') where code in ('coalesced', 'sent') order by code";
    assert_eq!(s.column(steps).await, ["coalesced", "sent"]);
}

/// B3, O6: a later status took the place of an earlier one.
#[tokio::test]
async fn a_superseded_status() {
    let stand = Stand::open(plain()).await;
    let s = &stand.session;
    s.run("alter table pedidos add status text default 'novo'")
        .await;
    stand.place([1]).await;
    s.run(
        "select zap.attach_status('pedidos', 'status', '{\"pago\": \"order_paid\", \"pronto\": \"order_ready\"}');
         update zap.source set settle = '0', supersedes = captures = 'status'",
    )
    .await;
    assert_eq!(standing(s, "1").await.code, "no_daemon");
    s.run("update pedidos set status = 'pago'; update pedidos set status = 'pronto'")
        .await;
    let _daemon = stand.daemon();
    let code = |steps: &Value, event: &str| {
        let mut steps = steps.as_array().expect("rows").iter();
        let last = steps.rfind(|step| step["event"] == event);
        last.map(|step| step["code"].as_str().unwrap_or_default().to_owned())
    };
    let query = "select jsonb_agg(w order by w.step) from zap.why('1') as w";
    wait::until("the later one is sent", async || {
        let steps = serde_json::from_str(&s.value(query).await).expect("JSON");
        code(&steps, "order_ready").as_deref() == Some("sent")
    })
    .await;
    let steps: Value = serde_json::from_str(&s.value(query).await).expect("JSON");
    assert_eq!(
        code(&steps, "order_paid").as_deref(),
        Some("superseded"),
        "{steps}"
    );
    assert!(why(s, "1").await.iter().all(|step| step.remedy == "null"));
}

/// B3, O6: a status that has not changed since is nothing to announce; of an insert source every row is.
#[tokio::test]
async fn a_status_that_has_not_changed() {
    let (_, s) = shop::open(plain()).await;
    s.run(
        "select zap.detach('pedido_itens'); delete from zap.source;
         alter table pedidos add status text default 'novo'",
    )
    .await;
    s.run(&shop::order(1)).await;
    s.run("select zap.attach_status('pedidos', 'status', '{\"pago\": \"order_paid\"}')")
        .await;
    s.run("update zap.source set attached_at = now() - interval '1 day'")
        .await;
    assert_normal(&s, "1", "no_such_event").await;
    assert_obstacle(&s, "2", "order_unknown", "zap.source").await;
    s.run("alter table pedidos disable trigger user; update pedidos set status = 'pago'")
        .await;
    assert_obstacle(&s, "1", "trigger_disabled", "enable trigger").await;
}

/// B3, O6: an application's own event.
#[tokio::test]
async fn an_event_of_an_application() {
    let (_, s) = shop::open(plain()).await;
    s.run("select zap.notify('saiu', 'entrega-7', context => '{\"order\": {\"number\": \"7\"}}', recipient => '+5511987654321')").await;
    assert_obstacle(&s, "entrega-7", "no_daemon", "zapgres run").await;
    let unknown = standing(&s, "entrega-8").await;
    assert_eq!(unknown.code, "order_unknown");
    assert!(!unknown.text.contains("zap.notify"), "{unknown:?}");
}
