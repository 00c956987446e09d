//! Which files a provider takes.

use zapgres_core::error_class::SendError;
use zapgres_core::message::MessageKind;

use super::{unusable, webp};

const KB: u64 = 1024;
const MB: u64 = 1024 * KB;

/// What a provider takes, kind by kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MediaLimits {
    pub(crate) image: MediaLimit,
    pub(crate) video: MediaLimit,
    pub(crate) audio: MediaLimit,
    pub(crate) document: MediaLimit,
    pub(crate) sticker: MediaLimit,
}

/// What it takes of one kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MediaLimit {
    /// As in "an image".
    pub(crate) name: &'static str,
    /// Types; one that ends in `/` stands for all that begin so, none at all for every type.
    pub(crate) types: &'static [&'static str],
    /// Size.
    pub(crate) cap_bytes: u64,
    /// Size of a picture that does not move, where that is less.
    pub(crate) still_cap_bytes: Option<u64>,
}

/// What WhatsApp itself takes, for providers that convert types as phones do.
pub(crate) const WHATSAPP: MediaLimits = MediaLimits {
    image: MediaLimit::new("an image", &["image/"], 16 * MB),
    video: MediaLimit::new("a video", &["video/"], 16 * MB),
    audio: MediaLimit::new("a sound", &["audio/"], 16 * MB),
    document: MediaLimit::new("a document", &[], 100 * MB),
    sticker: MediaLimit::new("a sticker", &["image/"], MB),
};

impl MediaLimits {
    /// The limits of files of that kind.
    ///
    /// # Errors
    /// When messages of that kind have no file.
    pub(super) fn of(&self, kind: MessageKind) -> Result<MediaLimit, SendError> {
        match kind {
            MessageKind::Image => Ok(self.image),
            MessageKind::Video => Ok(self.video),
            MessageKind::Audio => Ok(self.audio),
            MessageKind::Document => Ok(self.document),
            MessageKind::Sticker => Ok(self.sticker),
            other => Err(unusable(&format!("kind {} has no file", other.as_str()))),
        }
    }
}

impl MediaLimit {
    pub(crate) const fn new(
        name: &'static str,
        types: &'static [&'static str],
        cap_bytes: u64,
    ) -> Self {
        Self {
            name,
            types,
            cap_bytes,
            still_cap_bytes: None,
        }
    }

    /// The limit for the file that begins with `head`.
    pub(super) fn of_file(self, head: &[u8]) -> Self {
        let still = self.still_cap_bytes.filter(|_| !webp::is_animated(head));
        Self {
            cap_bytes: still.unwrap_or(self.cap_bytes),
            ..self
        }
    }

    pub(super) fn admits_type(&self, mime_type: &str) -> bool {
        let fits = |known: &str| {
            mime_type == known || (known.ends_with('/') && mime_type.starts_with(known))
        };
        self.types.is_empty() || self.types.iter().any(|known| fits(known))
    }

    pub(super) fn admit_bytes(&self, bytes: u64) -> Result<(), SendError> {
        if bytes <= self.cap_bytes {
            return Ok(());
        }
        Err(unusable(&format!(
            "the file is {}, {} may have at most {}",
            shown(bytes),
            self.name,
            shown(self.cap_bytes)
        )))
    }
}

/// A size as people read it, rounded up, so that what is too large never looks as if it were not.
fn shown(bytes: u64) -> String {
    let (unit, name) = if bytes < MB { (KB, "KB") } else { (MB, "MB") };
    let tenths = (bytes * 10).div_ceil(unit);
    match tenths % 10 {
        0 => format!("{} {name}", tenths / 10),
        tenth => format!("{}.{tenth} {name}", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_shown_so_that_what_is_too_large_looks_so() {
        for (bytes, text) in [
            (0, "0 KB"),
            (500 * KB, "500 KB"),
            (MB - 1, "1024 KB"),
            (16 * MB, "16 MB"),
            (16 * MB + 1, "16.1 MB"),
            (120 * MB, "120 MB"),
        ] {
            assert_eq!(shown(bytes), text);
        }
    }

    #[test]
    fn types_are_admitted_by_name_or_by_beginning() {
        let some = MediaLimit::new("a sound", &["audio/ogg", "image/"], 1);
        for (mime_type, admitted) in [
            ("audio/ogg", true),
            ("audio/ogg2", false),
            ("image/png", true),
            ("image", false),
        ] {
            assert_eq!(some.admits_type(mime_type), admitted, "{mime_type}");
        }
        assert!(WHATSAPP.document.admits_type("text/x-anything"));
    }
}
