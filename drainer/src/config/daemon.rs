//! `[daemon]`: which daemon this is, and how long it may be silent.

use std::time::Duration;

use clap::Args;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use zapgres_core::credential::CredentialReference;
use zapgres_core::lease::START_WINDOW;

use super::{ConfigError, Sending, duration};

const LEASE: Duration = Duration::from_secs(60);
/// What others keep of a lease after somebody's clock was put right must not be all of it.
const LEASE_MAX: Duration = Duration::from_secs(24 * 3600);
/// As long as a host's name may be.
const NAME_BYTES: usize = 64;

/// Which daemon this is, and how long it may be silent.
#[derive(Debug, Clone)]
pub struct Daemon {
    /// Name, one per daemon of a database.
    pub name: String,
    /// How long its channels stay its own without a sign of life.
    pub lease: Duration,
    /// Where the key of sealed credentials is; none: there are none. Never sealed itself.
    pub seal_key: Option<CredentialReference>,
}

/// One layer of [`Daemon`].
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DaemonSettings {
    /// Name of this daemon, different from those of the others on its database [default: the host's name]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// How long its channels stay its own without a sign of life [default: 60s]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    #[serde(deserialize_with = "duration::deserialize")]
    pub lease: Option<Duration>,
    #[arg(
        long,
        value_name = "REFERENCE",
        value_parser = parse_seal_key,
        help = "Where the key of sealed credentials is: env:VARIABLE, cred:NAME (systemd) or file:PATH [default: no key]"
    )]
    #[serde(deserialize_with = "deserialize_seal_key")]
    pub seal_key: Option<CredentialReference>,
}

impl DaemonSettings {
    pub(super) fn over(self, below: Self) -> Self {
        Self {
            name: self.name.or(below.name),
            lease: self.lease.or(below.lease),
            seal_key: self.seal_key.or(below.seal_key),
        }
    }

    pub(super) fn resolve(self, sending: &Sending) -> Result<Daemon, ConfigError> {
        Ok(Daemon {
            name: usable_name(self.name.unwrap_or_else(host_name))?,
            lease: lease(self.lease, sending.send_timeout)?,
            seal_key: self.seal_key,
        })
    }
}

/// Reads where the key of sealed credentials is.
pub fn parse_seal_key(text: &str) -> Result<CredentialReference, String> {
    match text.parse() {
        Ok(CredentialReference::Sealed(_)) => Err(
            "the key cannot be sealed itself: write env:NAME, cred:NAME or file:PATH".to_owned(),
        ),
        Ok(reference) => Ok(reference),
        Err(error) => Err(error.to_string()),
    }
}

fn deserialize_seal_key<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<CredentialReference>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_seal_key(&text).map(Some).map_err(D::Error::custom)
}

fn host_name() -> String {
    let host = rustix::system::uname();
    host.nodename().to_string_lossy().into_owned()
}

fn usable_name(name: String) -> Result<String, ConfigError> {
    let usable =
        !name.trim().is_empty() && name.len() <= NAME_BYTES && !name.chars().any(char::is_control);
    if usable {
        return Ok(name);
    }
    Err(ConfigError::OutOfRange {
        setting: "name",
        value: format!("{name:?}"),
        allowed: format!("1 to {NAME_BYTES} bytes of readable text"),
    })
}

/// Requests of a lease that was lost must have ended before somebody else can begin others.
fn lease(given: Option<Duration>, send_timeout: Duration) -> Result<Duration, ConfigError> {
    let shortest = send_timeout.saturating_add(START_WINDOW);
    let lease = given.unwrap_or(LEASE.max(shortest));
    if (shortest..=LEASE_MAX).contains(&lease) {
        return Ok(lease);
    }
    let shown = |duration| humantime::format_duration(duration).to_string();
    Err(ConfigError::OutOfRange {
        setting: "lease",
        value: shown(lease),
        allowed: format!(
            "from {} (send_timeout and {} to begin a request) to {}",
            shown(shortest),
            shown(START_WINDOW),
            shown(LEASE_MAX)
        ),
    })
}
