//! The provider behind a channel, with the channel's secrets.

use std::sync::Arc;

use secrecy::ExposeSecret;
use zapgres_core::credential::CredentialReference;
use zapgres_providers::{ChannelAddress, Provider, UnusableChannel};

use crate::channel::{StoredAddress, Unusable};

/// Makes the provider of a name for one channel.
pub type MakeProvider =
    Arc<dyn Fn(&str, ChannelAddress) -> Result<Arc<dyn Provider>, UnusableChannel> + Send + Sync>;

/// A provider instance and what it was made from.
pub(crate) struct Connection {
    stored: StoredAddress,
    opened: ChannelAddress,
    pub provider: Arc<dyn Provider>,
}

impl Connection {
    /// The instance for `stored`: `kept`, unless the address or a secret behind it has changed.
    pub(crate) fn renew(
        kept: Option<Self>,
        stored: &StoredAddress,
        seal_key: Option<&CredentialReference>,
        make_provider: &MakeProvider,
    ) -> Result<Self, Unusable> {
        let opened = stored.open(seal_key)?;
        if let Some(kept) = kept
            && kept.stored == *stored
            && have_same_secrets(&kept.opened, &opened)
        {
            return Ok(kept);
        }
        let provider = make_provider(&stored.provider, opened.clone())
            .map_err(|error| Unusable(error.to_string()))?;
        Ok(Self {
            stored: stored.clone(),
            opened,
            provider,
        })
    }
}

fn have_same_secrets(one: &ChannelAddress, other: &ChannelAddress) -> bool {
    one.credential.expose_secret() == other.credential.expose_secret()
        && one.secrets == other.secrets
}
