//! The provider behind a channel, with the channel's secret.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use zapgres_core::credential::CredentialReference;
use zapgres_providers::{ChannelAddress, Provider, UnknownProvider};

use super::settings::Address;
use crate::credential;

/// Makes the provider of a name for one channel.
pub type MakeProvider =
    Arc<dyn Fn(&str, ChannelAddress) -> Result<Arc<dyn Provider>, UnknownProvider> + Send + Sync>;

/// A provider instance and what it was made from.
pub(crate) struct Connection {
    address: Address,
    secret: SecretString,
    pub provider: Arc<dyn Provider>,
}

/// Why a channel cannot be used; one line for operators, without the secret.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unusable(String);

impl Connection {
    /// The instance for `address`: `kept`, unless the address or the secret behind it has changed.
    pub(crate) fn renew(
        kept: Option<Self>,
        address: &Address,
        make_provider: &MakeProvider,
    ) -> Result<Self, Unusable> {
        let secret = read_secret(&address.credential)?;
        if let Some(kept) = kept
            && kept.address == *address
            && kept.secret.expose_secret() == secret.expose_secret()
        {
            return Ok(kept);
        }
        let channel = ChannelAddress {
            base_url: address.base_url.clone(),
            instance: address.instance.clone(),
            credential: secret.clone(),
        };
        let provider = make_provider(&address.provider, channel)
            .map_err(|error| Unusable(error.to_string()))?;
        Ok(Self {
            address: address.clone(),
            secret,
            provider,
        })
    }
}

fn read_secret(reference: &str) -> Result<SecretString, Unusable> {
    let reference: CredentialReference = reference
        .parse()
        .map_err(|error| Unusable(format!("{error}")))?;
    credential::read(&reference, &|name| std::env::var_os(name))
        .map_err(|error| Unusable(error.to_string()))
}
