//! `[log]`: what is written to standard error or the journal.

use std::str::FromStr;

use clap::{Args, ValueEnum};
use serde::Deserialize;
use tracing_subscriber::EnvFilter;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
const LEVEL: &str = "info";
/// What the pool warns of, its user tells better. The driver logs every notice of the server as news, and at lower levels
/// every statement with its parameters: texts and numbers of customers. Can be overridden: `tokio_postgres=debug`.
const QUIET: &str = "deadpool=error,tokio_postgres=warn";

/// What is written to standard error or the journal.
#[derive(Debug, Clone)]
pub struct Log {
    /// How a line looks, and where it goes.
    pub format: LogFormat,
    /// What is written.
    pub level: LogLevel,
}

/// How a line looks, and where it goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// journald under systemd, text on a terminal, else json
    #[default]
    Auto,
    /// Fields to the systemd journal
    Journald,
    /// One JSON object per line on standard error
    Json,
    /// Lines for people on standard error
    Text,
}

/// A level (`info`), or levels per part of the program (`info,zapgres=debug`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct LogLevel(String);

/// A text that is no level. `EnvFilter` would take it for the name of a part of the program, and log nothing else.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "{0:?} is no level: write error, warn, info, debug or trace, or per part, as in info,zapgres=debug"
)]
pub struct InvalidLogLevel(String);

impl LogLevel {
    /// The filter that lets these levels through.
    pub fn filter(&self) -> EnvFilter {
        EnvFilter::new(format!("{QUIET},{}", self.0))
    }
}

impl FromStr for LogLevel {
    type Err = InvalidLogLevel;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        for part in text.split(',') {
            let level = part.split_once('=').map_or(part, |(_, level)| level);
            if !LEVELS.contains(&level.to_ascii_lowercase().as_str()) {
                return Err(InvalidLogLevel(level.to_owned()));
            }
        }
        EnvFilter::try_new(text).map_err(|_| InvalidLogLevel(text.to_owned()))?;
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for LogLevel {
    type Error = InvalidLogLevel;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// One layer of [`Log`].
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogSettings {
    /// How a log line looks, and where it goes [default: auto]
    #[arg(long = "log-format", value_name = "FORMAT", value_enum)]
    pub format: Option<LogFormat>,
    /// What is logged: error, warn, info, debug, trace, or per part, as in info,zapgres=debug
    /// [default: info]
    #[arg(long = "log-level", value_name = "LEVEL")]
    pub level: Option<LogLevel>,
}

impl LogSettings {
    pub(super) fn over(self, below: Self) -> Self {
        Self {
            format: self.format.or(below.format),
            level: self.level.or(below.level),
        }
    }

    pub(super) fn resolve(self) -> Log {
        Log {
            format: self.format.unwrap_or_default(),
            level: self.level.unwrap_or_else(|| LogLevel(LEVEL.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_for_all_and_for_parts_are_understood() {
        for text in [
            "info",
            "warn,zapgres=debug",
            "off",
            "INFO,tokio_postgres=error",
        ] {
            assert_eq!(text.parse(), Ok(LogLevel(text.to_owned())));
        }
    }

    #[test]
    fn a_misspelt_level_is_refused_rather_than_silencing_everything() {
        for text in ["inf", "info,zapgres=debg", "", "3"] {
            assert!(text.parse::<LogLevel>().is_err(), "{text:?}");
        }
    }
}
