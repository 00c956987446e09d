//! What a channel's options say to this provider, and which version of Evolution API its server is.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::channel::{Options, UnusableChannel};

/// Evolution has no limit of its own. Longer, and a request would hold up all others of the channel.
const DELAY_CAP_MS: u64 = 15_000;
/// What is left of a request's time after the delay, which the server serves inside of the request.
const AFTER_DELAY: Duration = Duration::from_secs(5);

/// The options.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct EvolutionOptions {
    version: WantedVersion,
    /// How long the recipient sees us typing before each message, in milliseconds.
    pub(super) delay_ms: u64,
}

/// `auto`, `1` or `2`; the digits may be numbers or texts.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(try_from = "Value")]
struct WantedVersion(Option<Version>);

impl TryFrom<Value> for WantedVersion {
    type Error = &'static str;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        match (value.as_str(), value.as_u64()) {
            (Some("auto"), _) => Ok(Self(None)),
            (Some("1"), _) | (_, Some(1)) => Ok(Self(Some(Version::One))),
            (Some("2"), _) | (_, Some(2)) => Ok(Self(Some(Version::Two))),
            _ => Err("must be auto, 1 or 2"),
        }
    }
}

/// How requests are formed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// Up to 1.8: `{"number", "options": {…}, "textMessage": {"text"}}`.
    One,
    /// From 2.0: `{"number", "text", …}`.
    Two,
}

/// Which version the server is, as told by the channel's options or learnt from its answers.
pub(super) struct ServerVersion {
    told: Option<Version>,
    is_one: AtomicBool,
}

impl EvolutionOptions {
    /// Reads them.
    ///
    /// # Errors
    /// When one is unknown or wrong, or the delay does not fit into `send_timeout`.
    pub(super) fn read(options: &Options, send_timeout: Duration) -> Result<Self, UnusableChannel> {
        let read: Self = options.read()?;
        let wrong = |cause: String| UnusableChannel::Option {
            name: "delay_ms".to_owned(),
            cause,
        };
        if read.delay_ms > DELAY_CAP_MS {
            return Err(wrong(format!("must be from 0 to {DELAY_CAP_MS}")));
        }
        let needed = Duration::from_millis(read.delay_ms) + AFTER_DELAY;
        if read.delay_ms > 0 && needed > send_timeout {
            return Err(wrong(format!(
                "must be at least {} s below the time for a request, which is {} s",
                AFTER_DELAY.as_secs(),
                send_timeout.as_secs(),
            )));
        }
        Ok(read)
    }

    pub(super) fn server_version(&self) -> ServerVersion {
        ServerVersion {
            told: self.version.0,
            is_one: AtomicBool::new(false),
        }
    }
}

impl ServerVersion {
    /// The version to speak.
    pub(super) fn current(&self) -> Version {
        match self.told {
            Some(version) => version,
            None if self.is_one.load(Ordering::Relaxed) => Version::One,
            None => Version::Two,
        }
    }

    /// The other version, where the answer to a request of version `used` has shown that the server is that one, and the
    /// options leave it open. It is remembered.
    pub(super) fn corrected(&self, used: Version, is_other: bool) -> Option<Version> {
        if self.told.is_some() || !is_other {
            return None;
        }
        let other = match used {
            Version::One => Version::Two,
            Version::Two => Version::One,
        };
        self.is_one.store(other == Version::One, Ordering::Relaxed);
        Some(other)
    }
}
