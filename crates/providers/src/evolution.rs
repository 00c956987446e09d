//! Evolution API v2 (`POST {base}/message/sendText/{instance}`, header `apikey`), and its history of messages
//! (`POST {base}/chat/findMessages/{instance}`).

mod answer;
mod history;
mod jid;
mod webhook;

use std::sync::Arc;

use async_trait::async_trait;
use reqwest::{Method, RequestBuilder, Url};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::{MessageBody, MessageKind, Text};

use crate::channel::{ChannelAddress, UnusableChannel};
use crate::exchange::{SEND_ANSWER_CAP_BYTES, exchange};
use crate::health::Health;
use crate::http::Http;
use crate::provider::{Accepted, Enquiry, OutgoingMessage, Provider, Reconciliation};
use crate::registry::{DefaultLimits, Registered};

/// A channel at an Evolution API server.
pub(crate) struct Evolution {
    address: ChannelAddress,
    http: Http,
}

pub(crate) const REGISTERED: Registered = Registered {
    name: Evolution::NAME,
    build: |address, http| Ok(Arc::new(Evolution::new(address, http)?)),
    webhook: Some(&webhook::EvolutionWebhook),
    base_url: None,
    limits: DefaultLimits::CAREFUL,
};

/// It takes none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoOptions {}

#[derive(Serialize)]
struct SendText<'a> {
    number: &'a str,
    text: &'a str,
}

impl Evolution {
    const NAME: &'static str = "evolution";

    fn new(address: ChannelAddress, http: Http) -> Result<Self, UnusableChannel> {
        let _: NoOptions = address.options.read()?;
        Ok(Self { address, http })
    }

    /// The URL of an operation of a group, the instance's name encoded.
    fn url(&self, group: &str, operation: &str) -> Result<Url, SendError> {
        let mut url = self.address.url()?;
        url.path_segments_mut()
            .map_err(|()| UnusableChannel::Address)?
            .pop_if_empty()
            .extend([group, operation, &self.address.instance]);
        Ok(url)
    }

    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let key = self.address.credential.expose_secret();
        self.http.request(method, url).header("apikey", key)
    }
}

#[async_trait]
impl Provider for Evolution {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn kinds(&self) -> &'static [MessageKind] {
        &[MessageKind::Text]
    }

    async fn send(&self, message: &OutgoingMessage) -> Result<Accepted, SendError> {
        let MessageBody::Text(Text { text, .. }) = &message.body else {
            return Err(SendError::before_sending(
                ErrorClass::Rejected,
                format!("no request for kind {}", message.body.kind().as_str()),
            ));
        };
        let number = message.recipient.address().trim_start_matches('+');
        let request = self
            .request(Method::POST, self.url("message", "sendText")?)
            .json(&SendText { number, text });
        let answer = exchange(request, &self.address, SEND_ANSWER_CAP_BYTES).await?;
        answer::judge(&answer, &self.address)
    }

    async fn reconcile(&self, enquiry: &Enquiry) -> Result<Reconciliation, SendError> {
        let Some(phone) = enquiry.message.recipient.phone() else {
            return Ok(Reconciliation::CannotTell);
        };
        for address in history::addresses(phone.digits()) {
            let request = self
                .request(Method::POST, self.url("chat", "findMessages")?)
                .json(&history::question(enquiry, &address));
            let answer = exchange(request, &self.address, history::ANSWER_CAP_BYTES)
                .await
                .map_err(SendError::of_question)?;
            let found = history::judge(&answer, enquiry, &address, &self.address)?;
            if found != Reconciliation::NotFound {
                return Ok(found);
            }
        }
        Ok(Reconciliation::NotFound)
    }

    async fn health(&self) -> Result<Health, SendError> {
        let request = self.request(Method::GET, self.url("instance", "connectionState")?);
        let answer = exchange(request, &self.address, SEND_ANSWER_CAP_BYTES)
            .await
            .map_err(SendError::of_question)?;
        answer::health(&answer, &self.address)
    }
}
