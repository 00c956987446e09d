//! What PostgreSQL's errors mean for whoever runs the daemon: one line each, with cause and remedy, without passwords.

use std::error::Error;
use std::io;

use deadpool_postgres::{PoolError, TimeoutType};
use tokio_postgres::error::SqlState;

use crate::config::DatabaseUrl;

/// Why the database can't be worked with.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum DatabaseError {
    /// Nobody answers at the address.
    #[error(
        "cannot reach PostgreSQL at {server} ({cause}); check host and port, and that the server runs and listens there"
    )]
    Unreachable {
        /// Host and port, or the socket.
        server: String,
        /// What the system said.
        cause: String,
    },
    /// The connection broke off while it was in use.
    #[error(
        "the connection to PostgreSQL was lost ({0}); it is made again when the server answers"
    )]
    ConnectionLost(String),
    /// The server is starting, stopping or recovering.
    #[error("PostgreSQL at {server} takes no connections now ({cause}); wait until it is up")]
    NotReady {
        /// Host and port, or the socket.
        server: String,
        /// What the server said.
        cause: String,
    },
    /// The server has no room for another session.
    #[error(
        "PostgreSQL at {server} has no connection left ({cause}); raise max_connections, or lower --pool-size"
    )]
    TooManyConnections {
        /// Host and port, or the socket.
        server: String,
        /// What the server said.
        cause: String,
    },
    /// No connection of the pool became free in time.
    #[error("all connections of the pool were busy for too long; raise --pool-size")]
    PoolBusy,
    /// The password is wrong.
    #[error("wrong password for {role} at {server}; correct ZAPGRES_DATABASE_URL")]
    WrongPassword {
        /// The role.
        role: String,
        /// Host and port, or the socket.
        server: String,
    },
    /// The server asks for a password, and the address has none.
    #[error("{role} needs a password at {server}; add it to ZAPGRES_DATABASE_URL")]
    NoPassword {
        /// The role.
        role: String,
        /// Host and port, or the socket.
        server: String,
    },
    /// The server lets this role in only otherwise, or there is no such role.
    #[error(
        "PostgreSQL at {server} does not let {role} in ({cause}); create the role with LOGIN, and allow it in pg_hba.conf"
    )]
    RoleRefused {
        /// The role.
        role: String,
        /// Host and port, or the socket.
        server: String,
        /// What the server said.
        cause: String,
    },
    /// There is no such database.
    #[error(
        "there is no database {database} at {server}; correct its name in ZAPGRES_DATABASE_URL"
    )]
    UnknownDatabase {
        /// The database.
        database: String,
        /// Host and port, or the socket.
        server: String,
    },
    /// The extension is not installed in the database.
    #[error(
        "the extension zapgres is not installed in database {0}; run there, as its administrator: CREATE EXTENSION zapgres"
    )]
    ExtensionMissing(String),
    /// The extension is of an older version than the daemon.
    #[error(
        "the extension is version {extension}, this program {program}; run, as administrator: ALTER EXTENSION zapgres UPDATE"
    )]
    ExtensionOlder {
        /// Version of the extension in the database.
        extension: String,
        /// Version of this program.
        program: &'static str,
    },
    /// The extension is of a newer version than the daemon.
    #[error(
        "the extension is version {extension}, this program only {program}; install zapgres {extension} here too"
    )]
    ExtensionNewer {
        /// Version of the extension in the database.
        extension: String,
        /// Version of this program.
        program: &'static str,
    },
    /// The role lacks a right.
    #[error(
        "{0}; run `zapgres setup` as administrator, then grant the role that connects zap_reader to look, zap_admin to \
         change something, or zap_daemon to run"
    )]
    PermissionDenied(String),
    /// Anything else, in the server's words.
    #[error("{0}")]
    Other(String),
}

impl DatabaseError {
    /// Connecting to `url` took too long.
    pub(super) fn timed_out(url: &DatabaseUrl) -> Self {
        Self::Unreachable {
            server: url.server(),
            cause: "no answer in time".to_owned(),
        }
    }

    /// Tells what went wrong while connecting to `url`.
    pub fn from_connecting(error: &tokio_postgres::Error, url: &DatabaseUrl) -> Self {
        let server = url.server();
        let role = url.role();
        let cause = cause(error);
        match error.code() {
            Some(&SqlState::INVALID_PASSWORD) => Self::WrongPassword { role, server },
            Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION) => Self::RoleRefused {
                role,
                server,
                cause,
            },
            Some(&SqlState::INVALID_CATALOG_NAME) => Self::UnknownDatabase {
                database: url.database().to_owned(),
                server,
            },
            Some(&SqlState::TOO_MANY_CONNECTIONS) => Self::TooManyConnections { server, cause },
            Some(code) if is_not_ready(code) => Self::NotReady { server, cause },
            Some(_) => Self::Other(cause),
            None if is_about_the_network(error) => Self::Unreachable { server, cause },
            None if url.parameters().get_password().is_none() => Self::NoPassword { role, server },
            // Only an exchange of credentials fails on this side without the server's words or the network's.
            None => Self::RoleRefused {
                role,
                server,
                cause,
            },
        }
    }

    /// Tells why the pool of `url` gave no connection.
    pub fn from_pool(error: PoolError, url: &DatabaseUrl) -> Self {
        match error {
            PoolError::Backend(error) => Self::from_connecting(&error, url),
            PoolError::Timeout(TimeoutType::Wait) => Self::PoolBusy,
            PoolError::Timeout(_) => Self::timed_out(url),
            other => Self::Other(other.to_string()),
        }
    }
}

/// Tells what went wrong with a statement on an open connection.
impl From<tokio_postgres::Error> for DatabaseError {
    fn from(error: tokio_postgres::Error) -> Self {
        let cause = cause(&error);
        match error.code() {
            Some(&SqlState::INSUFFICIENT_PRIVILEGE) => Self::PermissionDenied(cause),
            Some(code) if is_not_ready(code) => Self::ConnectionLost(cause),
            Some(_) => Self::Other(cause),
            None if error.is_closed() || is_about_the_network(&error) => {
                Self::ConnectionLost(cause)
            }
            None => Self::Other(cause),
        }
    }
}

/// The server's own words, or else the innermost cause.
fn cause(error: &tokio_postgres::Error) -> String {
    if let Some(answer) = error.as_db_error() {
        return one_line(answer.message());
    }
    let mut innermost: &dyn Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    one_line(&innermost.to_string())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_not_ready(code: &SqlState) -> bool {
    [
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
    ]
    .contains(code)
}

fn is_about_the_network(error: &tokio_postgres::Error) -> bool {
    let mut source = error.source();
    while let Some(inner) = source {
        if inner.is::<io::Error>() {
            return true;
        }
        source = inner.source();
    }
    error.is_closed() || error.to_string() == "timeout waiting for server"
}

#[cfg(test)]
mod tests;
