//! What a customer writes.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::evolution::address_of;
use crate::provider::Provider;

/// A message on its way in, as `POST /sandbox/inbound/…` orders it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Inbound {
    /// The customer's number, in any spelling. May be missing when there is an alias.
    #[serde(default)]
    pub(crate) from: String,
    /// The customer's id without a number: a LID or BSUID.
    pub(crate) alias: Option<String>,
    /// The customer's name.
    #[serde(default = "somebody")]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) text: String,
    /// `text`, or another kind: the sandbox's name of it, or else the provider's own.
    #[serde(default = "text_kind")]
    pub(crate) kind: String,
    /// What the provider puts under the kind, in the provider's words.
    #[serde(default)]
    pub(crate) content: Value,
    /// Id of the message that it answers.
    pub(crate) quotes: Option<String>,
    /// Whether somebody wrote it on the company's own phone.
    #[serde(default)]
    pub(crate) from_me: bool,
    /// Its id; without one it gets one.
    #[serde(default)]
    pub(crate) id: String,
}

fn somebody() -> String {
    "Ana".to_owned()
}

fn text_kind() -> String {
    "text".to_owned()
}

impl Inbound {
    /// Reads an order: one message, or an array of them.
    ///
    /// # Errors
    /// One line that says what is wrong.
    pub(crate) fn parse(body: &[u8]) -> Result<Vec<Self>, String> {
        let json = serde_json::from_slice(body).map_err(|error| format!("not JSON: {error}"))?;
        match json {
            Value::Array(messages) => messages.into_iter().map(Self::read).collect(),
            message => Self::read(message).map(|message| vec![message]),
        }
    }

    fn read(json: Value) -> Result<Self, String> {
        let inbound: Self =
            serde_json::from_value(json).map_err(|error| format!("not a message: {error}"))?;
        if inbound.from.is_empty() && inbound.alias.is_none() {
            return Err("a message needs \"from\", a number, or \"alias\"".to_owned());
        }
        if inbound.kind == "text" && inbound.text.is_empty() {
            return Err("a message needs a \"text\", or a \"kind\" and a \"content\"".to_owned());
        }
        Ok(inbound)
    }
}

/// When each customer last wrote to each instance.
#[derive(Default)]
pub(crate) struct LastInbound(Mutex<BTreeMap<(Provider, String, String), DateTime<Utc>>>);

impl LastInbound {
    /// A customer wrote; what somebody writes on the company's own phone does not count.
    pub(crate) fn note(
        &self,
        provider: Provider,
        instance: &str,
        inbound: &Inbound,
        at: DateTime<Utc>,
    ) {
        if inbound.from_me {
            return;
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for who in [Some(address_of(&inbound.from)), inbound.alias.clone()] {
            let key = who.map(|who| (provider, instance.to_owned(), who));
            known.extend(key.map(|key| (key, at)));
        }
    }

    /// When the customer at this address last wrote.
    pub(crate) fn of(
        &self,
        provider: Provider,
        instance: &str,
        address: &str,
    ) -> Option<DateTime<Utc>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (provider, instance.to_owned(), address.to_owned());
        known.get(&key).copied()
    }
}
