//! What is said of a channel at Meta besides.

use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

/// Options of a channel at Meta.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MetaOptions {
    /// Version of the Graph API. Meta keeps each for about two years.
    #[serde(default)]
    pub(super) api_version: ApiVersion,
    /// Id of the WhatsApp Business Account that the number belongs to.
    #[serde(default, deserialize_with = "digits")]
    pub(super) business_account_id: Option<String>,
    /// Whether Meta fetches files from their addresses, instead of being given them.
    #[serde(default)]
    pub(super) link_media: bool,
}

/// Such as `v25.0`.
#[derive(Debug)]
pub(super) struct ApiVersion(String);

impl ApiVersion {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ApiVersion {
    fn default() -> Self {
        Self("v25.0".to_owned())
    }
}

impl<'de> Deserialize<'de> for ApiVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_number = |part: &str| part.len() <= 3 && is_digits(part);
        match text.strip_prefix('v').and_then(|rest| rest.split_once('.')) {
            Some((major, minor)) if is_number(major) && is_number(minor) => Ok(Self(text)),
            _ => Err(de::Error::custom("not a version such as v25.0")),
        }
    }
}

/// A command line makes a number of it.
fn digits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = match Value::deserialize(deserializer)? {
        Value::String(text) => text,
        other => other.to_string(),
    };
    if is_digits(&text) {
        return Ok(Some(text));
    }
    Err(de::Error::custom("not an id such as 102290129340398"))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
