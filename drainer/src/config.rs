//! The daemon's configuration: flags before environment before file before defaults.
//!
//! Each section is a struct of options that flags, environment and file fill alike, and a struct of values that the
//! program reads. A flag `--pool-size` is `ZAPGRES_POOL_SIZE` in the environment.

mod daemon;
mod database;
mod database_url;
mod duration;
mod environment;
mod file;
mod http;
mod log;
mod sending;
mod sweep;
mod wake;

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::Deserialize;
use zapgres_core::credential::CredentialReference;

pub use daemon::{Daemon, DaemonSettings, parse_seal_key};
pub use database::{Database, DatabaseSettings};
pub use database_url::DatabaseUrl;
pub use environment::{Environment, document};
pub use http::{Http, HttpSettings};
pub use log::{Log, LogFormat, LogSettings};
pub use sending::{Sending, SendingSettings};
pub use sweep::{Sweep, SweepSettings};
pub use wake::{Wake, WakeSettings};

/// Everything a daemon process needs to know before it has read its database.
#[derive(Debug, Clone)]
pub struct Config {
    /// The connection to PostgreSQL.
    pub database: Database,
    /// Which daemon this is, and how long it may be silent.
    pub daemon: Daemon,
    /// How the daemon learns that there is work.
    pub wake: Wake,
    /// How much is in flight, and for how long.
    pub sending: Sending,
    /// The search for orders that capture missed.
    pub sweep: Sweep,
    /// Where providers deliver to, and metrics are read.
    pub http: Http,
    /// What is written to standard error or the journal.
    pub log: Log,
}

/// One layer of the configuration: flags, environment or file.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// File with settings [default: /etc/zapgres/zapgres.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Database")]
    pub database: DatabaseSettings,
    #[command(flatten, next_help_heading = "Daemon")]
    pub daemon: DaemonSettings,
    #[command(flatten, next_help_heading = "Wake")]
    pub wake: WakeSettings,
    #[command(flatten, next_help_heading = "Sending")]
    pub sending: SendingSettings,
    #[command(flatten, next_help_heading = "Sweep")]
    pub sweep: SweepSettings,
    #[command(flatten, next_help_heading = "HTTP")]
    pub http: HttpSettings,
    #[command(flatten, next_help_heading = "Log")]
    pub log: LogSettings,
}

/// Why there is no usable configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("cannot read the configuration file {path}: {source}; name another with --config", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file says something that is no setting.
    #[error("{path}:{line}: {cause}; correct that line", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong there.
        cause: String,
    },
    /// A variable's value is not what its setting takes.
    #[error("environment variable {variable}: {cause}")]
    Environment {
        /// The variable.
        variable: String,
        /// What is wrong with its value.
        cause: String,
    },
    /// A value is of the right kind, but makes no sense.
    #[error("{setting} is {value}; give it {allowed}")]
    OutOfRange {
        /// Name of the setting in the file.
        setting: &'static str,
        /// The value.
        value: String,
        /// What would do.
        allowed: String,
    },
    /// Nothing names the database.
    #[error(
        "no database is named; set ZAPGRES_DATABASE_URL or --database-url, as in postgresql://USER@HOST/DATABASE"
    )]
    NoDatabaseUrl,
}

impl Config {
    /// Puts the configuration together: `flags`, then `environment`, then the file that they name (or the usual one, if
    /// there is one), then defaults.
    ///
    /// # Errors
    /// The first thing that is wrong with any of them.
    pub fn load(flags: Settings, environment: &Environment) -> Result<Self, ConfigError> {
        merge(flags, environment)?.resolve()
    }
}

impl Daemon {
    /// Where the key of sealed credentials is, for a command that needs no database.
    ///
    /// # Errors
    /// As of [`Config::load`].
    pub fn seal_key(
        flags: Settings,
        environment: &Environment,
    ) -> Result<Option<CredentialReference>, ConfigError> {
        Ok(merge(flags, environment)?.daemon.seal_key)
    }
}

impl Log {
    /// Puts together how to log, for a command that needs no database.
    ///
    /// # Errors
    /// As of [`Config::load`].
    pub fn load(flags: LogSettings, environment: &Environment) -> Result<Self, ConfigError> {
        let flags = Settings {
            log: flags,
            ..Settings::default()
        };
        Ok(merge(flags, environment)?.log.resolve())
    }
}

fn merge(flags: Settings, environment: &Environment) -> Result<Settings, ConfigError> {
    let settings = flags.over(environment::read(environment)?);
    let file = file::read(settings.config.as_deref())?;
    Ok(settings.over(file))
}

impl Settings {
    /// These settings, and those of `below` where these say nothing.
    fn over(self, below: Self) -> Self {
        Self {
            config: self.config.or(below.config),
            database: self.database.over(below.database),
            daemon: self.daemon.over(below.daemon),
            wake: self.wake.over(below.wake),
            sending: self.sending.over(below.sending),
            sweep: self.sweep.over(below.sweep),
            http: self.http.over(below.http),
            log: self.log.over(below.log),
        }
    }

    fn resolve(self) -> Result<Config, ConfigError> {
        let sending = self.sending.resolve()?;
        Ok(Config {
            database: self.database.resolve()?,
            daemon: self.daemon.resolve(&sending)?,
            wake: self.wake.resolve()?,
            sending,
            sweep: self.sweep.resolve()?,
            http: self.http.resolve()?,
            log: self.log.resolve(),
        })
    }
}

/// Reads a count.
fn parse_count(text: &str) -> Result<usize, String> {
    text.trim()
        .parse()
        .map_err(|_| "not a whole number".to_owned())
}

/// `value`, if it lies within `range`.
fn in_range<T: PartialOrd + Display>(
    setting: &'static str,
    value: T,
    range: RangeInclusive<T>,
) -> Result<T, ConfigError> {
    if range.contains(&value) {
        return Ok(value);
    }
    let allowed = format!("a number from {} to {}", range.start(), range.end());
    Err(ConfigError::OutOfRange {
        setting,
        value: value.to_string(),
        allowed,
    })
}

/// `value`, if it is not below `minimum`.
fn at_least(
    setting: &'static str,
    value: Duration,
    minimum: Duration,
) -> Result<Duration, ConfigError> {
    if value >= minimum {
        return Ok(value);
    }
    let shown = |duration| humantime::format_duration(duration).to_string();
    let allowed = format!("at least {}", shown(minimum));
    Err(ConfigError::OutOfRange {
        setting,
        value: shown(value),
        allowed,
    })
}

#[cfg(test)]
mod tests;
