//! Events that the application tells of itself.

use crate::cluster::plain;
use crate::delivery::stand::Stand;

/// O6: an event about an order of an attached table finds the order's data there, and is announced once.
#[tokio::test]
async fn an_event_about_an_attached_order_is_announced_once() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("insert into zap.template (event, body) values ('order_ready', 'pronto {{ order.id }} {{ customer.name }}')")
        .await;
    let _daemon = stand.daemon();
    stand.place([7]).await;
    stand.until_accepted(1).await;
    let told = "select zap.notify('order_ready', '7') is not null";
    assert_eq!(stand.session.value(told).await, "t");
    assert_eq!(stand.session.value(told).await, "f", "told before");
    stand
        .until_accepted_texts(&["7", "pronto 7 Ana Souza"])
        .await;
    stand.until_done().await;
}

/// O6: what no table knows is told with its own context, number and company; only a transaction that commits tells it.
#[tokio::test]
async fn an_event_with_its_own_context_needs_no_table() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("insert into zap.template (event, body) values ('table_free', 'Mesa {{ table }} livre')")
        .await;
    let daemon = stand.daemon();
    daemon.until_it_says("ready").await;
    let call = |subject: &str| {
        format!(
            "select zap.notify('table_free', '{subject}', context => '{{\"table\": {subject}}}', recipient => '(11) 98765-4321',
             tenant => '1')"
        )
    };
    stand
        .session
        .run(&format!("begin; {}; rollback", call("3")))
        .await;
    stand.session.run(&call("4")).await;
    stand.until_accepted_texts(&["Mesa 4 livre"]).await;
    let again = format!("{} is null", call("4"));
    assert_eq!(stand.session.value(&again).await, "t", "told before");
}

/// O16: what came with an event and cannot be read is said, and keeps no other event from being told; nobody else is told
/// in its stead.
#[tokio::test]
async fn a_context_that_cannot_be_read_is_said() {
    let stand = Stand::open(plain()).await;
    let _daemon = stand.daemon();
    stand
        .session
        .run(
            "select zap.notify('order_received', 'x', context => '{\"order\": {\"id\": 1e999}}', recipient => '11987654321',
                 tenant => '1', audience => 'courier')",
        )
        .await;
    stand.place([1]).await;
    stand.until_accepted_texts(&["1"]).await;
    let waits = "select reason, last_error like '%cannot be read: number out of range%' from zap.notification_queue
         where subject = 'x'";
    stand.until_rows(waits, &[&["context_error", "t"]]).await;
}

/// O6: an application's own role needs one right, and reads nothing of ours.
#[tokio::test]
async fn an_applications_role_may_notify_with_one_grant() {
    let stand = Stand::open(plain()).await;
    let role = format!("app_{}", stand.session.pid());
    stand
        .session
        .run(&format!(
            "create role {role}; grant usage on schema zap to {role};
             grant execute on function zap.notify(text, text, text, jsonb, text, text, text, timestamptz, smallint) to {role};
             set role {role}; select zap.notify('order_ready', '1'); reset role"
        ))
        .await;
    let queued = "select event, subject from zap.notification_queue";
    assert_eq!(stand.session.rows(queued).await, [["order_ready", "1"]]);
    stand
        .session
        .run(&format!("drop owned by {role}; drop role {role}"))
        .await;
}

/// O7: bad input is one line with a remedy, and nothing is queued by it.
#[tokio::test]
async fn what_cannot_be_announced_is_refused() {
    let stand = Stand::open(plain()).await;
    for (arguments, message) in [
        (
            "'Order Ready', '1'",
            "zap.notify: Order Ready is not the name of an event",
        ),
        ("'order_ready', ' '", "zap.notify: no subject given"),
        ("'order_ready', '1', 'nada'", "zap: there is no source nada"),
        (
            "'order_ready', 'P-12'",
            "zap.notify: P-12 cannot be the key of public.pedidos, which is of type bigint",
        ),
        (
            "'order_ready', '1', context => '[]'",
            "zap.notify: the context is no JSON object",
        ),
        (
            "'order_ready', '1', 'pedido_itens', '{}'",
            "zap.notify: either a source or a context, not both",
        ),
        (
            "'order_ready', '1', audience => 'a b'",
            "zap.notify: a b is not the name of an audience",
        ),
        (
            "'order_ready', '1', scheduled_at => '-infinity'",
            "zap.notify: scheduled_at is no time at which a message could be sent",
        ),
    ] {
        let call = format!("select zap.notify({arguments})");
        let error = stand.session.error(&call).await;
        assert_eq!(error.message(), message);
        assert!(error.hint().is_some(), "{call}");
    }
    stand.session.run("select zap.detach('pedido_itens')").await;
    let error = stand
        .session
        .error("select zap.notify('order_ready', '1')")
        .await;
    assert_eq!(
        error.message(),
        "zap.notify: nothing is known of subject 1: no table is attached"
    );
    assert_eq!(
        stand
            .session
            .count("select count(*) from zap.notification_queue")
            .await,
        0
    );
}
