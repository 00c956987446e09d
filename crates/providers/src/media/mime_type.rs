//! Of which type a file is.

use zapgres_core::error_class::SendError;

use super::limits::MediaLimit;
use super::unusable;

const ANY_BYTES: &str = "application/octet-stream";

/// The type to send the file as: what the bytes are, and where they do not tell, what the server says, and then the
/// message. A page that asks to log in is no picture, whatever the message calls it.
///
/// # Errors
/// When it is not of the kind.
pub(super) fn of(
    given: Option<&str>,
    announced: Option<&str>,
    head: &[u8],
    limit: &MediaLimit,
) -> Result<String, SendError> {
    let named = |name: Option<&str>| name.map(normalized).filter(|name| !says_nothing(name));
    let (given, announced) = (named(given), named(announced));
    let seen = infer::get(head).map(|seen| normalized(seen.mime_type()));
    // Of documents the bytes often tell only what they are packed in.
    if limit.types.is_empty() {
        let named = given.or(announced).or(seen);
        return Ok(named.unwrap_or_else(|| ANY_BYTES.to_owned()));
    }
    // Servers call what they do not know so, too.
    let announced = announced.filter(|name| name != "text/plain");
    let found = seen.map(|seen| as_sound(seen, limit)).or(announced);
    let unknown = || unusable(&format!("nothing tells that the file is {}", limit.name));
    let mime_type = found.or(given).ok_or_else(unknown)?;
    if limit.admits_type(&mime_type) {
        return Ok(mime_type);
    }
    let name = limit.name;
    let types = limit.types.join(", ");
    Err(unusable(&format!(
        "the file is {mime_type}, not {name} ({types})"
    )))
}

/// Without parameters, in the spelling that providers know.
fn normalized(name: &str) -> String {
    let name = name.split(';').next().unwrap_or_default().trim();
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "image/jpg" => "image/jpeg",
        "audio/mp3" => "audio/mpeg",
        "audio/m4a" | "audio/x-m4a" => "audio/mp4",
        "audio/opus" | "application/ogg" => "audio/ogg",
        "video/x-m4v" => "video/mp4",
        other => other,
    }
    .to_owned()
}

/// Names that servers use for what they do not know.
fn says_nothing(name: &str) -> bool {
    !name.contains('/') || [ANY_BYTES, "binary/octet-stream"].contains(&name)
}

/// These are containers for both; the bytes at the beginning do not tell for which.
fn as_sound(seen: String, limit: &MediaLimit) -> String {
    let sound = match seen.as_str() {
        "video/mp4" => "audio/mp4",
        "video/webm" => "audio/webm",
        _ => return seen,
    };
    match limit.admits_type(sound) {
        true => sound.to_owned(),
        false => seen,
    }
}

#[cfg(test)]
mod tests {
    use super::super::HEAD_BYTES;
    use super::*;

    const IMAGE: MediaLimit = MediaLimit::new("an image", &["image/jpeg", "image/png"], 100);
    const SOUND: MediaLimit = MediaLimit::new("a sound", &["audio/"], 100);
    const DOCUMENT: MediaLimit = MediaLimit::new("a document", &[], 100);
    const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF";
    const MP4: &[u8] = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2mp41";
    /// As browsers record it; the rest of the beginning does not matter.
    const WEBM: &[u8] = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm";
    const HTML: &[u8] = b"<!DOCTYPE html><html><body>log in";

    #[test]
    fn the_bytes_tell_the_type_and_then_whoever_has_them() {
        let webm = [WEBM, &[0; HEAD_BYTES]].concat();
        for (given, announced, head, limit, expected) in [
            (None, None, JPEG, &IMAGE, "image/jpeg"),
            (Some("image/png"), None, JPEG, &IMAGE, "image/jpeg"),
            (None, Some("text/plain"), JPEG, &IMAGE, "image/jpeg"),
            (
                None,
                Some("Image/JPG; q=1"),
                b"?" as &[u8],
                &IMAGE,
                "image/jpeg",
            ),
            (
                Some("image/png"),
                Some("application/octet-stream"),
                b"?",
                &IMAGE,
                "image/png",
            ),
            (None, None, MP4, &SOUND, "audio/mp4"),
            (None, None, &webm, &SOUND, "audio/webm"),
            (
                None,
                Some("application/pdf"),
                b"?",
                &DOCUMENT,
                "application/pdf",
            ),
            (
                None,
                Some("text/plain; charset=utf-8"),
                b"?",
                &DOCUMENT,
                "text/plain",
            ),
            (None, None, b"?", &DOCUMENT, ANY_BYTES),
        ] {
            let found = of(given, announced, head, limit).unwrap();
            assert_eq!(found, expected, "{given:?} {announced:?}");
        }
    }

    #[test]
    fn what_is_not_of_the_kind_is_refused_whatever_it_is_called() {
        let refusal = |announced, head| {
            let error = of(Some("image/jpeg"), announced, head, &IMAGE).unwrap_err();
            error.message
        };
        let expected = "the file is text/html, not an image (image/jpeg, image/png)";
        assert_eq!(refusal(Some("image/jpeg"), HTML), expected);
        assert_eq!(refusal(Some("text/html"), b"?"), expected);
        let error = of(None, None, b"?", &SOUND).unwrap_err();
        assert_eq!(error.message, "nothing tells that the file is a sound");
        let error = of(None, None, JPEG, &SOUND).unwrap_err();
        assert_eq!(
            error.message,
            "the file is image/jpeg, not a sound (audio/)"
        );
    }
}
