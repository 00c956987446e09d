//! Connections to PostgreSQL: a pool for statements, and sessions of their own for what outlives a statement.

mod error;
mod extension;

use std::fmt;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Connection, NoTls, Socket};

pub use error::DatabaseError;
pub use extension::check_extension;

use crate::config::{Config, DatabaseUrl};

/// What every session of ours sets for itself, whatever role or database say:
/// - `synchronous_commit`: an undone `processing` would be a silent duplicate;
/// - `default_transaction_isolation`: `for update skip locked` fails under a stricter one;
/// - `jit`: compiling costs more than any of our statements.
///
/// As start-up options they also survive `reset all`.
const SESSION_OPTIONS: &str = "-c synchronous_commit=on -c search_path=pg_catalog \
     -c default_transaction_isolation=read\\ committed -c jit=off \
     -c statement_timeout=30s -c idle_in_transaction_session_timeout=60s";

/// A server that went away without a word is noticed after about this long.
const SILENCE_LIMIT: Duration = Duration::from_secs(30);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(10);
const KEEPALIVE_RETRIES: u32 = 2;

/// PostgreSQL cuts an application name at 63 bytes.
const APPLICATION_NAME_BYTES: usize = 63;

/// A connection that has to be driven by whoever asked for it.
pub type DrivenConnection = Connection<Socket, NoTlsStream>;

/// What a session is for; part of its name in `pg_stat_activity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Statements out of the pool.
    Pool,
    /// `LISTEN`.
    Listen,
    /// The lock on the daemon's name, and its leases.
    Lock,
    /// One command of an operator.
    Command,
}

impl fmt::Display for Purpose {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Pool => "",
            Self::Listen => " listen",
            Self::Lock => " lock",
            Self::Command => " command",
        })
    }
}

/// Opens the pool, and one connection of it to see that the database is there and fits this daemon.
///
/// # Errors
/// Whatever keeps the daemon from working with this database.
pub async fn connect_pool(config: &Config) -> Result<Pool, DatabaseError> {
    let url = &config.database.url;
    let timeout = config.database.connect_timeout;
    let manager = Manager::from_config(
        parameters(url, timeout, Purpose::Pool),
        NoTls,
        ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        },
    );
    let pool = Pool::builder(manager)
        .max_size(config.database.pool_size)
        .wait_timeout(Some(timeout))
        .create_timeout(Some(timeout))
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| DatabaseError::Other(error.to_string()))?;
    let client = pool
        .get()
        .await
        .map_err(|error| DatabaseError::from_pool(error, url))?;
    check_extension(&client, url).await?;
    drop(client);
    Ok(pool)
}

/// Opens a session of its own for `purpose`. The caller drives the connection, and sees its messages.
///
/// # Errors
/// Whatever keeps the session from being opened.
pub async fn connect_dedicated(
    config: &Config,
    purpose: Purpose,
) -> Result<(Client, DrivenConnection), DatabaseError> {
    let url = match purpose {
        // Behind a transaction pooler, neither would stay with its session.
        Purpose::Listen | Purpose::Lock => config.wake.listen_url.as_ref(),
        Purpose::Pool | Purpose::Command => None,
    };
    let url = url.unwrap_or(&config.database.url);
    let timeout = config.database.connect_timeout;
    tokio::time::timeout(timeout, parameters(url, timeout, purpose).connect(NoTls))
        .await
        .map_err(|_| DatabaseError::timed_out(url))?
        .map_err(|error| DatabaseError::from_connecting(&error, url))
}

/// Opens a session for one command of an operator, and checks that the extension fits.
///
/// # Errors
/// Whatever keeps the command from working with this database.
pub async fn connect_command(config: &Config) -> Result<Client, DatabaseError> {
    let (client, connection) = connect_dedicated(config, Purpose::Command).await?;
    tokio::spawn(async move {
        // Whoever waits for a statement on this connection gets the same error.
        connection.await.ok();
    });
    check_extension(&client, &config.database.url).await?;
    Ok(client)
}

fn parameters(url: &DatabaseUrl, timeout: Duration, purpose: Purpose) -> tokio_postgres::Config {
    let mut parameters = url.parameters().clone();
    let options = match parameters.get_options() {
        Some(given) => format!("{given} {SESSION_OPTIONS}"),
        None => SESSION_OPTIONS.to_owned(),
    };
    parameters
        .options(options)
        .application_name(application_name(purpose))
        .connect_timeout(timeout)
        .keepalives_idle(KEEPALIVE_INTERVAL)
        .keepalives_interval(KEEPALIVE_INTERVAL)
        .keepalives_retries(KEEPALIVE_RETRIES)
        .tcp_user_timeout(SILENCE_LIMIT);
    parameters
}

/// `zapgres@HOST PID[ purpose]`: tells an operator where a session comes from.
pub fn application_name(purpose: Purpose) -> String {
    let tail = format!(" {}{purpose}", std::process::id());
    let uname = rustix::system::uname();
    let mut head = format!("zapgres@{}", uname.nodename().to_string_lossy());
    let mut room = APPLICATION_NAME_BYTES
        .saturating_sub(tail.len())
        .min(head.len());
    while !head.is_char_boundary(room) {
        room -= 1;
    }
    head.truncate(room);
    head + &tail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_says_where_it_comes_from_and_what_for() {
        let name = application_name(Purpose::Listen);
        assert!(name.starts_with("zapgres@"), "{name}");
        assert!(
            name.ends_with(&format!(" {} listen", std::process::id())),
            "{name}"
        );
        assert!(name.len() <= APPLICATION_NAME_BYTES);
    }

    #[test]
    fn the_users_own_options_are_kept_but_ours_win() {
        let url: DatabaseUrl = "host=db dbname=o options='-c synchronous_commit=off'"
            .parse()
            .unwrap();
        let parameters = parameters(&url, Duration::from_secs(1), Purpose::Pool);
        let options = parameters.get_options().unwrap();
        let (theirs, ours) = (options.find("=off").unwrap(), options.find("=on").unwrap());
        assert!(theirs < ours, "{options}");
    }
}
