//! Evolution API v2 (`POST {base}/message/sendText/{instance}`, header `apikey`).

mod answer;

use async_trait::async_trait;
use reqwest::{Client, Url};
use secrecy::ExposeSecret;
use serde::Serialize;
use zapgres_core::error_class::{ErrorClass, SendError};

use crate::exchange::exchange;
use crate::provider::{Accepted, ChannelAddress, MessageBody, OutgoingMessage, Provider};

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

    /// The URL of an operation on messages, the instance's name encoded.
    fn message_url(&self, operation: &str) -> Result<Url, SendError> {
        let mut url = Url::parse(self.address.base_url.trim()).map_err(|_| unusable_address())?;
        url.path_segments_mut()
            .map_err(|()| unusable_address())?
            .pop_if_empty()
            .extend(["message", operation, &self.address.instance]);
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
            .post(self.message_url("sendText")?)
            .header("apikey", secret)
            .json(&SendText {
                number: message.recipient.digits(),
                text,
            });
        let answer = exchange(request, secret).await?;
        answer::judge(&answer, secret)
    }
}

fn unusable_address() -> SendError {
    SendError {
        class: ErrorClass::ChannelAuth,
        message: "the channel's address is not a URL such as https://evolution.example.com"
            .to_owned(),
        retry_after: None,
        reached_provider: false,
    }
}
