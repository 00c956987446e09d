//! Files: pictures, films, documents, sounds, stickers.

use std::borrow::Cow;

use serde_json::json;
use zapgres_core::error_class::SendError;
use zapgres_core::message::{Media, MediaSource};

use super::{Part, Version, set_some, unfit};

/// The file as a request has it: its address, or its bytes as base64, for which Evolution takes no text with line breaks.
fn content(media: &Media) -> Cow<'_, str> {
    match &media.source {
        MediaSource::Url(url) => Cow::Borrowed(url),
        MediaSource::Base64(bytes) if bytes.contains(|c: char| c.is_ascii_whitespace()) => {
            Cow::Owned(bytes.split_ascii_whitespace().collect())
        }
        MediaSource::Base64(bytes) => Cow::Borrowed(bytes),
    }
}

/// `kind`: `image`, `document`, `video` or `audio`.
pub(super) fn file(kind: &str, media: &Media, version: Version) -> Result<Part, SendError> {
    let is_base64 = matches!(media.source, MediaSource::Base64(_));
    if kind == "document" && is_base64 && media.file_name.as_deref().is_none_or(str::is_empty) {
        return Err(unfit(
            "evolution needs the file_name of a document given as base64",
        ));
    }
    let mut fields = json!({"mediatype": kind, "media": content(media)});
    set_some(&mut fields, "mimetype", media.mime_type.as_deref());
    set_some(&mut fields, "caption", media.caption.as_deref());
    set_some(&mut fields, "fileName", media.file_name.as_deref());
    Ok(Part::new("sendMedia", version, "mediaMessage", fields))
}

pub(super) fn voice_note(media: &Media, version: Version) -> Part {
    let fields = json!({"audio": content(media)});
    Part::new("sendWhatsAppAudio", version, "audioMessage", fields)
}

pub(super) fn sticker(media: &Media, version: Version) -> Part {
    let name = match version {
        Version::One => "image",
        Version::Two => "sticker",
    };
    let fields = json!({ name: content(media) });
    Part::new("sendSticker", version, "stickerMessage", fields)
}
