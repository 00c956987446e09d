//! What is said of a channel at Meta besides.

use serde::{Deserialize, Deserializer, de};

/// Options of a channel at Meta.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MetaOptions {
    /// Version of the Graph API. Meta keeps each for about two years.
    #[serde(default)]
    pub(super) api_version: ApiVersion,
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
        let is_number = |part: &str| {
            (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        match text.strip_prefix('v').and_then(|rest| rest.split_once('.')) {
            Some((major, minor)) if is_number(major) && is_number(minor) => Ok(Self(text)),
            _ => Err(de::Error::custom("not a version such as v25.0")),
        }
    }
}
