//! One daemon per name: an advisory lock that lasts as long as the session that holds it.

use tokio::task::JoinHandle;
use tokio_postgres::Client;

use crate::config::Config;
use crate::database::{self, DatabaseError, Purpose};

/// "zap" in ASCII: a number that no other program is likely to lock together with the hash of a name.
const LOCK_CLASS: i32 = 0x007A_6170;

/// The right to be the daemon of a name. Dropping it lets another one in.
#[derive(Debug)]
pub(crate) struct NameLock {
    /// Its session holds the lock; what keeps the daemon's leases runs here too, so that both end together.
    pub session: Client,
    connection: JoinHandle<Result<(), tokio_postgres::Error>>,
}

/// Why this process may not be the daemon.
#[derive(Debug, thiserror::Error)]
pub enum NameLockError {
    /// Another one is.
    #[error(
        "a daemon named {name} works on this database already: {holder}; give this one another name with --name"
    )]
    Held {
        /// The name of both.
        name: String,
        /// Who has it.
        holder: String,
    },
    /// The question could not be asked.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl NameLock {
    /// Takes the lock of the configured name, on a session of its own.
    ///
    /// # Errors
    /// [`NameLockError::Held`] names who has it.
    pub(crate) async fn acquire(config: &Config) -> Result<Self, NameLockError> {
        let (session, connection) = database::connect_dedicated(config, Purpose::Lock).await?;
        let connection = tokio::spawn(connection);
        let name = &config.daemon.name;
        if try_lock(&session, name).await? {
            return Ok(Self {
                session,
                connection,
            });
        }
        Err(NameLockError::Held {
            name: name.clone(),
            holder: holder(&session, name).await?,
        })
    }

    /// Waits until the session, and with it the lock, is gone. Says why.
    pub(crate) async fn lost(&mut self) -> DatabaseError {
        match (&mut self.connection).await {
            Ok(Err(error)) => error.into(),
            Ok(Ok(())) => DatabaseError::ConnectionLost("closed".to_owned()),
            Err(error) => DatabaseError::ConnectionLost(error.to_string()),
        }
    }
}

async fn try_lock(session: &Client, name: &str) -> Result<bool, DatabaseError> {
    let row = session
        .query_one(
            "-- try_lock
            select pg_catalog.pg_try_advisory_lock($1, pg_catalog.hashtext($2))",
            &[&LOCK_CLASS, &name],
        )
        .await?;
    Ok(row.get(0))
}

/// Who has the lock, as far as this role may know.
async fn holder(session: &Client, name: &str) -> Result<String, DatabaseError> {
    let row = session
        .query_opt(
            "-- holder
            select l.pid, a.application_name, a.usename, a.client_addr::pg_catalog.text, a.backend_start::pg_catalog.text
            from pg_catalog.pg_locks as l
            left join pg_catalog.pg_stat_activity as a on a.pid = l.pid
            where l.locktype = 'advisory' and l.granted and l.objsubid = 2
                and l.classid::pg_catalog.int8 = $1
                and l.objid::pg_catalog.int8 = (pg_catalog.hashtext($2)::pg_catalog.int8 & 4294967295)
                and l.database = (
                    select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database()
                )",
            &[&i64::from(LOCK_CLASS), &name],
        )
        .await?;
    Ok(row.map_or_else(
        || "it has just stopped; try again".to_owned(),
        |row| describe(&row),
    ))
}

fn describe(row: &tokio_postgres::Row) -> String {
    let text = |index| {
        row.get::<_, Option<String>>(index)
            .filter(|text| !text.is_empty())
    };
    let process: i32 = row.get(0);
    let name = text(1).unwrap_or_else(|| "a session whose name this role may not see".to_owned());
    let role = text(2)
        .map(|role| format!(", role {role}"))
        .unwrap_or_default();
    let address = text(3)
        .map(|address| format!(", from {address}"))
        .unwrap_or_default();
    let since = text(4)
        .map(|since| format!(", since {since}"))
        .unwrap_or_default();
    format!("{name} (server process {process}{role}{address}{since})")
}
