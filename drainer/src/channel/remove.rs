//! Taking a channel away.

use tokio_postgres::Client;

use crate::database::DatabaseError;

/// What went with a channel.
#[derive(Debug, PartialEq, Eq)]
pub struct Removed {
    /// Notifications that waited for it, and now wait for another channel of their company.
    pub waiting: i64,
}

/// Takes a channel away; none: there is no such channel. What waits for it goes to another channel of the company, or waits
/// for one; what is on its way is completed.
///
/// # Errors
/// What the database had against it.
pub async fn remove(client: &mut Client, name: &str) -> Result<Option<Removed>, DatabaseError> {
    let transaction = client.transaction().await?;
    let sql = "-- remove_channel
        with removed as (
            delete from zap.channel as c where c.name = $1 returning c.id, c.tenant_id
        ),
        logged as (
            insert into zap.notification_logs (tenant_id, channel_id, level, event, code, detail)
            select
                r.tenant_id, r.id, 'info', 'channel_removed', 'channel_removed',
                pg_catalog.format('channel %s, by %s', $1, session_user)
            from removed as r
        )
        select
            (
                select pg_catalog.count(*)
                from zap.notification_queue as q
                where q.resolved_at is not null
                    and q.status in ('pending', 'retrying', 'uncertain')
                    and q.channel_id = r.id
            ) as waiting
        from removed as r";
    let row = transaction.query_opt(sql, &[&name]).await?;
    transaction
        .execute("-- wake\nselect pg_catalog.pg_notify('zapgres', '')", &[])
        .await?;
    transaction.commit().await?;
    row.map(|row| {
        Ok(Removed {
            waiting: row.try_get("waiting")?,
        })
    })
    .transpose()
}
