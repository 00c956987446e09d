//! The providers there are.

use std::sync::Arc;

use crate::channel::{ChannelAddress, UnusableChannel};
use crate::evolution;
use crate::http::Http;
use crate::provider::Provider;
use crate::waha;
use crate::webhook::Webhook;

/// One provider.
pub struct Registered {
    /// The name by which channels choose it.
    pub name: &'static str,
    /// Makes it for one channel.
    pub build: fn(ChannelAddress, Http) -> Result<Arc<dyn Provider>, UnusableChannel>,
    /// What it delivers; none: it tells nothing unasked.
    pub webhook: Option<&'static dyn Webhook>,
    /// Its address, where it is the same for everybody.
    pub base_url: Option<&'static str>,
}

/// One line per provider.
static PROVIDERS: &[Registered] = &[evolution::REGISTERED, waha::REGISTERED];

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
