//! `[sweep]`: the search for orders that capture missed.

use std::time::Duration;

use clap::Args;
use serde::Deserialize;

use super::{ConfigError, at_least, duration};

const INTERVAL: Duration = Duration::from_secs(60);
const WINDOW: Duration = Duration::from_secs(12 * 3600);

/// The search for orders that capture missed.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// Time between two searches; `None`: the daemon does not search.
    pub interval: Option<Duration>,
    /// How far back a search looks.
    pub window: Duration,
}

/// One layer of [`Sweep`].
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SweepSettings {
    /// Time between two searches for orders that capture missed; 0: none [default: 60s]
    #[arg(long = "sweep-interval", value_name = "DURATION", value_parser = duration::parse)]
    #[serde(deserialize_with = "duration::deserialize")]
    pub interval: Option<Duration>,
    /// How far back such a search looks [default: 12h]
    #[arg(long = "sweep-window", value_name = "DURATION", value_parser = duration::parse)]
    #[serde(deserialize_with = "duration::deserialize")]
    pub window: Option<Duration>,
}

impl SweepSettings {
    pub(super) fn over(self, below: Self) -> Self {
        Self {
            interval: self.interval.or(below.interval),
            window: self.window.or(below.window),
        }
    }

    pub(super) fn resolve(self) -> Result<Sweep, ConfigError> {
        let interval = Some(self.interval.unwrap_or(INTERVAL)).filter(|given| !given.is_zero());
        let window = self.window.unwrap_or(WINDOW);
        Ok(Sweep {
            interval,
            window: at_least("sweep_window", window, Duration::from_secs(1))?,
        })
    }
}
