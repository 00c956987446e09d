//! What an attempt's answer says of its channel.

use std::time::Duration;

use crate::error_class::{ErrorClass, SendError, ThrottleScope};

/// A server that is silent or asks for less is left alone for this long; recovery must be noticed within 5 s.
const REST: Duration = Duration::from_secs(2);

/// What an attempt's answer says of its channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// It works, whatever became of the message.
    Works,
    /// It may not work; many such answers mean that it does not.
    Failed {
        /// How long to send nothing, so that other messages do not meet the same.
        rest: Duration,
    },
    /// It does not work.
    Obstacle {
        /// How long to send nothing, at least.
        rest: Duration,
    },
}

impl Reading {
    /// What an error says of the channel; none when it says nothing. The provider's Retry-After makes the rest longer.
    #[must_use]
    pub fn of_error(error: &SendError) -> Option<Self> {
        let asked_for = error.retry_after.unwrap_or_default();
        match error.class {
            ErrorClass::ChannelAuth | ErrorClass::ChannelDown => {
                Some(Self::Obstacle { rest: asked_for })
            }
            ErrorClass::Throttled if error.scope == ThrottleScope::Recipient => Some(Self::Works),
            ErrorClass::Throttled | ErrorClass::Uncertain => Some(Self::Failed {
                rest: asked_for.max(REST),
            }),
            ErrorClass::Transient => Some(Self::Failed { rest: asked_for }),
            ErrorClass::RecipientInvalid
            | ErrorClass::WindowClosed
            | ErrorClass::OptedOut
            | ErrorClass::Rejected => error.reached_provider.then_some(Self::Works),
            ErrorClass::SourceError => None,
        }
    }
}
