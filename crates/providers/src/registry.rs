//! The providers there are.

use std::sync::Arc;

use crate::evolution::Evolution;
use crate::provider::{ChannelAddress, Provider};

type Build = fn(ChannelAddress, reqwest::Client) -> Arc<dyn Provider>;

/// One line per provider.
const PROVIDERS: [(&str, Build); 1] = [(Evolution::NAME, |address, http| {
    Arc::new(Evolution::new(address, http))
})];

/// The names of [`PROVIDERS`].
const NAMES: [&str; PROVIDERS.len()] = {
    let mut names = [""; PROVIDERS.len()];
    let mut index = 0;
    while index < PROVIDERS.len() {
        names[index] = PROVIDERS[index].0;
        index += 1;
    }
    names
};

/// The names that [`provider_named`] knows.
#[must_use]
pub fn provider_names() -> &'static [&'static str] {
    &NAMES
}

/// The provider of that name for one channel.
///
/// # Errors
/// When there is no such provider; the error lists those there are.
pub fn provider_named(
    name: &str,
    address: ChannelAddress,
    http: reqwest::Client,
) -> Result<Arc<dyn Provider>, UnknownProvider> {
    let (_, build) = PROVIDERS
        .iter()
        .find(|(known, _)| *known == name)
        .ok_or_else(|| UnknownProvider {
            name: name.to_owned(),
        })?;
    Ok(build(address, http))
}

/// A provider name that is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no provider \"{name}\"; known: {}", NAMES.join(", "))]
pub struct UnknownProvider {
    /// The name asked for.
    pub name: String,
}
