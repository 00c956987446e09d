//! Which notifications a command is about.

use serde::Serialize;

/// Names of fields are the keys that `zap.read_filter` knows; none: any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Filter {
    /// Any of these statuses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub status: Vec<String>,
    /// Company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Name of a channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// Attached table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// Class of the last error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_class: Option<String>,
    /// Why it waits or ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it happened to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Captured at this time or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub captured_after: Option<String>,
    /// Captured before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub captured_before: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_given_is_sent() {
        let filter = Filter {
            status: vec!["failed".to_owned()],
            tenant: Some("1".to_owned()),
            ..Filter::default()
        };
        let json = serde_json::to_string(&filter).unwrap();
        assert_eq!(json, r#"{"status":["failed"],"tenant":"1"}"#);
        assert_eq!(serde_json::to_string(&Filter::default()).unwrap(), "{}");
    }
}
