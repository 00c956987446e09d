//! `zapgres channel test`.

use anyhow::bail;
use clap::Args;
use tokio::time::Instant;
use zapgres_core::phone::{self, PhoneNumber};
use zapgres_providers::{ConnectionState, Lookup};

use super::super::say;
use super::opened::{ProviderSettings, describe, explain, provider_of};

/// Ask the provider whether a channel's credentials are good and its number is connected
#[derive(Debug, Args)]
pub struct TestCommand {
    /// Its name
    name: String,
    /// Also ask whether this number is on WhatsApp
    #[arg(long, value_name = "PHONE", value_parser = parse_number)]
    number: Option<PhoneNumber>,
    #[command(flatten)]
    settings: ProviderSettings,
}

impl TestCommand {
    /// Asks; a number that is not connected is a failure.
    pub async fn execute(self) -> anyhow::Result<()> {
        let config = self.settings.load()?;
        let provider = provider_of(&config, &self.name).await?;
        let begin = Instant::now();
        let health = match provider.health().await {
            Ok(health) => health,
            Err(error) => bail!("channel {}: {}", self.name, explain(&error)),
        };
        let took = begin.elapsed().as_millis();
        say(&format!(
            "channel {}: {}, answered within {took} ms",
            self.name,
            describe(&health)
        ));
        if let Some(number) = &self.number {
            let known = match provider.look_up(std::slice::from_ref(number)).await {
                Ok(mut answers) => answers.pop().unwrap_or(Lookup::CannotTell),
                Err(error) => bail!("channel {}: {}", self.name, explain(&error)),
            };
            say(&about_number(number, &known, provider.name()));
        }
        if health.state != ConnectionState::Connected {
            bail!(
                "the number is not connected; connect it with zapgres channel connect {}",
                self.name
            );
        }
        Ok(())
    }
}

/// Reads a number as people write it.
pub fn parse_number(text: &str) -> Result<PhoneNumber, String> {
    phone::normalize(text, None).map_err(|error| error.to_string())
}

fn about_number(number: &PhoneNumber, known: &Lookup, provider: &str) -> String {
    let number = number.as_e164();
    match known {
        Lookup::Exists { address, .. } => format!("{number} is on WhatsApp, as {address}"),
        Lookup::Absent => format!("{number} is not on WhatsApp"),
        Lookup::CannotTell => format!("{provider} does not tell whether {number} is on WhatsApp"),
    }
}
