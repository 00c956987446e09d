//! Whether this database is the one that is meant to send, or a copy of it.

mod adopt;

use tokio_postgres::Client;

use crate::database::DatabaseError;

pub use adopt::{adopt, pending};

/// Why nothing may be sent from this database.
#[derive(Debug, thiserror::Error)]
pub enum InstallationError {
    /// The database was restored from a dump, or its server was copied.
    #[error(
        "this database was restored or copied ({0}): nothing is sent until someone who knows that the original no longer \
         sends runs `zapgres adopt`"
    )]
    Copied(String),
    /// The question could not be answered.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Checks that this server and database are those that [`adopt`], or the first daemon, recorded.
///
/// Where nothing is recorded and no daemon has left a trace yet, this is the first one: it records what it finds.
///
/// # Errors
/// [`InstallationError::Copied`] when it is another server or database, or when the record was lost.
pub async fn check(client: &Client) -> Result<(), InstallationError> {
    record_if_fresh(client).await?;
    match difference(client).await? {
        None => Ok(()),
        Some(difference) => Err(InstallationError::Copied(difference)),
    }
}

/// Records the installation when there is no record and no daemon has worked on the queue.
async fn record_if_fresh(client: &Client) -> Result<(), DatabaseError> {
    client
        .execute(
            "-- record_if_fresh
            insert into zap.installation (system_identifier, database_oid, data_directory)
            select i.system_identifier, i.database_oid, i.data_directory
            from zap.this_installation() as i
            where not exists (select from zap.installation)
                and not exists (select from zap.notification_logs)
                and not exists (
                    select from zap.notification_queue as q where q.resolved_at is not null or q.context_hash is not null
                )
            on conflict (id) do nothing",
            &[],
        )
        .await?;
    Ok(())
}

/// A short text that no other installation has, not even a copy of this one that was adopted.
///
/// # Errors
/// When the database could not be asked, or has no record.
pub async fn mark(client: &Client) -> Result<String, DatabaseError> {
    let row = client
        .query_one(
            "-- mark
            select pg_catalog.substr(pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.concat_ws(
                ' ', r.system_identifier, r.database_oid, r.data_directory, extract(epoch from r.adopted_at)
            ), pg_catalog.getdatabaseencoding())), 'hex'), 1, 12)
            from zap.installation as r",
            &[],
        )
        .await?;
    Ok(row.get(0))
}

/// What tells this server and database from the recorded ones; `None`: nothing does.
pub(crate) async fn difference(client: &Client) -> Result<Option<String>, DatabaseError> {
    let row = client
        .query_one(
            "-- difference
            select
                case
                    when r.id is null then 'its record in zap.installation is missing'
                    when r.system_identifier <> i.system_identifier then pg_catalog.format(
                        'the record is of the server with system identifier %s, this one has %s',
                        r.system_identifier, i.system_identifier
                    )
                    when r.database_oid <> i.database_oid then pg_catalog.format(
                        'the record is of the database with oid %s, this one has %s', r.database_oid, i.database_oid
                    )
                    when r.data_directory <> i.data_directory then pg_catalog.format(
                        'the record is of the server in %s, this one is in %s', r.data_directory, i.data_directory
                    )
                end
            from zap.this_installation() as i
            left join zap.installation as r on true",
            &[],
        )
        .await?;
    Ok(row.get(0))
}
