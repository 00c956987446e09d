//! `[sending]`: how much is in flight, and for how long.

use std::time::Duration;

use clap::Args;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use zapgres_providers::{AllowedAddresses, AllowedAddressesError};

use super::{ConfigError, duration, in_range, parse_count};

/// Above the pause that providers make themselves before they answer.
const SEND_TIMEOUT: Duration = Duration::from_secs(20);
const SEND_TIMEOUT_MIN: Duration = Duration::from_millis(100);
const SEND_TIMEOUT_MAX: Duration = Duration::from_secs(50);
const IN_FLIGHT_PER_LANE: usize = 10;
const IN_FLIGHT: usize = 256;
const CLAIM_BATCH: usize = 500;
/// Above [`SEND_TIMEOUT`], so that a request on its way can end.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(25);

/// How much is in flight, and for how long.
#[derive(Debug, Clone)]
pub struct Sending {
    /// How long a provider may take to answer one request.
    pub send_timeout: Duration,
    /// Requests at a time per channel, at most.
    pub in_flight_per_lane: usize,
    /// Requests at a time in this process, at most.
    pub in_flight: usize,
    /// Notifications taken out of the queue at a time, at most.
    pub claim_batch: usize,
    /// How long a stop waits for the requests on their way.
    pub shutdown_timeout: Duration,
    /// Addresses of private networks that providers and files may be at.
    pub allowed_addresses: AllowedAddresses,
}

/// One layer of [`Sending`].
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SendingSettings {
    /// How long a provider may take to answer one request [default: 20s]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    #[serde(deserialize_with = "duration::deserialize")]
    pub send_timeout: Option<Duration>,
    /// Requests at a time per channel, at most [default: 10]
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub in_flight_per_lane: Option<usize>,
    /// Requests at a time in this process, at most [default: 256]
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub in_flight: Option<usize>,
    /// Notifications taken out of the queue at a time, at most [default: 500]
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub claim_batch: Option<usize>,
    /// How long a stop waits for the requests on their way [default: 25s]
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    #[serde(deserialize_with = "duration::deserialize")]
    pub shutdown_timeout: Option<Duration>,
    /// Private addresses that providers may be at, such as 127.0.0.1,10.0.0.0/8 [default: public ones only]
    #[arg(long, value_name = "NETWORKS", value_parser = parse_addresses)]
    #[serde(deserialize_with = "deserialize_addresses")]
    pub allow_addresses: Option<AllowedAddresses>,
}

impl SendingSettings {
    pub(super) fn over(self, below: Self) -> Self {
        Self {
            send_timeout: self.send_timeout.or(below.send_timeout),
            in_flight_per_lane: self.in_flight_per_lane.or(below.in_flight_per_lane),
            in_flight: self.in_flight.or(below.in_flight),
            claim_batch: self.claim_batch.or(below.claim_batch),
            shutdown_timeout: self.shutdown_timeout.or(below.shutdown_timeout),
            allow_addresses: self.allow_addresses.or(below.allow_addresses),
        }
    }

    pub(super) fn resolve(self) -> Result<Sending, ConfigError> {
        let count = |setting, value: Option<usize>, default| {
            in_range(setting, value.unwrap_or(default), 1..=10_000)
        };
        Ok(Sending {
            send_timeout: send_timeout(self.send_timeout.unwrap_or(SEND_TIMEOUT))?,
            in_flight_per_lane: count(
                "in_flight_per_lane",
                self.in_flight_per_lane,
                IN_FLIGHT_PER_LANE,
            )?,
            in_flight: count("in_flight", self.in_flight, IN_FLIGHT)?,
            claim_batch: count("claim_batch", self.claim_batch, CLAIM_BATCH)?,
            shutdown_timeout: self.shutdown_timeout.unwrap_or(SHUTDOWN_TIMEOUT),
            allowed_addresses: self.allow_addresses.unwrap_or_default(),
        })
    }
}

fn parse_addresses(text: &str) -> Result<AllowedAddresses, AllowedAddressesError> {
    text.parse()
}

fn deserialize_addresses<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<AllowedAddresses>, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(D::Error::custom)
}

/// Within the minute for which `zap.retry` puts off a repeat after an attempt without an answer, its request has to be begun
/// (5 s) and answered, and the answer's way has to be over (5 s).
fn send_timeout(given: Duration) -> Result<Duration, ConfigError> {
    if (SEND_TIMEOUT_MIN..=SEND_TIMEOUT_MAX).contains(&given) {
        return Ok(given);
    }
    let shown = |duration| humantime::format_duration(duration).to_string();
    Err(ConfigError::OutOfRange {
        setting: "send_timeout",
        value: shown(given),
        allowed: format!(
            "from {} to {}",
            shown(SEND_TIMEOUT_MIN),
            shown(SEND_TIMEOUT_MAX)
        ),
    })
}
