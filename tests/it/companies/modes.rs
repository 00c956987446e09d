//! Off, shadow, live.

use crate::cluster::plain;
use crate::delivery::stand::Stand;
use crate::shop;

/// O7: shadow does everything but send, and its log says what would have gone out.
#[tokio::test]
async fn a_shadow_is_everything_but_the_message() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("update zap.template set body = E'Oi {{ customer.name }}\\nPedido {{ order.id }}'; select zap.set_mode('shadow')")
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    assert_eq!(stand.until_status(1, "skipped").await, "shadow");
    let kept =
        "body like 'Oi Ana Souza%' and recipient = '+5511987654321' and template_version like '%:%'
         and channel_id = (select id from zap.channel)";
    assert_eq!(stand.of_order(1, kept).await, "t");
    let version = stand.of_order(1, "template_version").await;
    let log = "select code, detail from zap.notification_logs where event = 'skipped'";
    let detail = format!(
        "shadow: to +*********4321 through channel_1, template {version}: Oi Ana Souza Pedido 1"
    );
    assert_eq!(stand.session.rows(log).await, [["shadow", detail.as_str()]]);
    stand.session.run("select zap.set_mode('live')").await;
    stand.place([2]).await;
    stand.until_accepted_count(1).await;
}

/// O7: a mode holds for all, a company, an event, or a company's event.
#[tokio::test]
async fn a_mode_holds_where_it_is_set() {
    let stand = Stand::open(plain()).await;
    let _daemon = stand.daemon();
    let places = [
        "",
        ", tenant => '1'",
        ", event => 'order_received'",
        ", '1', 'order_received'",
    ];
    for (key, place) in (1..).zip(places) {
        stand
            .session
            .run(&format!("select zap.set_mode('off'{place})"))
            .await;
        stand.place([key]).await;
        assert_eq!(
            stand.until_status(key, "skipped").await,
            "mode_off",
            "{place}"
        );
        stand
            .session
            .run(&format!("select zap.set_mode('live'{place})"))
            .await;
    }
    stand
        .session
        .run("select zap.set_mode('off', event => 'order_paid'); select zap.set_mode('off', source => 'pedido_itens')")
        .await;
    stand.place([10]).await;
    assert_eq!(stand.until_status(10, "skipped").await, "source_off");
    stand
        .session
        .run("select zap.set_mode('live', source => 'pedido_itens')")
        .await;
    stand.place([11]).await;
    stand.until_accepted(1).await;
    assert_eq!(stand.provider.texts().await, ["11"]);
    let codes =
        "select distinct code from zap.notification_logs where event = 'skipped' order by code";
    assert_eq!(
        stand.session.column(codes).await,
        ["mode_off", "source_off"]
    );
}

/// O7: what holds is told, with what set it.
#[tokio::test]
async fn the_effective_mode_is_the_most_restrictive() {
    let (_, s) = shop::open(plain()).await;
    s.run("select zap.save_tenant('1'), zap.set_mode('shadow', source => 'pedido_itens'), zap.set_mode('off', '1', 'order_received')")
        .await;
    let modes = "select event, tenant_id, mode, set_by from zap.modes()";
    assert_eq!(
        s.rows(modes).await,
        [
            [
                "order_received",
                "null",
                "shadow",
                "source public.pedido_itens"
            ],
            [
                "order_received",
                "1",
                "off",
                "tenant 1, event order_received"
            ],
        ]
    );
    for (arguments, mode) in [
        ("", "live"),
        ("1", "shadow"),
        ("1, '1', 'order_received'", "off"),
        ("null, '1', 'order_received'", "off"),
        ("1, '1', 'order_paid'", "shadow"),
        ("1, '2', 'order_received'", "shadow"),
    ] {
        let effective = s
            .value(&format!("select zap.effective_mode({arguments})"))
            .await;
        assert_eq!(effective, mode, "{arguments}");
    }
}

/// Bad input.
#[tokio::test]
async fn a_mode_that_cannot_be_is_refused() {
    let (_, s) = shop::open(plain()).await;
    for (arguments, code, message) in [
        ("'on'", "22023", "there is no mode on"),
        ("null", "22023", "there is no mode null"),
        ("'off', tenant => '7'", "P0002", "there is no tenant 7"),
        ("'live', tenant => '7'", "P0002", "there is no tenant 7"),
        (
            "'off', event => 'Pedido Pago'",
            "42704",
            "no setting mode:Pedido Pago",
        ),
        ("'off', source => 'clientes'", "P0002", "no source clientes"),
        (
            "'off', source => 'pedido_itens', event => 'order_paid'",
            "P0002",
            "no event order_paid",
        ),
        (
            "'off', tenant => '1', source => 'pedido_itens'",
            "22023",
            "the same for all tenants",
        ),
    ] {
        let error = s.error(&format!("select zap.set_mode({arguments})")).await;
        assert_eq!(error.code().code(), code, "{arguments}: {error:?}");
        assert!(
            error.message().contains(message) && error.hint().is_some(),
            "{arguments}: {error:?}"
        );
    }
}
