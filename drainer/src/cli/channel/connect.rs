//! `zapgres channel connect`.

use std::time::Duration;

use anyhow::bail;
use clap::Args;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use tokio::time::Instant;
use zapgres_core::error_class::ErrorClass;
use zapgres_core::phone::PhoneNumber;
use zapgres_providers::{ConnectionState, Pairing, Provider};

use super::super::say;
use super::opened::{ProviderSettings, describe, explain, provider_of};
use super::test::parse_number;
use crate::channel::{look_now, parse_interval};
use crate::config::Config;
use crate::database;

/// How often is asked whether the code was scanned; providers ask for no more.
const POLL: Duration = Duration::from_secs(2);
/// A code holds for some 20 s (Z-API), and a new one is given before.
const RENEW: Duration = Duration::from_secs(15);

/// Connect a channel's number to a phone: shows the QR code to scan
#[derive(Debug, Args)]
pub struct ConnectCommand {
    /// Its name
    name: String,
    /// Ask for a code to type on this number's phone instead
    #[arg(long, value_name = "PHONE", value_parser = parse_number)]
    phone: Option<PhoneNumber>,
    /// How long to wait for the phone
    #[arg(long = "for", value_name = "DURATION", default_value = "2m", value_parser = parse_interval)]
    patience: Duration,
    #[command(flatten)]
    settings: ProviderSettings,
}

impl ConnectCommand {
    /// Shows codes until the number is connected.
    pub async fn execute(self) -> anyhow::Result<()> {
        let config = self.settings.load()?;
        let provider = provider_of(&config, &self.name).await?;
        let end = Instant::now() + self.patience;
        let mut shown: Option<Pairing> = None;
        while Instant::now() < end {
            let pairing = match provider.pair(self.phone.as_ref()).await {
                Ok(Pairing::Connected) => return connected(&config, &*provider, &self.name).await,
                Ok(pairing) => pairing,
                // Such as one that has no code yet.
                Err(error) if error.class == ErrorClass::Transient => {
                    tokio::time::sleep(POLL).await;
                    continue;
                }
                Err(error) => bail!("channel {}: {}", self.name, explain(&error)),
            };
            if shown.as_ref() != Some(&pairing) {
                show(&pairing)?;
            }
            shown = Some(pairing);
            if awaits_scan(&*provider, end.min(Instant::now() + RENEW)).await {
                return connected(&config, &*provider, &self.name).await;
            }
        }
        bail!(
            "nobody has connected the number within {}; try again, or give it longer with --for 5m",
            humantime::format_duration(self.patience)
        )
    }
}

/// True: the number was connected before `end`.
async fn awaits_scan(provider: &dyn Provider, end: Instant) -> bool {
    while Instant::now() < end {
        tokio::time::sleep(POLL.min(end.saturating_duration_since(Instant::now()))).await;
        // A provider that cannot be asked for a moment is asked again.
        if let Ok(health) = provider.health().await
            && health.state == ConnectionState::Connected
        {
            return true;
        }
    }
    false
}

async fn connected(config: &Config, provider: &dyn Provider, name: &str) -> anyhow::Result<()> {
    match provider.health().await {
        Ok(health) => say(&format!("channel {name}: {}", describe(&health))),
        Err(_) => say(&format!("channel {name}: connected")),
    }
    let client = database::connect_command(config).await?;
    look_now(&client, name).await?;
    say("a running daemon sends its messages now");
    Ok(())
}

fn show(pairing: &Pairing) -> anyhow::Result<()> {
    match pairing {
        Pairing::Connected => {}
        Pairing::Code(code) => {
            say(
                "On the phone: WhatsApp > Linked devices > Link a device > Link with phone number,",
            );
            say(&format!("and type this code: {code}"));
        }
        Pairing::QrCode(text) => {
            say("On the phone: WhatsApp > Linked devices > Link a device, and scan this:");
            say(&drawn(text)?);
        }
        Pairing::QrImage(image) => {
            say(
                "The provider gives the code as a picture only. Open this in a browser, and scan it:",
            );
            say(image);
        }
    }
    Ok(())
}

/// The code in half blocks, dark on light: terminals are dark more often than not.
fn drawn(text: &str) -> anyhow::Result<String> {
    let code = QrCode::new(text)?;
    let image = code
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark)
        .build();
    Ok(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P3: what a phone is to scan is drawn with its quiet zone, each line as wide as the others.
    #[test]
    fn a_code_is_drawn_in_half_blocks() {
        let drawn = drawn("2@abcdefgh,ijklmnop,qrstuvwx").unwrap();
        let lines: Vec<&str> = drawn.lines().collect();
        let width = lines[0].chars().count();
        assert!(width >= 29 && lines.len() * 2 >= width);
        assert!(lines.iter().all(|line| line.chars().count() == width));
        assert!(drawn.contains('█') && drawn.contains(['▀', '▄']));
    }
}
