//! The options of a channel at any HTTP API.

use std::collections::BTreeMap;

use reqwest::header::HeaderValue;
use reqwest::{Method, Url};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use zapgres_core::message::MessageKind;

use super::template::Escape;
use crate::channel::{ChannelAddress, UnusableChannel};

/// How to ask the API, and what its answers look like.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Options {
    #[serde(default)]
    pub(super) method: HttpMethod,
    /// Name to template.
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    /// Name to template; what is rendered is encoded.
    #[serde(default)]
    pub(super) query: BTreeMap<String, String>,
    /// A template, or JSON with templates in its texts; none: no body.
    #[serde(default, deserialize_with = "text_or_json")]
    pub(super) body: Option<String>,
    #[serde(default = "json")]
    pub(super) content_type: String,
    /// Where in the answer the message's id is, as a JSON pointer (RFC 6901); none: our own reference is its id.
    pub(super) message_id: Option<String>,
    /// Statuses that are a yes; none: any of 200 to 299.
    #[serde(default)]
    pub(super) ok_status: Vec<u16>,
    /// Statuses by which this API refuses one message, such as 404 for a number that it does not know, though they look like
    /// a fault of the channel.
    #[serde(default)]
    pub(super) rejected_status: Vec<u16>,
    #[serde(default = "text_only")]
    pub(super) accepts: Vec<MessageKind>,
    /// Asked, with the same headers, whether the API works.
    #[serde(default, deserialize_with = "http_url")]
    pub(super) health_url: Option<Url>,
}

/// Methods that send something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum HttpMethod {
    /// For gateways that take everything in the query.
    Get,
    #[default]
    Post,
    Put,
}

impl From<HttpMethod> for Method {
    fn from(method: HttpMethod) -> Self {
        match method {
            HttpMethod::Get => Self::GET,
            HttpMethod::Post => Self::POST,
            HttpMethod::Put => Self::PUT,
        }
    }
}

fn json() -> String {
    "application/json".to_owned()
}

fn text_only() -> Vec<MessageKind> {
    vec![MessageKind::Text]
}

pub(super) fn unusable(option: &str, cause: &str) -> UnusableChannel {
    UnusableChannel::Option {
        name: option.to_owned(),
        cause: cause.to_owned(),
    }
}

impl Options {
    /// The channel's options, as far as they can be judged without a message.
    pub(super) fn read(address: &ChannelAddress) -> Result<Self, UnusableChannel> {
        let options: Self = address.options.read()?;
        match options.fault() {
            Some((option, cause)) => Err(unusable(option, cause)),
            None => Ok(options),
        }
    }

    fn fault(&self) -> Option<(&'static str, &'static str)> {
        let is_get = self.method == HttpMethod::Get;
        let pointer = self.message_id.as_deref();
        if is_get && self.body.is_some() {
            Some(("body", "a GET has none: use query"))
        } else if self
            .rejected_status
            .iter()
            .any(|status| self.is_ok(*status))
        {
            Some(("rejected_status", "names a status that is a yes"))
        } else if self.accepts.is_empty() {
            Some(("accepts", "names no kind of message, such as \"text\""))
        } else if pointer.is_some_and(|pointer| !pointer.starts_with('/')) {
            Some(("message_id", "a JSON pointer begins with /, such as /id"))
        } else if HeaderValue::from_str(&self.content_type).is_err() {
            Some(("content_type", "is no type, such as application/json"))
        } else {
            None
        }
    }

    /// What the body's texts have to be escaped for.
    pub(super) fn escape(&self) -> Escape {
        Escape::of(&self.content_type)
    }

    /// Whether that status is a yes.
    pub(super) fn is_ok(&self, status: u16) -> bool {
        if self.ok_status.is_empty() {
            return (200..=299).contains(&status);
        }
        self.ok_status.contains(&status)
    }
}

/// On a command line, a template that happens to be JSON is read as that.
fn text_or_json<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Some(match Value::deserialize(deserializer)? {
        Value::String(text) => text,
        json => json.to_string(),
    }))
}

fn http_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Url>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let url = Url::parse(&text).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https"));
    url.map(Some)
        .ok_or_else(|| D::Error::custom("not a URL that begins with https:// or http://"))
}
