//! What Meta's errors mean. Its table of codes is here and nowhere else.
//!
//! An error is `{"error": {"code", "message", "error_data": {"details"}, "is_transient", …}}`; in receipts the same codes
//! come as `errors[]`. Meta asks to go by the code, not by the HTTP status.
//! Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes> (May 2026).

use std::time::Duration;

use reqwest::StatusCode;
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;
use zapgres_core::error_class::{ErrorClass, SendError, ThrottleScope};

use crate::channel::ChannelAddress;
use crate::exchange::Answer;

const SECONDS_5: Duration = Duration::from_secs(5);
const SECONDS_6: Duration = Duration::from_secs(6);
const MINUTE: Duration = Duration::from_secs(60);
const MINUTES_5: Duration = Duration::from_secs(5 * 60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The number is not registered with the Cloud API.
const UNREGISTERED: i64 = 133_010;

/// What a code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meaning {
    /// Its class.
    pub(super) class: ErrorClass,
    /// Whom it is about.
    pub(super) scope: ThrottleScope,
    /// The shortest wait that makes sense.
    pub(super) wait: Option<Duration>,
}

impl Meaning {
    const fn new(class: ErrorClass) -> Self {
        Self {
            class,
            scope: ThrottleScope::Channel,
            wait: None,
        }
    }

    const fn after(class: ErrorClass, wait: Duration) -> Self {
        Self {
            wait: Some(wait),
            ..Self::new(class)
        }
    }

    /// Only this message has to wait.
    const fn recipient_waits(wait: Duration) -> Self {
        Self {
            scope: ThrottleScope::Recipient,
            ..Self::after(ErrorClass::Throttled, wait)
        }
    }
}

/// The table: code to meaning. None: not known.
pub(super) const fn meaning_of(code: i64) -> Option<Meaning> {
    use ErrorClass::{
        ChannelAuth, ChannelDown, OptedOut, RecipientInvalid, Rejected, Throttled, Transient,
        WindowClosed,
    };
    Some(match code {
        // Token, permissions, accounts: somebody has to mend them. 33: this phone number id was deleted.
        0 | 190 | 3 | 10 | 33 | 200..=299 => Meaning::new(ChannelAuth),
        131_005 | 131_037 | 131_042 | 131_045 => Meaning::new(ChannelAuth),
        133_000 | 133_005..=133_010 | 133_015 | 133_016 => Meaning::new(ChannelAuth),
        // Blocked by Meta: asking every minute makes it no better.
        368 | 131_031 => Meaning::after(ChannelAuth, HOUR),
        // Limits of the channel. 131048: many recipients reported the messages as spam.
        4 | 80_007 | 80_008 => Meaning::after(Throttled, MINUTES_5),
        130_429 => Meaning::after(Throttled, SECONDS_5),
        131_048 => Meaning::after(Throttled, HOUR),
        // Limits of one recipient. 131049: Meta lets each person get so much marketing; asking again makes it worse.
        131_056 => Meaning::recipient_waits(SECONDS_6),
        131_049 => Meaning::recipient_waits(DAY),
        // The limit of conversations that we may begin in a day; to those who wrote to us it does not apply.
        131_064 => Meaning::recipient_waits(DAY),
        // This flow is slowed down, other messages are not.
        132_069 => Meaning::recipient_waits(MINUTE),
        // In maintenance for a minute, while Meta raises the number's throughput.
        131_057 => Meaning::after(ChannelDown, MINUTE),
        1 | 2 | 131_000 | 131_016 | 131_052 | 131_053 | 133_004 => Meaning::new(Transient),
        // 131030: a test number may write to the numbers of its list only. The others in the queue may be on it.
        130_497 | 131_021 | 131_026 | 131_030 => Meaning::new(RecipientInvalid),
        131_047 => Meaning::new(WindowClosed),
        131_050 => Meaning::new(OptedOut),
        100 | 130_472 | 131_008 | 131_009 | 131_051 | 131_062 | 131_063 => Meaning::new(Rejected),
        // The template, not the channel: a message with another one may go.
        132_000 | 132_001 | 132_005 | 132_007 | 132_008 | 132_012 => Meaning::new(Rejected),
        132_015 | 132_016 | 132_068 => Meaning::new(Rejected),
        134_011 | 135_000 | 137_000 => Meaning::new(Rejected),
        _ => return None,
    })
}

/// What every error has, wherever it comes. What stands beside the code is read where it has the usual type.
#[derive(Debug, Deserialize)]
pub(super) struct GraphError {
    #[serde(deserialize_with = "number_or_text")]
    code: i64,
    #[serde(default)]
    title: Value,
    #[serde(default)]
    message: Value,
    #[serde(default)]
    error_subcode: Value,
    /// A text in some errors of Graph.
    #[serde(default)]
    error_data: Value,
    #[serde(default)]
    is_transient: Value,
}

fn number_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let code = Value::deserialize(deserializer)?;
    let number = match &code {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    };
    number.ok_or_else(|| de::Error::custom("not a code"))
}

#[derive(Deserialize)]
struct Envelope {
    error: GraphError,
}

impl GraphError {
    /// In a receipt: the message certainly did not arrive.
    pub(super) fn class_in_receipt(&self) -> ErrorClass {
        meaning_of(self.code).map_or(ErrorClass::Rejected, |meaning| meaning.class)
    }

    /// In an answer.
    fn meaning(&self, status: StatusCode) -> Meaning {
        // "Object with ID … does not exist": the one in the URL, which is the channel's number.
        if self.code == 100 && self.error_subcode == 33 {
            return Meaning::new(ErrorClass::ChannelAuth);
        }
        meaning_of(self.code).unwrap_or_else(|| {
            Meaning::new(match status.as_u16() {
                _ if self.is_transient == true => ErrorClass::Transient,
                401 | 403 => ErrorClass::ChannelAuth,
                429 => ErrorClass::Throttled,
                400..=499 => ErrorClass::Rejected,
                // Something broke that nobody has written about: perhaps after the message was taken.
                _ => ErrorClass::Uncertain,
            })
        })
    }

    /// The code and what Meta says to it.
    pub(super) fn text(&self) -> String {
        let details = self.error_data.as_str().or_else(|| {
            let details = self.error_data.get("details");
            details.and_then(Value::as_str)
        });
        let title = self.message.as_str().or(self.title.as_str());
        let parts = [title, details.filter(|details| Some(*details) != title)];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        // The code must survive the masking of long numbers.
        format!("code {}: {}", self.code, parts.join(": "))
    }
}

/// Whether `answer` says that the number is not registered with the Cloud API.
pub(super) fn is_unregistered(answer: &Answer) -> bool {
    serde_json::from_slice::<Envelope>(&answer.body)
        .is_ok_and(|envelope| envelope.error.code == UNREGISTERED)
}

/// The error in `answer`, which is not one of success.
pub(super) fn refused(answer: &Answer, channel: &ChannelAddress) -> SendError {
    told(answer, channel).unwrap_or_else(|| {
        let (class, detail) = meaning_without_error(answer.status);
        answer.error(class, detail, channel)
    })
}

/// Meta's error in `answer`, whatever its status; none: there is none.
pub(super) fn told(answer: &Answer, channel: &ChannelAddress) -> Option<SendError> {
    let Envelope { error } = serde_json::from_slice(&answer.body).ok()?;
    let meaning = error.meaning(answer.status);
    Some(SendError {
        scope: meaning.scope,
        // None is the smallest.
        retry_after: meaning.wait.max(answer.retry_after),
        ..answer.error(meaning.class, &error.text(), channel)
    })
}

/// What an answer without Meta's error means: it comes from something before Meta, a proxy or another server.
const fn meaning_without_error(status: StatusCode) -> (ErrorClass, &'static str) {
    match status.as_u16() {
        300..=399 => (
            ErrorClass::ChannelAuth,
            "a redirect: correct the channel's address",
        ),
        429 => (ErrorClass::Throttled, "too many requests"),
        // 408: whoever answered gave up waiting for the request, so did nothing with it.
        400 | 408 | 503 => (ErrorClass::Transient, "not an answer of Meta"),
        413 => (ErrorClass::Rejected, "the message is too large"),
        401 | 403 => (
            ErrorClass::ChannelAuth,
            "refused: check the channel's credential and address",
        ),
        402 | 404..=499 => (
            ErrorClass::ChannelAuth,
            "not an answer of Meta: check the channel's address",
        ),
        // Meta may have had the request.
        _ => (ErrorClass::Uncertain, "not an answer of Meta"),
    }
}
