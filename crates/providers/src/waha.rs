//! WAHA (`POST {base}/api/sendText` and its like, header `X-Api-Key`), whatever engine it runs. The channel's instance is
//! the name of its session.

mod address;
mod answer;
mod inbound;
mod session;
mod webhook;

use std::sync::Arc;

use async_trait::async_trait;
use reqwest::{Method, RequestBuilder, Url};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::json;
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::{MessageBody, MessageKind, Text};

use crate::channel::{ChannelAddress, UnusableChannel};
use crate::exchange::{SEND_ANSWER_CAP_BYTES, exchange};
use crate::health::Health;
use crate::http::Http;
use crate::provider::{Accepted, OutgoingMessage, Provider};
use crate::registry::Registered;

/// A session at a WAHA server.
pub(crate) struct Waha {
    address: ChannelAddress,
    http: Http,
}

pub(crate) const REGISTERED: Registered = Registered {
    name: Waha::NAME,
    build: |address, http| Ok(Arc::new(Waha::new(address, http)?)),
    webhook: Some(&webhook::WahaWebhook),
    base_url: None,
};

/// It takes none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoOptions {}

impl Waha {
    const NAME: &'static str = "waha";

    fn new(address: ChannelAddress, http: Http) -> Result<Self, UnusableChannel> {
        let _: NoOptions = address.options.read()?;
        Ok(Self { address, http })
    }

    /// The URL of this path below `/api`, each part encoded.
    fn url(&self, path: &[&str]) -> Result<Url, SendError> {
        let mut url = self.address.url()?;
        url.path_segments_mut()
            .map_err(|()| UnusableChannel::Address)?
            .pop_if_empty()
            .push("api")
            .extend(path);
        Ok(url)
    }

    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let key = self.address.credential.expose_secret();
        self.http.request(method, url).header("X-Api-Key", key)
    }
}

#[async_trait]
impl Provider for Waha {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn kinds(&self) -> &'static [MessageKind] {
        &[MessageKind::Text]
    }

    fn can_quote(&self) -> bool {
        true
    }

    async fn send(&self, message: &OutgoingMessage) -> Result<Accepted, SendError> {
        let MessageBody::Text(Text { text, preview }) = &message.body else {
            return Err(SendError::before_sending(
                ErrorClass::Rejected,
                format!("no request for kind {}", message.body.kind().as_str()),
            ));
        };
        let chat = address::chat_of(message)?;
        let mut body = json!({
            "session": self.address.instance,
            "chatId": chat,
            "text": text,
            "linkPreview": preview,
        });
        if let Some(quoted) = &message.quotes {
            body["reply_to"] = address::whole_id(quoted, &chat, true).into();
        }
        let request = self
            .request(Method::POST, self.url(&["sendText"])?)
            .json(&body);
        let answer = exchange(request, &self.address, SEND_ANSWER_CAP_BYTES).await?;
        answer::judge(&answer, &self.address)
    }

    async fn health(&self) -> Result<Health, SendError> {
        let url = self.url(&["sessions", &self.address.instance])?;
        let answer = exchange(
            self.request(Method::GET, url),
            &self.address,
            SEND_ANSWER_CAP_BYTES,
        )
        .await
        .map_err(SendError::of_question)?;
        answer::session(&answer, &self.address).map(answer::Session::health)
    }
}
