//! Evolution API v2 (`POST {base}/message/sendText/{instance}`, header `apikey`), and its history of messages
//! (`POST {base}/chat/findMessages/{instance}`).

mod answer;
mod history;

use async_trait::async_trait;
use reqwest::{Client, Url};
use secrecy::ExposeSecret;
use serde::Serialize;
use zapgres_core::error_class::{ErrorClass, SendError, ThrottleScope};

use crate::exchange::{SEND_ANSWER_CAP_BYTES, exchange};
use crate::provider::{
    Accepted, ChannelAddress, Enquiry, MessageBody, OutgoingMessage, Provider, Reconciliation,
};

/// A channel at an Evolution API server.
pub(crate) struct Evolution {
    address: ChannelAddress,
    http: Client,
}

#[derive(Serialize)]
struct SendText<'a> {
    number: &'a str,
    text: &'a str,
}

impl Evolution {
    pub(crate) const NAME: &'static str = "evolution";

    pub(crate) fn new(address: ChannelAddress, http: Client) -> Self {
        Self { address, http }
    }

    /// The URL of an operation of a group, the instance's name encoded.
    fn url(&self, group: &str, operation: &str) -> Result<Url, SendError> {
        let mut url = Url::parse(self.address.base_url.trim()).map_err(|_| unusable_address())?;
        url.path_segments_mut()
            .map_err(|()| unusable_address())?
            .pop_if_empty()
            .extend([group, operation, &self.address.instance]);
        Ok(url)
    }
}

#[async_trait]
impl Provider for Evolution {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    async fn send(&self, message: &OutgoingMessage) -> Result<Accepted, SendError> {
        let MessageBody::Text(text) = &message.body;
        let secret = self.address.credential.expose_secret();
        let request = self
            .http
            .post(self.url("message", "sendText")?)
            .header("apikey", secret)
            .json(&SendText {
                number: message.recipient.digits(),
                text,
            });
        let answer = exchange(request, secret, SEND_ANSWER_CAP_BYTES).await?;
        answer::judge(&answer, secret)
    }

    async fn reconcile(&self, enquiry: &Enquiry) -> Result<Reconciliation, SendError> {
        let secret = self.address.credential.expose_secret();
        for address in history::addresses(enquiry.message.recipient.digits()) {
            let request = self
                .http
                .post(self.url("chat", "findMessages")?)
                .header("apikey", secret)
                .json(&history::question(enquiry, &address));
            let answer = exchange(request, secret, history::ANSWER_CAP_BYTES)
                .await
                .map_err(harmless)?;
            let found = history::judge(&answer, enquiry, &address, secret)?;
            if found != Reconciliation::NotFound {
                return Ok(found);
            }
        }
        Ok(Reconciliation::NotFound)
    }
}

/// A question may be asked again, whatever became of it.
fn harmless(error: SendError) -> SendError {
    match error.class {
        ErrorClass::Uncertain => SendError {
            class: ErrorClass::Transient,
            ..error
        },
        _ => error,
    }
}

fn unusable_address() -> SendError {
    SendError {
        class: ErrorClass::ChannelAuth,
        message: "the channel's address is not a URL such as https://evolution.example.com"
            .to_owned(),
        scope: ThrottleScope::Channel,
        retry_after: None,
        reached_provider: false,
    }
}
