//! What was read long ago leaves.

use super::stand::Stand;
use crate::cluster::plain;
use crate::wait;

/// Deliveries and messages of long ago, and of the day before that; the first of each ten is not read yet.
const OLD: &str = "
    insert into zap.inbound_event (channel_id, provider, payload, received_at, processed_at, next_attempt_at)
    select 1, 'meta', '', now() - interval '8 days', case when n % 10 > 0 then now() - interval '8 days' end, 'infinity'
    from generate_series(1, 1200) as n;
    insert into zap.inbound_event (channel_id, provider, payload, received_at, processed_at)
    select 1, 'meta', '', now() - interval '6 days', now() - interval '6 days' from generate_series(1, 10);
    insert into zap.message_history
        (tenant_id, channel_id, direction, provider_message_id, chat_kind, chat, kind, at, received_at)
    select '1', 1, 'in', n::text, 'phone', '+5511987654321', 'text', now(), now() - make_interval(days => n)
    from generate_series(361, 370) as n";

/// T9: deliveries leave after 7 days, messages after 365; what is not read yet stays.
#[tokio::test]
async fn old_deliveries_and_messages_leave() {
    let stand = Stand::open(plain()).await;
    stand.session.run(OLD).await;
    let _receiver = stand.receive().await;
    for (query, count) in [
        ("select count(*) from zap.inbound_event", 130),
        ("select count(*) from zap.message_history", 4),
    ] {
        wait::until(query, async || stand.session.count(query).await == count).await;
    }
}

/// T9: the provider's id of a message leaves with its notification.
#[tokio::test]
async fn ids_leave_with_their_notifications() {
    let stand = Stand::open(plain()).await;
    stand.add_sent(10).await;
    stand
        .session
        .run(
            "update zap.notification_queue
             set created_at = now() - interval '31 days', sent_at = now() - interval '31 days'
             where subject::integer <= 7",
        )
        .await;
    let _receiver = stand.receive().await;
    let left = "select count(*) from zap.sent_message";
    wait::until("they have left", async || {
        stand.session.count(left).await == 3
    })
    .await;
}
