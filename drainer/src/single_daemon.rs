//! One daemon per database: an advisory lock that lasts as long as the session that holds it.

use tokio::task::JoinHandle;
use tokio_postgres::Client;

use crate::config::Config;
use crate::database::{self, DatabaseError, Purpose};

/// "zap" and "run" in ASCII: two numbers that no other program is likely to lock.
const LOCK_CLASS: i32 = 0x007A_6170;
const LOCK_OBJECT: i32 = 0x0072_756E;

/// The right to be this database's daemon. Dropping it lets another one in.
#[derive(Debug)]
pub struct SingleDaemon {
    /// Kept for its session, which holds the lock.
    _session: Client,
    connection: JoinHandle<Result<(), tokio_postgres::Error>>,
}

/// Why this process may not be the daemon.
#[derive(Debug, thiserror::Error)]
pub enum SingleDaemonError {
    /// Another one is.
    #[error("another daemon works on this database already: {0}; stop it first, one is enough")]
    Held(String),
    /// The question could not be asked.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl SingleDaemon {
    /// Takes the lock, on a session of its own.
    ///
    /// # Errors
    /// [`SingleDaemonError::Held`] names who has it.
    pub async fn acquire(config: &Config) -> Result<Self, SingleDaemonError> {
        let (session, connection) = database::connect_dedicated(config, Purpose::Lock).await?;
        let connection = tokio::spawn(connection);
        if try_lock(&session).await? {
            return Ok(Self {
                _session: session,
                connection,
            });
        }
        Err(SingleDaemonError::Held(holder(&session).await?))
    }

    /// Waits until the session, and with it the lock, is gone. Says why.
    pub async fn lost(&mut self) -> DatabaseError {
        match (&mut self.connection).await {
            Ok(Err(error)) => error.into(),
            Ok(Ok(())) => DatabaseError::ConnectionLost("closed".to_owned()),
            Err(error) => DatabaseError::ConnectionLost(error.to_string()),
        }
    }
}

async fn try_lock(session: &Client) -> Result<bool, DatabaseError> {
    let row = session
        .query_one(
            "-- try_lock
            select pg_catalog.pg_try_advisory_lock($1, $2)",
            &[&LOCK_CLASS, &LOCK_OBJECT],
        )
        .await?;
    Ok(row.get(0))
}

/// Who has the lock, as far as this role may know.
async fn holder(session: &Client) -> Result<String, DatabaseError> {
    let row = session
        .query_opt(
            "-- holder
            select l.pid, a.application_name, a.usename, a.client_addr::pg_catalog.text, a.backend_start::pg_catalog.text
            from pg_catalog.pg_locks as l
            left join pg_catalog.pg_stat_activity as a on a.pid = l.pid
            where l.locktype = 'advisory' and l.granted and l.objsubid = 2
                and l.classid::pg_catalog.int8 = $1 and l.objid::pg_catalog.int8 = $2
                and l.database = (
                    select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database()
                )",
            &[&i64::from(LOCK_CLASS), &i64::from(LOCK_OBJECT)],
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
