//! `[http]`: where providers deliver to, and metrics are read.

use std::net::SocketAddr;

use clap::Args;
use serde::Deserialize;

use super::{ConfigError, in_range, parse_count};

/// Meta's largest deliveries have 3 MiB.
const BODY_LIMIT: usize = 4 * 1024 * 1024;
/// Less than what a single message may be is of no use.
const BODY_LIMIT_MIN: usize = 16 * 1024;
const BODY_LIMIT_MAX: usize = 64 * 1024 * 1024;

/// Where providers deliver to, and metrics are read.
#[derive(Debug, Clone)]
pub struct Http {
    /// Address to listen at; `None`: nothing is served.
    pub listen: Option<SocketAddr>,
    /// Size of a delivery, in bytes, at most.
    pub body_limit: usize,
}

/// One layer of [`Http`].
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSettings {
    /// Address to receive providers' webhooks at, such as 127.0.0.1:8420 [default: nothing is received]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Size of a delivery in bytes, at most [default: 4194304]
    #[arg(long, value_name = "BYTES", value_parser = parse_count)]
    pub body_limit: Option<usize>,
}

impl HttpSettings {
    pub(super) fn over(self, below: Self) -> Self {
        Self {
            listen: self.listen.or(below.listen),
            body_limit: self.body_limit.or(below.body_limit),
        }
    }

    pub(super) fn resolve(self) -> Result<Http, ConfigError> {
        Ok(Http {
            listen: self.listen,
            body_limit: in_range(
                "body_limit",
                self.body_limit.unwrap_or(BODY_LIMIT),
                BODY_LIMIT_MIN..=BODY_LIMIT_MAX,
            )?,
        })
    }
}
