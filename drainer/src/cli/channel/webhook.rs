//! `zapgres channel webhook`.

use anyhow::bail;
use clap::Args;
use zapgres_providers::registered;

use super::opened::{ProviderSettings, explain, provider};
use crate::channel::{StoredAddress, load_address, parse_base_url, webhook};
use crate::cli::say;
use crate::config::Config;
use crate::database;
use crate::http::{APP_PATH, APP_PROVIDER, channel_path};

/// What stands for the server's address in what is shown when it was not told.
const UNKNOWN_BASE: &str = "https://YOUR-SERVER";

/// Make an address for a channel's provider to deliver receipts and messages to
#[derive(Debug, Args)]
pub struct WebhookCommand {
    /// The channel's name
    name: String,
    #[arg(
        long = "url",
        value_name = "URL",
        value_parser = parse_base_url,
        help = "Address of the proxy before `zapgres run --listen`, such as https://zap.example.com"
    )]
    base_url: Option<String>,
    /// Tell the provider the address
    #[arg(long, requires = "base_url")]
    set: bool,
    /// Let the channel's other addresses no longer be good
    #[arg(long)]
    revoke_others: bool,
    #[command(flatten)]
    settings: ProviderSettings,
}

impl WebhookCommand {
    /// Does it.
    pub async fn execute(self) -> anyhow::Result<()> {
        let config = self.settings.load()?;
        let client = database::connect_command(&config).await?;
        let Some((channel_id, stored)) = load_address(&client, &self.name).await? else {
            bail!(
                "there is no channel {}; zapgres channel list names those there are",
                self.name
            );
        };
        if registered(&stored.provider)?.webhook.is_none() {
            bail!("what {} delivers is not understood here", stored.provider);
        }
        let token = webhook::add(&client, channel_id, rand::random()).await?;
        let base = self.base_url.as_deref().unwrap_or(UNKNOWN_BASE);
        let url = format!("{base}{}", channel_path(&stored.provider, &token));
        show(base, &url, &stored);
        if self.set {
            tell_provider(&config, &stored, &url).await?;
        }
        if self.revoke_others {
            let revoked = webhook::revoke_others(&client, channel_id, &token).await?;
            say(&format!("{revoked} other addresses are no longer good"));
        }
        Ok(())
    }
}

fn show(base: &str, url: &str, stored: &StoredAddress) {
    say(url);
    say("note: keep it secret, and copy it now: it is not shown again");
    if stored.provider == APP_PROVIDER {
        say(&format!(
            "note: an app with several numbers is told {base}{APP_PATH} instead"
        ));
    }
}

async fn tell_provider(config: &Config, stored: &StoredAddress, url: &str) -> anyhow::Result<()> {
    let told = provider(config, stored)?.set_webhook(url).await;
    told.map_err(|error| anyhow::anyhow!("{}", explain(&error)))?;
    say(&format!("{} delivers there now", stored.provider));
    Ok(())
}
