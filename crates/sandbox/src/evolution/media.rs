//! Media in a body: what Evolution takes for one, and what the sandbox keeps of it.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::Url;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::operation::Operation;
use crate::messages::Kind;

/// Texts longer than this are media, and kept as their size and hash alone.
const KEPT_BYTES: usize = 8 * 1024;

const NO_MEDIA: &str = "Owned media must be a url or base64";

/// What Evolution says against the media of a body, if anything.
pub(super) fn complaint(
    operation: &Operation,
    kind: Kind,
    fields: &Map<String, Value>,
) -> Option<&'static str> {
    let name = match operation.name {
        "sendMedia" => "media",
        "sendPtv" => "video",
        "sendWhatsAppAudio" => "audio",
        // v1 calls it the image.
        "sendSticker" if fields.contains_key("image") => "image",
        "sendSticker" => "sticker",
        _ => return None,
    };
    let media = fields.get(name).and_then(Value::as_str);
    let media = media.unwrap_or_default();
    let is_url = Url::parse(media).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if is_url || fields.contains_key(FILE) {
        return None;
    }
    if media.is_empty() || BASE64_STANDARD.decode(media).is_err() {
        return Some(NO_MEDIA);
    }
    (kind == Kind::Document && !fields.contains_key("fileName"))
        .then_some("For base64 the file name must be informed.")
}

/// The field of an uploaded file.
pub(super) const FILE: &str = "file";

/// A field as it is kept: long texts as their size and hash.
pub(crate) fn abridged((name, value): (String, Value)) -> (String, Value) {
    let value = match value {
        Value::String(text) if text.len() > KEPT_BYTES => summary(text.as_bytes()),
        Value::Object(nested) => Value::Object(nested.into_iter().map(abridged).collect()),
        other => other,
    };
    (name, value)
}

/// What is kept of bytes: how many, and their SHA-256.
pub(super) fn summary(bytes: &[u8]) -> Value {
    let hash = Sha256::digest(bytes);
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({"bytes": bytes.len(), "sha256": hash})
}

/// What Evolution says against a reaction that is more than one emoji, or none at all.
pub(super) fn reaction_complaint(reaction: &str) -> Option<&'static str> {
    // A single emoji may be several characters: skin, gender, joiners, flags. None is a letter.
    let is_text = reaction
        .chars()
        .any(|one| one.is_alphanumeric() && !one.is_ascii_digit());
    (is_text || reaction.chars().count() > 12)
        .then_some("Reaction must be a single emoji or empty string")
}
