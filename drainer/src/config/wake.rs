//! `[wake]`: how the daemon learns that there is work.

use std::time::Duration;

use clap::Args;
use serde::Deserialize;

use super::{ConfigError, DatabaseUrl, at_least, duration};

const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// How the daemon learns that there is work.
#[derive(Debug, Clone)]
pub struct Wake {
    /// Direct address for LISTEN and for the daemon's lock, where the database's own leads through a pooler.
    pub listen_url: Option<DatabaseUrl>,
    /// Longest time without looking for work.
    pub poll_interval: Duration,
}

/// One layer of [`Wake`].
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WakeSettings {
    /// Direct address for LISTEN and the daemon's lock, when --database-url leads through a
    /// transaction pooler [default: as --database-url]
    #[arg(long, value_name = "URL")]
    pub listen_url: Option<DatabaseUrl>,
    /// Longest time without looking for work, should a wake-up get lost [default: 1s]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    #[serde(deserialize_with = "duration::deserialize")]
    pub poll_interval: Option<Duration>,
}

impl WakeSettings {
    pub(super) fn over(self, below: Self) -> Self {
        Self {
            listen_url: self.listen_url.or(below.listen_url),
            poll_interval: self.poll_interval.or(below.poll_interval),
        }
    }

    pub(super) fn resolve(self) -> Result<Wake, ConfigError> {
        Ok(Wake {
            listen_url: self.listen_url,
            poll_interval: at_least(
                "poll_interval",
                self.poll_interval.unwrap_or(POLL_INTERVAL),
                Duration::from_millis(10),
            )?,
        })
    }
}
