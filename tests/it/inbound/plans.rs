//! However much was sent and received, a delivery reads only what it is about.

use serde_json::json;

use super::stand::{NUMBER, Stand, delivery, receipts, status};
use crate::cluster::plain;
use crate::wait;

/// Messages of the past.
const SENT: u32 = 20_000;
const RECEIVED: &str = "insert into zap.message_history
     (tenant_id, channel_id, direction, provider_message_id, chat_kind, chat, kind, at)
     select '1', c.id, 'in', 'old.' || n, 'phone', '+55119' || (80000000 + n), 'text', now() - interval '1 day'
     from zap.channel as c, generate_series(1, 20000) as n";

/// Rows of these tables that have been read, by index or not.
const READ: &str = "
    select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) from pg_stat_user_tables
    where schemaname = 'zap' and relname in ('notification_queue', 'sent_message', 'message_history')";

const SESSIONS: &str = "select count(*) from pg_stat_activity
     where datname = current_database() and application_name like 'zapgres%'";

/// C2: receipts and messages are matched by key.
#[tokio::test]
async fn deliveries_do_not_read_the_past() {
    let stand = Stand::open(plain()).await;
    stand.add_sent(SENT).await;
    stand.session.run(RECEIVED).await;
    stand
        .session
        .run("analyze zap.notification_queue, zap.sent_message, zap.message_history")
        .await;
    stand.session.run("select pg_stat_force_next_flush()").await;
    let before = stand.session.count(READ).await;
    let receiver = stand.receive().await;
    let now = stand.now().await;
    for number in 1..=20 {
        let id = format!("message.{number}");
        let receipt = status(&id, "delivered", now);
        receiver.deliver(&receipts(&[receipt])).await;
        let message = json!({"from": "5511987654321", "id": format!("new.{number}"), "timestamp": now.to_string(),
            "type": "text", "text": {"body": "Oi"}});
        let value = json!({"messages": [message]});
        receiver.deliver(&delivery(NUMBER, &value)).await;
        stand.until_read().await;
    }
    assert!(receiver.daemon.terminate().await.success());
    wait::until("the daemon's sessions have ended", async || {
        stand.session.count(SESSIONS).await == 0
    })
    .await;
    let read = stand.session.count(READ).await - before;
    assert!(read < 20_000, "{read} rows read for 40 deliveries");
    let done = "select (select count(*) from zap.notification_queue where status = 'delivered')
         + (select count(*) from zap.message_history where provider_message_id like 'new.%')";
    assert_eq!(stand.session.count(done).await, 40);
}
