//! One webhook as it is registered: its JSON, and what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Url;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How far a message got.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Receipt {
    /// The provider's server has it.
    Sent,
    /// The recipient's phone has it.
    Delivered,
    /// The recipient has seen it.
    Read,
}

/// Where and how an instance's events are told.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Webhook {
    #[serde(deserialize_with = "read_url", serialize_with = "write_url")]
    pub(crate) url: Url,
    /// What requests are signed with, where the provider signs.
    #[serde(default, skip_serializing)]
    pub(crate) secret: Option<String>,
    /// Which receipts follow an accepted message, in this order.
    #[serde(default = "all_receipts")]
    pub(crate) receipts: Vec<Receipt>,
    /// Pause before each request, in milliseconds.
    #[serde(default)]
    pub(crate) delay_ms: u64,
    /// Whether receipts come in any order.
    #[serde(default)]
    pub(crate) shuffle: bool,
    /// How many times more each request comes.
    #[serde(default)]
    pub(crate) repeat: u32,
    /// Pause before the first repetition of a request that failed, instead of the provider's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) retry_ms: Option<u64>,
    /// Other addresses of single events, by the provider's names of them.
    #[serde(default, skip)]
    pub(crate) urls: BTreeMap<String, Url>,
    /// Headers of each request.
    #[serde(default, skip_serializing)]
    pub(crate) headers: BTreeMap<String, String>,
    /// The provider's names of the events wanted; none means all.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) events: BTreeSet<String>,
    /// Whether events that come together are told in one request, where the provider can.
    #[serde(default)]
    pub(crate) batch: bool,
    /// What the receiver is asked for before it is registered, as Meta asks.
    #[serde(default, skip_serializing)]
    pub(crate) verify_token: Option<String>,
    /// Whether the event is added to the path.
    #[serde(default)]
    pub(crate) by_events: bool,
}

fn read_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    let text = String::deserialize(deserializer)?;
    match Url::parse(&text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        _ => Err(D::Error::custom(
            "\"url\" must be a whole address that begins with http:// or https://",
        )),
    }
}

fn write_url<S: Serializer>(url: &Url, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(url.as_str())
}

fn all_receipts() -> Vec<Receipt> {
    vec![Receipt::Sent, Receipt::Delivered, Receipt::Read]
}

impl Webhook {
    /// A webhook that is told everything, as a provider's own call registers it.
    pub(crate) fn plain(url: Url) -> Self {
        Self {
            url,
            secret: None,
            receipts: all_receipts(),
            delay_ms: 0,
            shuffle: false,
            repeat: 0,
            retry_ms: None,
            urls: BTreeMap::new(),
            headers: BTreeMap::new(),
            events: BTreeSet::new(),
            batch: false,
            verify_token: None,
            by_events: false,
        }
    }

    /// Reads what a `PUT /sandbox/webhooks/…` asks for.
    ///
    /// # Errors
    /// One line that says what is wrong.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(body).map_err(|error| format!("not a webhook: {error}"))
    }

    /// Where this event is told.
    pub(crate) fn url_of(&self, event: &str) -> &Url {
        self.urls.get(event).unwrap_or(&self.url)
    }

    /// Whether this event is wanted.
    pub(crate) fn wants(&self, event: &str) -> bool {
        self.events.is_empty() || self.events.contains(event)
    }
}
