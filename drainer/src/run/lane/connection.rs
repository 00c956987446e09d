//! The provider behind a channel, with the channel's secret.

use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use zapgres_core::credential::CredentialReference;
use zapgres_providers::{ChannelAddress, Options, Provider, Secrets, UnusableChannel};

use super::settings::Address;
use crate::credential;

/// Makes the provider of a name for one channel.
pub type MakeProvider =
    Arc<dyn Fn(&str, ChannelAddress) -> Result<Arc<dyn Provider>, UnusableChannel> + Send + Sync>;

/// A provider instance and what it was made from.
pub(crate) struct Connection {
    address: Address,
    secret: SecretString,
    secrets: Secrets,
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
        seal_key: Option<&CredentialReference>,
        make_provider: &MakeProvider,
    ) -> Result<Self, Unusable> {
        let secret = read_secret(&address.credential, seal_key)?;
        let secrets = read_secrets(&address.secrets, seal_key)?;
        if let Some(kept) = kept
            && kept.address == *address
            && kept.secret.expose_secret() == secret.expose_secret()
            && kept.secrets == secrets
        {
            return Ok(kept);
        }
        let channel = ChannelAddress {
            base_url: address.base_url.clone(),
            instance: address.instance.clone(),
            credential: secret.clone(),
            secrets: secrets.clone(),
            options: options(&address.options),
        };
        let provider = make_provider(&address.provider, channel)
            .map_err(|error| Unusable(error.to_string()))?;
        Ok(Self {
            address: address.clone(),
            secret,
            secrets,
            provider,
        })
    }
}

/// Each name has one reference, or an array of them.
fn read_secrets(
    references: &Value,
    seal_key: Option<&CredentialReference>,
) -> Result<Secrets, Unusable> {
    let mut secrets = Secrets::default();
    for (name, value) in references.as_object().into_iter().flatten() {
        let several = value
            .as_array()
            .map_or(std::slice::from_ref(value), Vec::as_slice);
        for reference in several {
            let reference = reference.as_str().unwrap_or_default();
            secrets.add(name, read_secret(reference, seal_key)?);
        }
    }
    Ok(secrets)
}

fn options(stored: &Value) -> Options {
    Options(stored.as_object().cloned().unwrap_or_default())
}

fn read_secret(
    reference: &str,
    seal_key: Option<&CredentialReference>,
) -> Result<SecretString, Unusable> {
    let reference: CredentialReference = reference
        .parse()
        .map_err(|error| Unusable(format!("{error}")))?;
    credential::read(&reference, seal_key, &|name| std::env::var_os(name))
        .map_err(|error| Unusable(error.to_string()))
}
