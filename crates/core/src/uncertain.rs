//! What follows a send without an answer, when the provider cannot tell what became of it.

use std::fmt;
use std::str::FromStr;

/// What to do with a notification that may have been sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UncertainPolicy {
    /// Send it again, flagged as a possible repeat.
    Retry,
    /// Leave it to a person.
    Hold,
}

impl UncertainPolicy {
    /// Every policy.
    pub const ALL: [Self; 2] = [Self::Retry, Self::Hold];

    /// The text stored in the `uncertain_policy` column.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Hold => "hold",
        }
    }

    /// The policy of notifications without a source: an order confirmation is missed when it does not come, a broadcast is
    /// a nuisance when it comes twice.
    #[must_use]
    pub fn of_event(event: &str) -> Self {
        if event.starts_with("broadcast") {
            Self::Hold
        } else {
            Self::Retry
        }
    }
}

impl fmt::Display for UncertainPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for UncertainPolicy {
    type Err = UnknownUncertainPolicy;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|policy| policy.as_str() == text)
            .ok_or_else(|| UnknownUncertainPolicy(text.to_owned()))
    }
}

/// A text that is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown policy \"{0}\" for sends without an answer: it is retry or hold")]
pub struct UnknownUncertainPolicy(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_can_be_read_back() {
        for policy in UncertainPolicy::ALL {
            assert_eq!(policy.to_string().parse(), Ok(policy));
        }
        let error = "forget".parse::<UncertainPolicy>().unwrap_err().to_string();
        assert!(
            error.contains("\"forget\"") && error.contains("retry or hold"),
            "{error}"
        );
    }

    #[test]
    fn only_broadcasts_are_held_where_nobody_has_chosen() {
        assert_eq!(
            UncertainPolicy::of_event("order_received"),
            UncertainPolicy::Retry
        );
        assert_eq!(
            UncertainPolicy::of_event("broadcast"),
            UncertainPolicy::Hold
        );
        assert_eq!(
            UncertainPolicy::of_event("broadcast:natal"),
            UncertainPolicy::Hold
        );
    }
}
