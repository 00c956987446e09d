//! `zapgres seal`.

use std::io::{IsTerminal, Read, Write, stdin};
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;
use ring::rand::{self, Random, RandomlyConstructable, SystemRandom};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use secrecy::{ExposeSecret, SecretString};
use zapgres_core::credential::CredentialReference;

use super::{environment, say};
use crate::config::{Daemon, DaemonSettings, Settings, parse_seal_key};
use crate::credential;
use crate::seal;

/// Longer inputs are no secret; also bounds the work.
const SECRET_CAP_BYTES: usize = 64 * 1024;

/// Seal a secret, read from standard input, so that it may be in the database: prints sealed:…
#[derive(Debug, Args)]
pub struct SealCommand {
    /// Print a new key instead, to be kept where --seal-key says
    #[arg(long)]
    new_key: bool,
    #[arg(
        long,
        value_name = "REFERENCE",
        value_parser = parse_seal_key,
        help = "Where the key of sealed credentials is: env:VARIABLE, cred:NAME (systemd) or file:PATH"
    )]
    seal_key: Option<CredentialReference>,
    /// File with settings [default: /etc/zapgres/zapgres.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl SealCommand {
    /// Prints the sealed secret, or a new key.
    pub fn execute(self) -> anyhow::Result<()> {
        if self.new_key {
            say(seal::new_key(&random()?).expose_secret());
            return Ok(());
        }
        let reference = Daemon::seal_key(self.settings(), &environment())?;
        let key = credential::read_seal_key(reference.as_ref(), &|name| std::env::var_os(name))?;
        let sealed = key.seal(&read_secret()?, random()?);
        say(&CredentialReference::Sealed(sealed).to_string());
        Ok(())
    }

    fn settings(self) -> Settings {
        Settings {
            config: self.config,
            daemon: DaemonSettings {
                seal_key: self.seal_key,
                ..DaemonSettings::default()
            },
            ..Settings::default()
        }
    }
}

/// Random bytes of the system's.
fn random<T: RandomlyConstructable>() -> anyhow::Result<T> {
    rand::generate(&SystemRandom::new())
        .map(Random::expose)
        .ok()
        .context("the system gives no random numbers; try again")
}

/// The secret, a line where somebody types it, else all of standard input.
fn read_secret() -> anyhow::Result<SecretString> {
    let text = if stdin().is_terminal() {
        ask_silently("Secret (not shown): ")?
    } else {
        let mut text = String::new();
        let limit = SECRET_CAP_BYTES as u64 + 1;
        stdin()
            .take(limit)
            .read_to_string(&mut text)
            .context("standard input is no text; give the secret there")?;
        text
    };
    match text.trim() {
        "" => bail!("standard input is empty; give the secret there"),
        secret if secret.len() > SECRET_CAP_BYTES => {
            bail!("standard input is too long for a secret")
        }
        secret => Ok(SecretString::from(secret)),
    }
}

fn ask_silently(question: &str) -> anyhow::Result<String> {
    let mut out = std::io::stderr();
    write!(out, "{question}").and_then(|()| out.flush())?;
    let mut answer = String::new();
    {
        let _silence = Silence::begin()?;
        stdin().read_line(&mut answer)?;
    }
    // The line feed was not shown either.
    writeln!(out)?;
    Ok(answer)
}

/// The terminal does not show what is typed; dropped, it does again.
struct Silence(Termios);

impl Silence {
    fn begin() -> anyhow::Result<Self> {
        let usual = tcgetattr(stdin())?;
        let mut silent = usual.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self(usual))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // A terminal that is gone shows nothing anyway.
        tcsetattr(stdin(), OptionalActions::Flush, &self.0).ok();
    }
}
