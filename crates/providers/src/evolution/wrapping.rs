//! Messages within messages: those that disappear, are shown once, or are files with a caption.

use serde_json::{Map, Value};

/// Fields that wrap another `message`.
const WRAPPERS: [&str; 5] = [
    "ephemeralMessage",
    "viewOnceMessage",
    "viewOnceMessageV2",
    "viewOnceMessageV2Extension",
    "documentWithCaptionMessage",
];

/// The innermost message.
pub(super) fn unwrapped(mut message: &Map<String, Value>) -> &Map<String, Value> {
    while let Some(inner) = WRAPPERS
        .iter()
        .find_map(|wrapper| message.get(*wrapper)?.get("message")?.as_object())
    {
        message = inner;
    }
    message
}
