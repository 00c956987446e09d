//! Files of messages, at an address or as base64: looked at before a provider is asked to send them, and fetched where they
//! have to be uploaded. Nothing is kept in memory whole.

mod address;
mod base64_chunks;
mod cache;
mod checked;
mod file;
mod limits;
mod mime_type;
mod slots;
mod source;
mod webp;

use std::time::Duration;

use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::error_text;
use zapgres_core::message::{Media, MediaSource, MessageKind};

use crate::http::Http;
pub(crate) use address::FileAddress;
pub(crate) use cache::MediaCache;
pub(crate) use checked::MediaCheck;
pub(crate) use file::FetchedFile;
pub(crate) use limits::{MediaLimit, MediaLimits, WHATSAPP};
use source::Source;

/// Types are told by the first bytes. What looks for them needs no more than this.
const HEAD_BYTES: usize = 512;

/// How long a file may take to be fetched and uploaded, in all, before its message is sent: a document of 100 MB from a
/// slow server.
pub(crate) const PREPARATION_TIME: Duration = Duration::from_secs(5 * 60);

/// The same for a file that was not made ready beforehand: half of the time that sending may take, so that the other half
/// is left for the message, and it stays certain that it was not sent.
pub(crate) fn time_within_sending(http: &Http) -> Duration {
    http.send_timeout() / 2
}

/// Looks whether `media` is there and within the limits, without fetching what is at an address. Takes no longer than
/// sending may.
///
/// # Errors
/// [`ErrorClass::Rejected`] for what cannot be sent, [`ErrorClass::SourceError`] for what cannot be had now. In both cases
/// nothing was sent.
pub(crate) async fn check(
    http: &Http,
    media: &Media,
    kind: MessageKind,
    limits: &MediaLimits,
) -> Result<(), SendError> {
    let limit = limits.of(kind)?;
    let mut opened = Opened::open(http, media, limit, http.send_timeout()).await?;
    if matches!(media.source, MediaSource::Base64(_)) {
        while opened.next().await?.is_some() {}
    }
    Ok(())
}

/// Fetches `media` within `time` into a file that is gone when it is dropped.
///
/// # Errors
/// As for [`check`].
pub(crate) async fn fetch(
    http: &Http,
    media: &Media,
    kind: MessageKind,
    limits: &MediaLimits,
    time: Duration,
) -> Result<FetchedFile, SendError> {
    let limit = limits.of(kind)?;
    let mut opened = Opened::open(http, media, limit, time).await?;
    let mut writing = file::Writing::begin()?;
    while let Some(bytes) = opened.next().await? {
        writing.write(&bytes).await?;
    }
    writing.end(opened.mime_type).await
}

/// A file whose beginning has been looked at.
struct Opened<'a> {
    source: Source<'a>,
    /// The beginning, until it is asked for.
    head: Option<Vec<u8>>,
    bytes: u64,
    mime_type: String,
    limit: MediaLimit,
}

impl<'a> Opened<'a> {
    async fn open(
        http: &Http,
        media: &'a Media,
        limit: MediaLimit,
        time: Duration,
    ) -> Result<Self, SendError> {
        let mut source = Source::open(http, media, time).await?;
        let announced_bytes = source.announced_bytes.unwrap_or_default();
        limit.admit_bytes(announced_bytes)?;
        let mut head = Vec::new();
        while head.len() < HEAD_BYTES {
            match source.next().await? {
                Some(bytes) => head.extend_from_slice(&bytes),
                None => break,
            }
        }
        if head.is_empty() {
            return Err(unusable("the file is empty"));
        }
        let limit = limit.of_file(&head);
        limit.admit_bytes(announced_bytes)?;
        let given = media.mime_type.as_deref();
        let mime_type = mime_type::of(given, source.announced_type.as_deref(), &head, &limit)?;
        Ok(Self {
            source,
            head: Some(head),
            bytes: 0,
            mime_type,
            limit,
        })
    }

    /// The next bytes.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, SendError> {
        let bytes = match self.head.take() {
            Some(head) => Some(head),
            None => self.source.next().await?,
        };
        self.bytes += bytes.as_ref().map_or(0, |bytes| bytes.len() as u64);
        self.limit.admit_bytes(self.bytes)?;
        Ok(bytes)
    }
}

/// The file is none that can be sent.
fn unusable(text: &str) -> SendError {
    SendError::before_sending(ErrorClass::Rejected, error_text::presentable(text))
}

/// The file cannot be had now. This counts as an attempt, or a file that never comes would be asked for for ever.
pub(crate) fn unavailable(text: &str) -> SendError {
    SendError {
        reached_provider: true,
        ..SendError::before_sending(ErrorClass::SourceError, error_text::presentable(text))
    }
}
