//! The address of a database, with whatever secret it contains kept out of sight.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use tokio_postgres::config::{Host, SslMode};

/// Where Debian's and most other packages of PostgreSQL put the socket.
const DEFAULT_SOCKET_DIRECTORY: &str = "/var/run/postgresql";
const DEFAULT_PORT: u16 = 5432;

/// How to reach a database: `postgresql://user@host/database` or `host=… user=… dbname=…`.
///
/// Its `Display` and `Debug` show no password. Without a host it means the local socket, as in libpq.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct DatabaseUrl(tokio_postgres::Config);

/// Why a text is no address of a database. Never repeats the text, which may contain a password.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum InvalidDatabaseUrl {
    /// The text is neither a URL nor `key=value` pairs, or a pair is wrong.
    #[error(
        "not the address of a database{0}: write postgresql://USER@HOST/DATABASE or host=… dbname=…"
    )]
    Syntax(String),
    /// Encryption was demanded.
    #[error(
        "this build speaks no TLS to PostgreSQL: leave sslmode out and use a local socket or a private network"
    )]
    TlsRequired,
    /// An address without a database would mean the one named like the user, which is rarely meant.
    #[error("the address names no database: add it, as in postgresql://USER@HOST/DATABASE")]
    NoDatabase,
}

impl DatabaseUrl {
    /// The parameters to connect with.
    pub fn parameters(&self) -> &tokio_postgres::Config {
        &self.0
    }

    /// Name of the database.
    pub fn database(&self) -> &str {
        self.0.get_dbname().unwrap_or_default()
    }

    /// The role that connects, for people.
    pub fn role(&self) -> String {
        match self.0.get_user() {
            Some(name) => format!("role {name}"),
            None => "the operating system's user".to_owned(),
        }
    }

    /// Host and port, or the socket's path, for people.
    pub fn server(&self) -> String {
        let ports = self.0.get_ports();
        let port = |index: usize| {
            ports
                .get(index)
                .or_else(|| ports.first())
                .copied()
                .unwrap_or(DEFAULT_PORT)
        };
        let named = self
            .0
            .get_hosts()
            .iter()
            .enumerate()
            .map(|(index, host)| match host {
                Host::Tcp(name) => format!("{name}:{}", port(index)),
                Host::Unix(path) => format!("{}/.s.PGSQL.{}", path.display(), port(index)),
            });
        let numbered = self.0.get_hostaddrs().iter().enumerate();
        let numbered = numbered.map(|(index, address)| format!("{address}:{}", port(index)));
        let servers: Vec<String> = if self.0.get_hosts().is_empty() {
            numbered.collect()
        } else {
            named.collect()
        };
        servers.join(", ")
    }
}

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains("sslmode=verify") {
            return Err(InvalidDatabaseUrl::TlsRequired);
        }
        let mut parameters: tokio_postgres::Config = text
            .parse()
            .map_err(|error| InvalidDatabaseUrl::Syntax(harmless_cause(&error)))?;
        if parameters.get_dbname().is_none_or(str::is_empty) {
            return Err(InvalidDatabaseUrl::NoDatabase);
        }
        if parameters.get_ssl_mode() == SslMode::Require {
            return Err(InvalidDatabaseUrl::TlsRequired);
        }
        if parameters.get_hosts().is_empty() && parameters.get_hostaddrs().is_empty() {
            parameters.host_path(DEFAULT_SOCKET_DIRECTORY);
        }
        Ok(Self(parameters))
    }
}

/// The parser's complaint, unless it may quote a part of a URL.
fn harmless_cause(error: &tokio_postgres::Error) -> String {
    std::error::Error::source(error)
        .map(ToString::to_string)
        .filter(|cause| !cause.contains(['@', '/', ':']))
        .map(|cause| format!(" ({cause})"))
        .unwrap_or_default()
}

impl TryFrom<String> for DatabaseUrl {
    type Error = InvalidDatabaseUrl;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "database {} at {}",
            self.database(),
            self.server()
        )
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> DatabaseUrl {
        text.parse().unwrap()
    }

    #[test]
    fn reads_urls_and_key_value_pairs() {
        assert_eq!(
            url("postgresql://ana@db.example:5433/orders").server(),
            "db.example:5433"
        );
        assert_eq!(
            url("host=db.example dbname=orders").server(),
            "db.example:5432"
        );
        assert_eq!(
            url("host=/tmp/pg port=5444 dbname=o").server(),
            "/tmp/pg/.s.PGSQL.5444"
        );
    }

    #[test]
    fn no_host_means_the_local_socket() {
        assert_eq!(
            url("postgresql:///orders").server(),
            "/var/run/postgresql/.s.PGSQL.5432"
        );
    }

    #[test]
    fn shows_no_password() {
        let shown = url("postgresql://ana:segredo@db/orders");
        assert!(!format!("{shown} {shown:?}").contains("segredo"));
    }

    #[test]
    fn an_error_repeats_nothing_of_a_text_that_may_hold_a_password() {
        for text in [
            "mysql://ana:segredo@db/orders?a=b",
            "postgres:/ana:segredo@db/x",
            "segredo",
        ] {
            let error = text.parse::<DatabaseUrl>().unwrap_err().to_string();
            assert!(!error.contains("segredo"), "{error}");
        }
    }

    #[test]
    fn an_address_without_database_is_refused() {
        assert_eq!(
            "host=db".parse::<DatabaseUrl>(),
            Err(InvalidDatabaseUrl::NoDatabase)
        );
    }

    #[test]
    fn demanded_encryption_is_refused_rather_than_ignored() {
        for mode in ["require", "verify-full"] {
            let text = format!("postgresql://db/orders?sslmode={mode}");
            assert_eq!(
                text.parse::<DatabaseUrl>(),
                Err(InvalidDatabaseUrl::TlsRequired)
            );
        }
    }
}
