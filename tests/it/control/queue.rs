//! A queue with notifications in every status, and no daemon that changes them.

use crate::cluster::{Cluster, plain};
use crate::database::Database;
use crate::delivery::transitions;
use crate::session::Session;
use crate::shop;

/// A database whose company 1 has the channels `first` and `second`, in this order, and company 2 the channel `other`.
pub async fn open() -> (Database, Session) {
    open_in(plain()).await
}

/// The same in another cluster.
pub async fn open_in(cluster: &Cluster) -> (Database, Session) {
    let (database, session) = shop::open(cluster).await;
    session
        .run(
            "insert into zap.tenant (id) values ('1'), ('2');
             insert into zap.channel (tenant_id, name, provider, base_url, instance, credential, priority)
             values
                 ('1', 'first', 'evolution', 'http://127.0.0.1:1', 'first', 'env:KEY', 2),
                 ('1', 'second', 'evolution', 'http://127.0.0.1:1', 'second', 'env:KEY', 1),
                 ('2', 'other', 'evolution', 'http://127.0.0.1:1', 'other', 'env:KEY', 0)",
        )
        .await;
    transitions::guard(&session).await;
    (database, session)
}

/// Adds a notification of channel `first` in this status, as the daemon would have left it, and returns its id.
pub async fn add(session: &Session, subject: &str, status: &str) -> u64 {
    let attempts = match status {
        "pending" | "expired" | "skipped" | "canceled" => 0,
        _ => 1,
    };
    let ended = match status {
        "failed" | "expired" | "skipped" | "canceled" | "sent" => format!("{status}_at"),
        _ => "scheduled_at".to_owned(),
    };
    session
        .count(&format!(
            "insert into zap.notification_queue (
                 source_id, event, subject, dedup_key, tenant_id, channel_id, recipient, body, status, attempts,
                 max_attempts, resolved_at, {ended}, expires_at, error_class, last_error, reason
             )
             select s.id, s.event, '{subject}', s.event || ':{subject}', '1', c.id, '+5511987654321', 'Oi', '{status}',
                 {attempts}, 8, now(), now() - interval '1 hour', now() + interval '5 hours',
                 case when '{status}' in ('failed', 'retrying') then 'transient' end,
                 case when '{status}' in ('failed', 'retrying') then 'boom' end,
                 case when '{status}' in ('expired', 'skipped', 'canceled') then 'some_reason' end
             from zap.source as s, zap.channel as c where c.name = 'first'
             returning id"
        ))
        .await
}

/// Adds a notification that nobody has looked at yet.
pub async fn add_captured(session: &Session, subject: &str) -> u64 {
    session
        .count(&format!(
            "insert into zap.notification_queue (source_id, event, subject, dedup_key)
             select s.id, s.event, '{subject}', s.event || ':{subject}' from zap.source as s
             returning id"
        ))
        .await
}

/// Columns of one notification.
pub async fn row(session: &Session, id: u64, columns: &str) -> Vec<String> {
    let query = format!("select {columns} from zap.notification_queue where id = {id}");
    session.rows(&query).await.swap_remove(0)
}

/// Its status.
pub async fn status(session: &Session, id: u64) -> String {
    row(session, id, "status").await.swap_remove(0)
}

/// Event and detail of its log, oldest first.
pub async fn log(session: &Session, id: u64) -> Vec<Vec<String>> {
    session
        .rows(&format!(
            "select event, detail from zap.notification_logs where notification_id = {id} order by id"
        ))
        .await
}

/// Everything in the queue and its log, to see that nothing has changed.
pub async fn everything(session: &Session) -> Vec<String> {
    session
        .column(
            "select q::text from zap.notification_queue as q
             union all select l::text from zap.notification_logs as l
             union all select c::text from zap.channel as c
             union all select t::text from zap.tenant as t
             union all select s::text from zap.source as s
             order by 1",
        )
        .await
}
