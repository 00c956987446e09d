//! `[log]`: what is written to standard error or the journal.

use std::str::FromStr;

use clap::{Args, ValueEnum};
use serde::Deserialize;
use tracing_subscriber::EnvFilter;

const LEVEL: &str = "info";

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

/// A text that is no level.
#[derive(Debug, thiserror::Error)]
#[error("not a level ({0}): write error, warn, info, debug or trace")]
pub struct InvalidLogLevel(String);

impl LogLevel {
    /// The filter that lets these levels through.
    pub fn filter(&self) -> EnvFilter {
        EnvFilter::new(&self.0)
    }
}

impl FromStr for LogLevel {
    type Err = InvalidLogLevel;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        EnvFilter::try_new(text).map_err(|error| InvalidLogLevel(error.to_string()))?;
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

    /// These settings, with defaults where they say nothing.
    pub fn resolve(self) -> Log {
        Log {
            format: self.format.unwrap_or_default(),
            level: self.level.unwrap_or_else(|| LogLevel(LEVEL.to_owned())),
        }
    }
}
