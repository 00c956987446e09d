//! What tells a file at an address from others.

use std::time::Duration;

use zapgres_core::message::{Media, MediaSource, MessageKind};

/// A file at an address may be replaced by another one. For so long it counts as the same: longer than it may take to
/// prepare a message, so that what comes after finds it.
pub(super) const ADDRESS_KEPT: Duration = Duration::from_secs(10 * 60);

/// An address, and what a message says of the file there: it decides what the file is sent as.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct FileAddress {
    url: String,
    kind: MessageKind,
    mime_type: Option<String>,
}

impl FileAddress {
    /// None: the message has the file itself.
    pub(crate) fn of(kind: MessageKind, media: &Media) -> Option<Self> {
        let MediaSource::Url(url) = &media.source else {
            return None;
        };
        Some(Self {
            url: url.clone(),
            kind,
            mime_type: media.mime_type.clone(),
        })
    }
}
