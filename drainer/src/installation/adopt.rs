//! Makes this server and database the ones that send.

use tokio_postgres::Client;

use crate::database::DatabaseError;

/// What an adoption did.
#[derive(Debug, PartialEq, Eq)]
pub struct Adoption {
    /// Whether the database was this server's already: then nothing was changed.
    pub already_ours: bool,
    /// Notifications that wait to be sent.
    pub pending: i64,
}

/// How many notifications wait to be sent, and will be once the database is adopted.
///
/// # Errors
/// What kept them from being counted.
pub async fn pending(client: &Client) -> Result<i64, DatabaseError> {
    let row = client
        .query_one(
            "-- pending
            select
                (
                    select pg_catalog.count(*) from zap.notification_queue as q
                    where q.status in ('pending', 'retrying', 'processing', 'uncertain')
                        and (q.expires_at is null or q.expires_at > pg_catalog.now())
                ) + (select pg_catalog.count(*) from zap.missed)",
            &[],
        )
        .await?;
    Ok(row.get(0))
}

/// Records this server and database as the ones that send, in one transaction.
///
/// The sweep begins anew: what it remembers are transaction ids of another server, and the orders that came with the
/// copy were announced, or silenced, by the original.
///
/// # Errors
/// What kept it from being recorded; nothing has changed then.
pub async fn adopt(client: &mut Client) -> Result<Adoption, DatabaseError> {
    let transaction = client.transaction().await?;
    let changed = transaction
        .execute(
            "-- adopt
            insert into zap.installation as r (system_identifier, database_oid, data_directory)
            select i.system_identifier, i.database_oid, i.data_directory
            from zap.this_installation() as i
            on conflict (id) do update set
                system_identifier = excluded.system_identifier,
                database_oid = excluded.database_oid,
                data_directory = excluded.data_directory,
                adopted_at = pg_catalog.clock_timestamp(),
                adopted_by = session_user
            where (r.system_identifier, r.database_oid, r.data_directory)
                <> (excluded.system_identifier, excluded.database_oid, excluded.data_directory)",
            &[],
        )
        .await?;
    if changed > 0 {
        transaction
            .batch_execute(
                "-- adopt: the sweep begins anew
                update zap.source set sweep_after = pg_catalog.clock_timestamp();
                delete from zap.sweep_mark;
                delete from zap.capture_gap;
                select zap.start_sweep(s)
                from zap.source as s
                where s.detached_at is null
                    and pg_catalog.to_regclass(coalesce(s.order_relation, s.relation)) is not null;",
            )
            .await?;
    }
    transaction.commit().await?;
    Ok(Adoption {
        already_ours: changed == 0,
        pending: pending(client).await?,
    })
}
