//! Where a channel is and how to get in.

mod redaction;

use std::collections::BTreeMap;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use zapgres_core::error_class::{ErrorClass, SendError};

/// Where a channel is and how to get in. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct ChannelAddress {
    /// Beginning of the provider's URLs, such as `https://evolution.example.com`.
    pub base_url: String,
    /// The provider's name of this number.
    pub instance: String,
    /// Its secret.
    pub credential: SecretString,
    /// Further secrets.
    pub secrets: Secrets,
    /// What only this provider knows.
    pub options: Options,
}

/// Further secrets of a channel by name. Several of one name are all good, so that they can be changed one after the other.
#[derive(Debug, Clone, Default)]
pub struct Secrets(BTreeMap<String, Vec<SecretString>>);

/// What is said of a channel besides: an object of JSON, from `zap.channel.options`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options(pub Map<String, Value>);

/// Why a channel cannot be used. One line for operators, without secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnusableChannel {
    /// There is no such provider.
    #[error("there is no provider \"{name}\"; known: {known}")]
    Provider {
        /// The name asked for.
        name: String,
        /// Those there are.
        known: String,
    },
    /// The address is none.
    #[error("the channel's address is not a URL such as https://evolution.example.com")]
    Address,
    /// An option is unknown or wrong.
    #[error("option {name}: {cause}")]
    Option {
        /// Its name.
        name: String,
        /// What is wrong, and what would do.
        cause: String,
    },
    /// A secret that the provider does not know, so that it would never be used.
    #[error("{provider} knows no secret {name}; known: {known}")]
    UnknownSecret {
        /// Its name.
        name: String,
        /// The provider.
        provider: &'static str,
        /// Those there are.
        known: String,
    },
    /// A secret is missing.
    #[error("secret {name} is missing: {purpose}; give it with --secret {name}=env:NAME")]
    Secret {
        /// Its name.
        name: &'static str,
        /// What it is needed for.
        purpose: &'static str,
    },
}

impl ChannelAddress {
    /// The beginning of its URLs.
    pub(crate) fn url(&self) -> Result<Url, UnusableChannel> {
        Url::parse(self.base_url.trim()).map_err(|_| UnusableChannel::Address)
    }

    /// `text` without any of the channel's secrets.
    pub(crate) fn without_secrets(&self, text: &str) -> String {
        let further = self.secrets.0.values().flatten();
        let mut secrets: Vec<&str> = std::iter::once(&self.credential)
            .chain(further)
            .map(|secret| secret.expose_secret())
            .collect();
        redaction::redacted(text, &mut secrets)
    }
}

/// Noticed only when something is to be sent: somebody has to mend the channel.
impl From<UnusableChannel> for SendError {
    fn from(error: UnusableChannel) -> Self {
        Self::before_sending(ErrorClass::ChannelAuth, error.to_string())
    }
}

impl Secrets {
    /// Adds one more secret of that name.
    pub fn add(&mut self, name: &str, secret: SecretString) {
        self.0.entry(name.to_owned()).or_default().push(secret);
    }

    /// All secrets of that name.
    #[must_use]
    pub fn all(&self, name: &str) -> &[SecretString] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// The first secret of that name, which is the one to send.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&SecretString> {
        self.all(name).first()
    }

    /// Names and secrets.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[SecretString])> {
        let pairs = self.0.iter();
        pairs.map(|(name, secrets)| (name.as_str(), secrets.as_slice()))
    }
}

impl PartialEq for Secrets {
    fn eq(&self, other: &Self) -> bool {
        let exposed = |secrets: &Self| -> Vec<(String, Vec<String>)> {
            let pairs = secrets.iter();
            pairs
                .map(|(name, secrets)| {
                    let all = secrets
                        .iter()
                        .map(|secret| secret.expose_secret().to_owned());
                    (name.to_owned(), all.collect())
                })
                .collect()
        };
        exposed(self) == exposed(other)
    }
}

impl Options {
    /// Reads the options as the provider's struct of them, which denies unknown fields.
    ///
    /// # Errors
    /// What is wrong with them; values are not repeated.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, UnusableChannel> {
        serde_path_to_error::deserialize(Value::Object(self.0.clone())).map_err(|error| {
            UnusableChannel::Option {
                name: error.path().to_string(),
                cause: without_values(error.inner().to_string(), self.0.values()),
            }
        })
    }
}

/// `serde_json` repeats values that do not fit: texts in quotes or backquotes, numbers in backquotes.
fn without_values<'a>(cause: String, values: impl IntoIterator<Item = &'a Value>) -> String {
    values.into_iter().fold(cause, |cause, value| match value {
        Value::String(text) => cause
            .replace(&format!("{text:?}"), "\"…\"")
            .replace(&format!("`{text}`"), "`…`"),
        Value::Number(number) => cause.replace(&format!("`{number}`"), "`…`"),
        Value::Array(values) => without_values(cause, values),
        Value::Object(fields) => without_values(cause, fields.values()),
        Value::Null | Value::Bool(_) => cause,
    })
}
