//! What the commands need that talk to a provider.

use std::sync::Arc;

use anyhow::bail;
use clap::Args;
use zapgres_core::error_class::SendError;
use zapgres_providers::{AllowedAddresses, Health, Http, Provider, provider_named};

use super::super::{CommandSettings, load};
use crate::channel::{StoredAddress, load_address};
use crate::config::{Config, SendingSettings, Settings};
use crate::database;

/// The settings of a command that talks to a provider.
#[derive(Debug, Args)]
pub struct ProviderSettings {
    #[command(flatten)]
    command: CommandSettings,
    /// Private addresses that providers may be at, such as 127.0.0.1,10.0.0.0/8
    #[arg(long, value_name = "NETWORKS")]
    allow_addresses: Option<AllowedAddresses>,
}

impl ProviderSettings {
    /// The configuration.
    pub fn load(self) -> anyhow::Result<Config> {
        let CommandSettings {
            config,
            database,
            log,
        } = self.command;
        load(Settings {
            config,
            database,
            log,
            sending: SendingSettings {
                allow_addresses: self.allow_addresses,
                ..SendingSettings::default()
            },
            ..Settings::default()
        })
    }
}

/// The provider behind a channel, with its secrets as this command sees them.
pub fn provider(config: &Config, stored: &StoredAddress) -> anyhow::Result<Arc<dyn Provider>> {
    let http = Http::new(
        config.sending.send_timeout,
        config.sending.allowed_addresses.clone(),
    );
    let address = stored.open(config.daemon.seal_key.as_ref())?;
    Ok(provider_named(&stored.provider, address, http)?)
}

/// The provider behind the channel of that name.
pub async fn provider_of(config: &Config, name: &str) -> anyhow::Result<Arc<dyn Provider>> {
    let client = database::connect_command(config).await?;
    let Some((_, stored)) = load_address(&client, name).await? else {
        bail!("there is no channel {name}; zapgres channel list names those there are");
    };
    provider(config, &stored)
}

/// One line about a number's connection.
pub fn describe(health: &Health) -> String {
    let number = health.number.as_ref();
    let number = number.map_or_else(String::new, |number| format!(" as {number}"));
    let detail = health.detail.as_ref();
    let detail = detail.map_or_else(String::new, |detail| format!(" ({detail})"));
    format!("{}{number}{detail}", health.state.as_str())
}

/// One line about a provider that has said no, or was not there to say anything.
pub fn explain(error: &SendError) -> String {
    match error.reached_provider {
        true => format!("the provider says no: {error}"),
        false => format!("the provider cannot be asked: {error}"),
    }
}
