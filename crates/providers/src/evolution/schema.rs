//! What the complaints of a server's schemas show of its version. A body that its schema refuses was not acted upon.

use reqwest::StatusCode;

use super::answer::{first_of, message_of};
use super::options::Version;
use crate::exchange::Answer;

/// Fields that v1 requires, and v2 does not know.
const FIELDS_OF_ONE: [&str; 10] = [
    "textMessage",
    "mediaMessage",
    "audioMessage",
    "stickerMessage",
    "locationMessage",
    "contactMessage",
    "reactionMessage",
    "buttonMessage",
    "listMessage",
    "pollMessage",
];
/// Fields that v2 requires, where v1 has one of [`FIELDS_OF_ONE`].
const FIELDS_OF_TWO: [&str; 17] = [
    "text",
    "mediatype",
    "media",
    "audio",
    "sticker",
    "latitude",
    "longitude",
    "name",
    "address",
    "contact",
    "key",
    "reaction",
    "title",
    "footerText",
    "buttonText",
    "sections",
    "values",
];

/// Whether the schema refuses a message of version `used` because it lacks what the other one has. Nothing was sent then.
pub(super) fn expects_other_version(answer: &Answer, used: Version) -> bool {
    let fields: &[&str] = match used {
        Version::One => &FIELDS_OF_TWO,
        Version::Two => &FIELDS_OF_ONE,
    };
    missing_fields(answer)
        .iter()
        .any(|missing| fields.contains(&missing.as_str()))
}

/// Whether the settings of a webhook are refused because they lack what the other version has.
pub(super) fn expects_other_settings(answer: &Answer, used: Version) -> bool {
    let field = match used {
        Version::One => "webhook",
        Version::Two => "url",
    };
    missing_fields(answer)
        .iter()
        .any(|missing| missing == field)
}

/// Fields that the schema misses at the top of the body: `instance requires property "text"`.
fn missing_fields(answer: &Answer) -> Vec<String> {
    if answer.status != StatusCode::BAD_REQUEST {
        return Vec::new();
    }
    let message = message_of(answer).unwrap_or_default();
    let complaints = first_of(&message).as_array().into_iter().flatten();
    complaints
        .filter_map(|complaint| {
            let field = complaint
                .as_str()?
                .strip_prefix("instance requires property ")?;
            Some(field.trim_matches('"').to_owned())
        })
        .collect()
}
