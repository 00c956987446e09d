//! `[database]`: the connection to PostgreSQL.

use std::time::Duration;

use clap::Args;
use serde::Deserialize;

use super::{ConfigError, DatabaseUrl, at_least, duration, in_range, parse_count};

const POOL_SIZE: usize = 8;
/// Intake and sweep keep one each while they work; lanes and the completer need others.
const POOL_SIZE_MIN: usize = 4;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The connection to PostgreSQL.
#[derive(Debug, Clone)]
pub struct Database {
    /// Address, with its password if it has one.
    pub url: DatabaseUrl,
    /// Connections for statements, at most.
    pub pool_size: usize,
    /// How long connecting, or waiting for a free connection, may take.
    pub connect_timeout: Duration,
}

/// One layer of [`Database`]: what flags, environment or file say of it.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseSettings {
    #[arg(
        long = "database-url",
        value_name = "URL",
        help = "Address: postgresql://USER@HOST/DATABASE, or host=… dbname=…; without a host, the local socket"
    )]
    pub url: Option<DatabaseUrl>,
    /// Connections for statements, at most [default: 8]
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub pool_size: Option<usize>,
    /// How long connecting may take [default: 10s]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    #[serde(deserialize_with = "duration::deserialize")]
    pub connect_timeout: Option<Duration>,
}

impl DatabaseSettings {
    pub(super) fn over(self, below: Self) -> Self {
        Self {
            url: self.url.or(below.url),
            pool_size: self.pool_size.or(below.pool_size),
            connect_timeout: self.connect_timeout.or(below.connect_timeout),
        }
    }

    pub(super) fn resolve(self) -> Result<Database, ConfigError> {
        Ok(Database {
            url: self.url.ok_or(ConfigError::NoDatabaseUrl)?,
            pool_size: in_range(
                "pool_size",
                self.pool_size.unwrap_or(POOL_SIZE),
                POOL_SIZE_MIN..=1000,
            )?,
            connect_timeout: at_least(
                "connect_timeout",
                self.connect_timeout.unwrap_or(CONNECT_TIMEOUT),
                Duration::from_millis(1),
            )?,
        })
    }
}
