//! What kind of failure a failed send was.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Class of a failure. A provider maps its answers to one; [`crate::next_step::next_step`] maps it
/// to what happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// Definitely not sent, and likely to work later.
    Transient,
    /// Too many messages: definitely not sent, the channel has to slow down.
    Throttled,
    /// The recipient cannot be reached on WhatsApp.
    RecipientInvalid,
    /// Outside the time in which free text is allowed; needs an approved template.
    WindowClosed,
    /// The recipient does not want messages.
    OptedOut,
    /// The channel's credential, instance or address is wrong: somebody has to correct it.
    ChannelAuth,
    /// The provider cannot be reached, or its phone is disconnected.
    ChannelDown,
    /// The provider refuses this message for good.
    Rejected,
    /// No answer, or none that tells: the message may have been sent.
    Uncertain,
    /// The user's database did not give what the message needs.
    SourceError,
}

impl ErrorClass {
    /// Every class, in the order of the documentation.
    pub const ALL: [Self; 10] = [
        Self::Transient,
        Self::Throttled,
        Self::RecipientInvalid,
        Self::WindowClosed,
        Self::OptedOut,
        Self::ChannelAuth,
        Self::ChannelDown,
        Self::Rejected,
        Self::Uncertain,
        Self::SourceError,
    ];

    /// The code stored in `error_class` columns.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Throttled => "throttled",
            Self::RecipientInvalid => "recipient_invalid",
            Self::WindowClosed => "window_closed",
            Self::OptedOut => "opted_out",
            Self::ChannelAuth => "channel_auth",
            Self::ChannelDown => "channel_down",
            Self::Rejected => "rejected",
            Self::Uncertain => "uncertain",
            Self::SourceError => "source_error",
        }
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ErrorClass {
    type Err = UnknownErrorClass;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|class| class.as_str() == text)
            .ok_or_else(|| UnknownErrorClass(text.to_owned()))
    }
}

/// A text that is no error class.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown error class \"{0}\"")]
pub struct UnknownErrorClass(pub String);

/// Whom a [`ErrorClass::Throttled`] answer is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ThrottleScope {
    /// The channel sends too fast.
    #[default]
    Channel,
    /// This recipient gets too much; others may be written to.
    Recipient,
}

/// Why one attempt to send failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{class}: {message}")]
pub struct SendError {
    /// What kind of failure.
    pub class: ErrorClass,
    /// One line for operators, without credentials, numbers masked.
    pub message: String,
    /// Whom it is about, when it is [`ErrorClass::Throttled`].
    pub scope: ThrottleScope,
    /// How long the provider asked to wait.
    pub retry_after: Option<Duration>,
    /// Whether the request reached, or may have reached, the provider. Only then does the attempt
    /// count.
    pub reached_provider: bool,
}

impl SendError {
    /// An error of a request that was never made.
    #[must_use]
    pub const fn before_sending(class: ErrorClass, message: String) -> Self {
        Self {
            class,
            message,
            scope: ThrottleScope::Channel,
            retry_after: None,
            reached_provider: false,
        }
    }

    /// The same error of a request that sent no message, a question for example: it may be asked again, whatever became
    /// of it.
    #[must_use]
    pub fn of_question(self) -> Self {
        match self.class {
            ErrorClass::Uncertain => Self {
                class: ErrorClass::Transient,
                ..self
            },
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_can_be_read_back() {
        for class in ErrorClass::ALL {
            assert_eq!(class.as_str().parse(), Ok(class));
        }
        let error = "temporary".parse::<ErrorClass>().unwrap_err();
        assert_eq!(error.to_string(), "unknown error class \"temporary\"");
    }
}
