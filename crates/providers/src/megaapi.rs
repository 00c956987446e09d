//! MegaAPI (`POST {base}/rest/sendMessage/{instance}/text`, header `Authorization: Bearer`).
//!
//! Its own documentation (of 2024) lists its operations and says nothing of their answers. Those are read
//! as its public clients read them, and leniently: where the id of a message is, `GET /rest/instance/{instance}` and the
//! texts of errors are not confirmed. What it delivers unasked is not described at all, so that it has no webhook here.

mod answer;
mod session;

use std::sync::Arc;

use async_trait::async_trait;
use reqwest::{Method, RequestBuilder, Url};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::{Media, MediaSource, MessageBody, MessageKind, Text};
use zapgres_core::phone::PhoneNumber;
use zapgres_core::recipient::Recipient;

use crate::channel::{ChannelAddress, UnusableChannel};
use crate::exchange::{Answer, SEND_ANSWER_CAP_BYTES, exchange};
use crate::health::{Health, Pairing};
use crate::http::Http;
use crate::media::{MediaCheck, WHATSAPP};
use crate::provider::{Accepted, OutgoingMessage, Provider};
use crate::registry::{DefaultLimits, Registered};

/// A channel at a MegaAPI server: `instance` is the instance's key, the credential its token.
pub(crate) struct Megaapi {
    address: ChannelAddress,
    http: Http,
    files: MediaCheck,
}

pub(crate) const REGISTERED: Registered = Registered {
    name: Megaapi::NAME,
    build: |address, http| Ok(Arc::new(Megaapi::new(address, http)?)),
    secrets: Some(&[]),
    webhook: None,
    // Each customer has a server of their own.
    base_url: None,
    limits: DefaultLimits::CAREFUL,
};

/// It takes none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoOptions {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Form<'a> {
    message_data: MessageData<'a>,
}

#[derive(Serialize)]
struct MessageData<'a> {
    to: String,
    #[serde(flatten)]
    content: Content<'a>,
}

#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
enum Content<'a> {
    Text {
        text: &'a str,
        link_preview: bool,
    },
    File {
        url: &'a str,
        #[serde(rename = "type")]
        kind: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        file_name: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        caption: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        mime_type: Option<&'a str>,
    },
}

impl Megaapi {
    const NAME: &'static str = "megaapi";

    fn new(address: ChannelAddress, http: Http) -> Result<Self, UnusableChannel> {
        let _: NoOptions = address.options.read()?;
        Ok(Self {
            address,
            files: MediaCheck::new(http.clone(), WHATSAPP),
            http,
        })
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, SendError> {
        let mut url: Url = self.address.url()?;
        url.path_segments_mut()
            .map_err(|()| UnusableChannel::Address)?
            .pop_if_empty()
            .push("rest")
            .extend(path);
        let token = self.address.credential.expose_secret();
        Ok(self.http.request(method, url).bearer_auth(token))
    }

    /// The answer to a request that sends no message.
    async fn ask(&self, method: Method, path: &[&str]) -> Result<Answer, SendError> {
        exchange(
            self.request(method, path)?,
            &self.address,
            SEND_ANSWER_CAP_BYTES,
        )
        .await
        .map_err(SendError::of_question)
    }
}

#[async_trait]
impl Provider for Megaapi {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn kinds(&self) -> &'static [MessageKind] {
        &[
            MessageKind::Text,
            MessageKind::Image,
            MessageKind::Document,
            MessageKind::Audio,
            MessageKind::Video,
        ]
    }

    async fn prepare(&self, message: &OutgoingMessage) -> Result<(), SendError> {
        self.files.check_message(&message.body).await
    }

    async fn send(&self, message: &OutgoingMessage) -> Result<Accepted, SendError> {
        let content = content(&message.body)?;
        let operation = match content {
            Content::Text { .. } => "text",
            Content::File { .. } => "mediaUrl",
        };
        let to = address(message)?;
        let form = Form {
            message_data: MessageData { to, content },
        };
        let path = ["sendMessage", &self.address.instance, operation];
        let request = self.request(Method::POST, &path)?.json(&form);
        let answer = exchange(request, &self.address, SEND_ANSWER_CAP_BYTES).await?;
        answer::judge(&answer, &self.address)
    }

    async fn health(&self) -> Result<Health, SendError> {
        let path = ["instance", &self.address.instance];
        session::health(&self.ask(Method::GET, &path).await?, &self.address)
    }

    async fn recover(&self) -> Result<(), SendError> {
        let path = ["instance", &self.address.instance, "restart"];
        let answer = self.ask(Method::DELETE, &path).await?;
        answer::read(&answer, &self.address)
            .map_err(SendError::of_question)
            .map(drop)
    }

    async fn pair(&self, phone: Option<&PhoneNumber>) -> Result<Pairing, SendError> {
        if phone.is_some() {
            return Err(refused(
                "megaapi has a QR code only: pair without giving a phone",
            ));
        }
        let path = ["instance", "qrcode_base64", &self.address.instance];
        session::qr(&self.ask(Method::GET, &path).await?, &self.address)
    }
}

/// The address to send to.
fn address(message: &OutgoingMessage) -> Result<String, SendError> {
    if let Some(address) = &message.confirmed_address {
        return Ok(address.clone());
    }
    match &message.recipient {
        Recipient::Phone(number) => Ok(format!("{}@s.whatsapp.net", number.digits())),
        Recipient::Group(id) => Ok(format!("{id}@g.us")),
        Recipient::Lid(_) | Recipient::Bsuid(_) => Err(refused(
            "megaapi can send to numbers and groups only, not to a lid or bsuid",
        )),
    }
}

fn content(body: &MessageBody) -> Result<Content<'_>, SendError> {
    match body {
        MessageBody::Text(Text { text, preview }) => Ok(Content::Text {
            text,
            link_preview: *preview,
        }),
        MessageBody::Image(media) => file(media, "image"),
        MessageBody::Video(media) => file(media, "video"),
        MessageBody::Document(media) => file(media, "document"),
        MessageBody::Audio(media) if media.voice => file(media, "ptt"),
        MessageBody::Audio(media) => file(media, "audio"),
        other => Err(refused(&format!(
            "megaapi has no messages of kind {}",
            other.kind().as_str()
        ))),
    }
}

fn file<'a>(media: &'a Media, kind: &'static str) -> Result<Content<'a>, SendError> {
    let MediaSource::Url(url) = &media.source else {
        return Err(refused(
            "megaapi fetches files itself: give a url instead of base64",
        ));
    };
    Ok(Content::File {
        url,
        kind,
        file_name: media.file_name.as_deref(),
        caption: media.caption.as_deref(),
        mime_type: media.mime_type.as_deref(),
    })
}

fn refused(what: &str) -> SendError {
    SendError::before_sending(ErrorClass::Rejected, what.to_owned())
}
