//! The providers there are.

use std::sync::Arc;
use std::time::Duration;

use crate::channel::{ChannelAddress, UnusableChannel};
use crate::evolution;
use crate::generic_http;
use crate::http::Http;
use crate::megaapi;
use crate::meta;
use crate::provider::Provider;
use crate::waha;
use crate::webhook::Webhook;
use crate::zapi;

/// How much a channel may send when nothing else is said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DefaultLimits {
    /// Messages per minute.
    pub per_minute: Option<u32>,
    /// Messages per second.
    pub per_second: Option<i32>,
    /// Time between two messages to one recipient, on average.
    pub recipient_interval: Option<Duration>,
    /// Messages to one recipient that may follow each other at once.
    pub recipient_burst: Option<i32>,
    /// Shortest and longest random pause between two messages.
    pub delay: (Duration, Duration),
}

impl DefaultLimits {
    /// For those who speak to WhatsApp as a phone does: a number that writes like a machine gets banned.
    pub const CAREFUL: Self = Self {
        per_minute: Some(30),
        per_second: None,
        recipient_interval: None,
        recipient_burst: None,
        delay: (Duration::from_secs(1), Duration::from_secs(3)),
    };
    /// Meta's own (throughput, and pair rate): 80 a second, and to one recipient one in 6 s with a burst of 45.
    pub const META: Self = Self {
        per_minute: None,
        per_second: Some(80),
        recipient_interval: Some(Duration::from_secs(6)),
        recipient_burst: Some(45),
        delay: (Duration::ZERO, Duration::ZERO),
    };
    /// None.
    pub const NONE: Self = Self {
        per_minute: None,
        per_second: None,
        recipient_interval: None,
        recipient_burst: None,
        delay: (Duration::ZERO, Duration::ZERO),
    };
}

/// One provider.
pub struct Registered {
    /// The name by which channels choose it.
    pub name: &'static str,
    /// Makes it for one channel.
    pub build: fn(ChannelAddress, Http) -> Result<Arc<dyn Provider>, UnusableChannel>,
    /// Names of the secrets that it knows besides the credential; none: its channels choose them.
    pub secrets: Option<&'static [&'static str]>,
    /// What it delivers; none: it tells nothing unasked.
    pub webhook: Option<&'static dyn Webhook>,
    /// Its address, where it is the same for everybody.
    pub base_url: Option<&'static str>,
    /// How much its channels may send, unless they say otherwise.
    pub limits: DefaultLimits,
}

/// One line per provider.
static PROVIDERS: &[Registered] = &[
    meta::REGISTERED,
    evolution::REGISTERED,
    zapi::REGISTERED,
    waha::REGISTERED,
    megaapi::REGISTERED,
    generic_http::REGISTERED,
];

/// The providers there are, in the order of the documentation.
#[must_use]
pub fn providers() -> &'static [Registered] {
    PROVIDERS
}

/// The provider of that name.
///
/// # Errors
/// When there is none; the error lists those there are.
pub fn registered(name: &str) -> Result<&'static Registered, UnusableChannel> {
    PROVIDERS
        .iter()
        .find(|provider| provider.name == name)
        .ok_or_else(|| UnusableChannel::Provider {
            name: name.to_owned(),
            known: names().join(", "),
        })
}

impl Registered {
    /// Looks whether it knows all of these secrets: a misspelt one would prove nothing, and nobody would notice.
    ///
    /// # Errors
    /// [`UnusableChannel::UnknownSecret`] for the first that it does not know.
    pub fn check_secrets<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), UnusableChannel> {
        let Some(known) = self.secrets else {
            return Ok(());
        };
        match names.into_iter().find(|name| !known.contains(name)) {
            None => Ok(()),
            Some(name) => Err(UnusableChannel::UnknownSecret {
                name: name.to_owned(),
                provider: self.name,
                known: match known {
                    [] => "none".to_owned(),
                    known => known.join(", "),
                },
            }),
        }
    }
}

/// The names of the providers.
#[must_use]
pub fn names() -> Vec<&'static str> {
    PROVIDERS.iter().map(|provider| provider.name).collect()
}

/// The provider of that name for one channel.
///
/// # Errors
/// When there is no such provider, or it cannot use the channel's options or secrets.
pub fn provider_named(
    name: &str,
    address: ChannelAddress,
    http: Http,
) -> Result<Arc<dyn Provider>, UnusableChannel> {
    (registered(name)?.build)(address, http)
}
