//! Files of messages: given to Meta beforehand, each once, or named by their address.

use std::time::Duration;

use reqwest::Method;
use reqwest::multipart::Form;
use tokio::time::{Instant, timeout};
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::{Media, MediaSource, MessageBody, MessageKind, TemplateHeader};

use super::{Meta, answer};
use crate::exchange::{SEND_ANSWER_CAP_BYTES, exchange};
use crate::media::{self, FetchedFile, FileAddress, MediaLimit, MediaLimits, WHATSAPP};

const KB: u64 = 1024;
const MB: u64 = 1024 * KB;

/// Meta keeps an uploaded file for 30 days. The last one is left to messages that wait.
pub(super) const FILES_KEPT: Duration = Duration::from_secs(29 * 24 * 60 * 60);

/// Of numbers without storage ("No Storage") it keeps files for an hour only, and does not tell which numbers these are.
const KEPT_FOR_CERTAIN: Duration = Duration::from_secs(60 * 60);

/// Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media#supported-media-types>. Of documents
/// Meta itself says which types it takes.
pub(super) const LIMITS: MediaLimits = MediaLimits {
    image: MediaLimit::new("an image", &["image/jpeg", "image/png"], 5 * MB),
    video: MediaLimit::new("a video", &["video/mp4", "video/3gpp"], 16 * MB),
    audio: MediaLimit::new(
        "a sound",
        &[
            "audio/aac",
            "audio/amr",
            "audio/mpeg",
            "audio/mp4",
            "audio/ogg",
        ],
        16 * MB,
    ),
    sticker: MediaLimit {
        still_cap_bytes: Some(100 * KB),
        ..MediaLimit::new("a sticker", &["image/webp"], 500 * KB)
    },
    ..WHATSAPP
};

/// How a message names its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FileName {
    /// Meta's id of it.
    Id(String),
    /// Its address.
    Link(String),
}

/// The file of a message, and what it is sent as.
pub(super) fn file_of(body: &MessageBody) -> Option<(MessageKind, &Media)> {
    let MessageBody::Template(template) = body else {
        return body.media().map(|media| (body.kind(), media));
    };
    match template.header.as_ref()? {
        TemplateHeader::Text(_) => None,
        TemplateHeader::Image(media) => Some((MessageKind::Image, media)),
        TemplateHeader::Video(media) => Some((MessageKind::Video, media)),
        TemplateHeader::Document(media) => Some((MessageKind::Document, media)),
    }
}

impl Meta {
    /// Makes the file of a message ready within `time` to be named in its request.
    ///
    /// # Errors
    /// Never [`ErrorClass::Uncertain`]: no message was sent.
    pub(super) async fn ready(
        &self,
        body: &MessageBody,
        time: Duration,
    ) -> Result<Option<FileName>, SendError> {
        let Some((kind, media)) = file_of(body) else {
            return Ok(None);
        };
        timeout(time, self.ready_file(kind, media, time))
            .await
            .unwrap_or_else(|_| {
                let text = format!("the file could not be fetched and uploaded within {time:?}");
                Err(media::unavailable(&text))
            })
            .map(Some)
    }

    /// Forgets the file of a message that was refused: perhaps Meta no longer has it. Whoever sends the message again
    /// uploads it again; with an old file that is worth an attempt even where Meta calls the refusal final.
    pub(super) fn give_again(
        &self,
        file: Option<&FileName>,
        error: SendError,
        now: Instant,
    ) -> SendError {
        let (Some(FileName::Id(id)), ErrorClass::Rejected | ErrorClass::Transient) =
            (file, error.class)
        else {
            return error;
        };
        match self.uploaded.forget(id, now) {
            age if age < KEPT_FOR_CERTAIN => error,
            _ => SendError {
                class: ErrorClass::Transient,
                ..error
            },
        }
    }

    async fn ready_file(
        &self,
        kind: MessageKind,
        media: &Media,
        time: Duration,
    ) -> Result<FileName, SendError> {
        if let MediaSource::Url(url) = &media.source
            && self.options.link_media
        {
            self.links.check(kind, media).await?;
            return Ok(FileName::Link(url.clone()));
        }
        let id = match FileAddress::of(kind, media) {
            Some(address) => {
                let slot = self.uploaded.slot_at(address, Instant::now());
                let given = slot.get_or_try_init(|| self.give(kind, media, time));
                given.await.cloned()?
            }
            None => self.give(kind, media, time).await?,
        };
        Ok(FileName::Id(id))
    }

    /// Meta's id of a file, which it is given unless it has it.
    async fn give(
        &self,
        kind: MessageKind,
        media: &Media,
        time: Duration,
    ) -> Result<String, SendError> {
        let file = media::fetch(&self.http, media, kind, &LIMITS, time).await?;
        let slot = self.uploaded.slot(&file, Instant::now());
        let uploaded = slot.get_or_try_init(|| self.upload(&file, time));
        uploaded.await.cloned()
    }

    async fn upload(&self, file: &FetchedFile, time: Duration) -> Result<String, SendError> {
        let form = Form::new()
            .text("messaging_product", "whatsapp")
            .text("type", file.mime_type.clone())
            .part("file", file.part("file").await?);
        let url = self.url(&[&self.address.instance, "media"])?;
        let request = self
            .request(Method::POST, url)
            .multipart(form)
            // Only so that the client does not end it earlier: what ends all in time says that it was the file.
            .timeout(2 * time);
        let answer = exchange(request, &self.address, SEND_ANSWER_CAP_BYTES)
            .await
            .map_err(SendError::of_question)?;
        answer::uploaded(&answer, &self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::ChannelAddress;
    use crate::http::Http;

    fn meta() -> Meta {
        let address = ChannelAddress {
            base_url: "https://graph.facebook.com".to_owned(),
            instance: "106540352242922".to_owned(),
            credential: "token".into(),
            secrets: Default::default(),
            options: Default::default(),
        };
        let http = Http::new(Duration::from_secs(1), Default::default());
        Meta::new(address, http).expect("a usable channel")
    }

    /// Q5: a message is not lost because Meta no longer had its file. Refused with a new one, it is the message.
    #[test]
    fn a_message_with_an_old_file_is_tried_again() {
        use ErrorClass::{RecipientInvalid, Rejected, Transient, Uncertain};
        let meta = meta();
        let begin = Instant::now();
        let file = FileName::Id("1".to_owned());
        for (class, minutes, expected) in [
            (Rejected, 59, Rejected),
            (Rejected, 60, Transient),
            (Transient, 60, Transient),
            (RecipientInvalid, 60, RecipientInvalid),
            (Uncertain, 60, Uncertain),
        ] {
            let picture = Media {
                source: MediaSource::Url("https://example.com/a.png".to_owned()),
                mime_type: None,
                caption: None,
                file_name: None,
                voice: false,
            };
            let address = FileAddress::of(MessageKind::Image, &picture).expect("an address");
            let slot = meta.uploaded.slot_at(address, begin);
            slot.set("1".to_owned()).ok();
            let error = SendError::before_sending(class, String::new());
            let now = begin + Duration::from_secs(60 * minutes);
            let judged = meta.give_again(Some(&file), error, now);
            assert_eq!(judged.class, expected, "{class} {minutes}");
        }
    }
}
