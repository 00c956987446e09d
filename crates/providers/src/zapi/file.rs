//! Files as Z-API takes them: an address, or a `data:` URI.

use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::{Media, MediaSource, MessageKind};

/// Types of documents and how names of such files end.
const EXTENSIONS: [(&str, &str); 15] = [
    ("application/pdf", "pdf"),
    ("application/msword", "doc"),
    (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "docx",
    ),
    ("application/vnd.ms-excel", "xls"),
    (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xlsx",
    ),
    ("application/vnd.ms-powerpoint", "ppt"),
    (
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "pptx",
    ),
    ("application/zip", "zip"),
    ("application/json", "json"),
    ("application/xml", "xml"),
    ("text/xml", "xml"),
    ("text/plain", "txt"),
    ("text/csv", "csv"),
    ("image/jpeg", "jpg"),
    ("image/png", "png"),
];
/// Longer endings are a part of the name.
const EXTENSION_CAP_BYTES: usize = 8;

/// The file as an address or with all its bytes.
pub(super) fn content(media: &Media, kind: MessageKind) -> String {
    match &media.source {
        MediaSource::Url(url) => url.clone(),
        MediaSource::Base64(data) => {
            let mime_type = media.mime_type.as_deref();
            format!(
                "data:{};base64,{data}",
                mime_type.unwrap_or(usual_type(kind))
            )
        }
    }
}

/// What a file of that kind usually is. A `data:` URI has to say something.
const fn usual_type(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Image => "image/jpeg",
        MessageKind::Audio => "audio/ogg",
        MessageKind::Video => "video/mp4",
        MessageKind::Sticker => "image/webp",
        _ => "application/octet-stream",
    }
}

/// The ending of a document's name, which Z-API wants as a part of the URL.
pub(super) fn extension(media: &Media) -> Result<String, SendError> {
    let of_name = media.file_name.as_deref().and_then(ending);
    of_name
        .or_else(|| of_type(media.mime_type.as_deref()?))
        .or_else(|| match &media.source {
            MediaSource::Url(url) => ending(reqwest::Url::parse(url).ok()?.path()),
            MediaSource::Base64(_) => None,
        })
        .ok_or_else(|| {
            SendError::before_sending(
                ErrorClass::Rejected,
                "zapi has to know a document's type: give file_name or mime_type".to_owned(),
            )
        })
}

fn ending(name: &str) -> Option<String> {
    let (_, ending) = name.rsplit_once('.')?;
    let good = (1..=EXTENSION_CAP_BYTES).contains(&ending.len())
        && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
    good.then(|| ending.to_ascii_lowercase())
}

fn of_type(mime_type: &str) -> Option<String> {
    let essence = mime_type.split(';').next().unwrap_or_default().trim();
    let known = EXTENSIONS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(essence))?;
    Some(known.1.to_owned())
}
