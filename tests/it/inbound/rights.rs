//! The rights that `zapgres setup` gives the daemon are enough for all that it does with what is delivered.

use serde_json::json;

use super::stand::{NUMBER, Stand, delivery, receipts, status};
use crate::cluster::Cluster;
use crate::{daemon, shop, wait};

/// An approved template, and what retention takes away.
const ROWS: &str = "
    insert into zap.provider_template (event, name, parameters)
    values ('order_received', 'pedido', '[{\"text\": \"{{ order.id }}\"}]');
    insert into zap.inbound_event (channel_id, provider, payload, received_at, processed_at)
    values (1, 'meta', '', now() - interval '8 days', now() - interval '8 days');
    insert into zap.message_history
        (tenant_id, channel_id, direction, provider_message_id, chat_kind, chat, kind, at, received_at)
    values ('1', 1, 'in', 'old', 'phone', '+5511987654321', 'text', now(), now() - interval '1000 days');
    insert into zap.recipient_address (channel_id, kind, address, expires_at)
    select c.id, 'phone', '+5511987654329', now() - interval '1000 days' from zap.channel as c;
    insert into zap.recipient_alias (channel_id, alias, kind, address, seen_at)
    select c.id, 'old', 'phone', '+5511987654329', now() - interval '1000 days' from zap.channel as c;
    update zap.notification_queue set created_at = now() - interval '40 days', sent_at = now() - interval '40 days'
    where subject = '1'";

/// What is left of it.
const LEFT: &str = "select
    (select count(*) from zap.inbound_event where payload = '')
    + (select count(*) from zap.message_history where provider_message_id = 'old')
    + (select count(*) from zap.recipient_address where address = '+5511987654329')
    + (select count(*) from zap.recipient_alias where alias = 'old')
    + (select count(*) from zap.sent_message where provider_message_id = 'message.1')";

/// Architecture: the daemon's role may do everything with each of the tables that receipts, conversations, addresses and health
/// are in, and the administrator's asks for messages.
#[tokio::test]
async fn the_endpoint_works_with_the_rights_of_the_daemons_role() {
    let cluster = Cluster::start("receiver", &[]);
    let stand = Stand::open(&cluster).await;
    stand.add_sent(2).await;
    stand.session.run(ROWS).await;
    daemon::succeed(&stand.database, &["setup"]);
    stand
        .session
        .run("create role receiver login in role zap_daemon; create role administrator login in role zap_admin")
        .await;
    let receiver = stand.receive_as("receiver", &[]).await;
    shop::place(&stand.session, 3).await;
    let now = stand.now().await;
    let message = json!({"messages": [
        {"from": "5511987654321", "id": "wamid.in", "timestamp": now.to_string(), "type": "text", "text": {"body": "Oi"}},
    ]});
    receiver
        .deliver(&receipts(&[status("message.2", "read", now)]))
        .await;
    receiver.deliver(&delivery(NUMBER, &message)).await;
    for (what, query) in [
        (
            "the receipt",
            "select count(*) from zap.notification_queue where subject = '2' and status = 'read'",
        ),
        (
            "the message",
            "select count(*) from zap.message_history where provider_message_id = 'wamid.in'",
        ),
        (
            "the order",
            "select count(*) from zap.notification_queue where subject = '3' and status = 'sent'",
        ),
        (
            "the template",
            "select count(*) from zap.notification_queue where payload -> 'template' ->> 'name' = 'pedido'",
        ),
        (
            "the name",
            "select count(*) from zap.recipient_alias where address = '+5511987654321'",
        ),
        (
            "the health",
            "select count(*) from zap.channel_health where connection = 'connected'",
        ),
    ] {
        wait::until(what, async || stand.session.count(query).await == 1).await;
    }
    wait::until("what is old has left", async || {
        stand.session.value(LEFT).await == "0"
    })
    .await;
    let administrator = stand.database.session_as("administrator").await;
    let send = "select zap.send_message('number_1060', '+5511987654321', 'Oi')";
    let id = administrator.value(send).await;
    let is_sent =
        format!("select count(*) from zap.notification_queue where id = {id} and status = 'sent'");
    wait::until("what the administrator asked for", async || {
        stand.session.count(&is_sent).await == 1
    })
    .await;
    let log = receiver.daemon.log();
    assert!(!log.contains("permission denied"), "{log}");
}
