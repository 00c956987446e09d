//! WhatsApp Business Platform, Cloud API of Meta (`POST {base}/{version}/{phone number id}/messages`, a bearer token).

mod answer;
mod errors;
mod files;
mod limits;
mod options;
mod request;
mod webhook;

use std::sync::Arc;

use async_trait::async_trait;
use reqwest::{Method, RequestBuilder, Url};
use secrecy::ExposeSecret;
use serde_json::json;
use tokio::time::Instant;
use zapgres_core::error_class::SendError;
use zapgres_core::message::MessageKind;

use crate::channel::{ChannelAddress, UnusableChannel};
use crate::exchange::{SEND_ANSWER_CAP_BYTES, exchange};
use crate::health::Health;
use crate::http::Http;
use crate::media::{self, MediaCache, MediaCheck};
use crate::provider::{Accepted, OutgoingMessage, Provider};
use crate::registry::{DefaultLimits, Registered};
use options::MetaOptions;

pub(crate) const REGISTERED: Registered = Registered {
    name: Meta::NAME,
    build: |address, http| Ok(Arc::new(Meta::new(address, http)?)),
    secrets: Some(&["app_secret", "verify_token"]),
    webhook: Some(&webhook::MetaWebhook),
    base_url: Some("https://graph.facebook.com"),
    limits: DefaultLimits::META,
};

/// A number of the Cloud API.
pub(crate) struct Meta {
    address: ChannelAddress,
    options: MetaOptions,
    http: Http,
    /// Files that Meta has.
    uploaded: MediaCache,
    /// Files that Meta fetches itself.
    links: MediaCheck,
}

impl Meta {
    const NAME: &'static str = "meta";

    fn new(address: ChannelAddress, http: Http) -> Result<Self, UnusableChannel> {
        let options = address.options.read()?;
        Ok(Self {
            address,
            options,
            links: MediaCheck::new(http.clone(), files::LIMITS),
            http,
            uploaded: MediaCache::new(files::FILES_KEPT),
        })
    }

    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let token = self.address.credential.expose_secret();
        self.http.request(method, url).bearer_auth(token)
    }

    /// The URL of one of Meta's objects, such as the number or the business account, or of a list of it.
    fn url(&self, path: &[&str]) -> Result<Url, UnusableChannel> {
        let mut url = self.address.url()?;
        url.path_segments_mut()
            .map_err(|()| UnusableChannel::Address)?
            .pop_if_empty()
            .push(self.options.api_version.as_str())
            .extend(path);
        Ok(url)
    }
}

#[async_trait]
impl Provider for Meta {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn kinds(&self) -> &'static [MessageKind] {
        &[
            MessageKind::Text,
            MessageKind::Template,
            MessageKind::Image,
            MessageKind::Document,
            MessageKind::Audio,
            MessageKind::Video,
            MessageKind::Sticker,
            MessageKind::Location,
            MessageKind::Contact,
            MessageKind::Reaction,
            MessageKind::Buttons,
            MessageKind::List,
        ]
    }

    fn has_window(&self) -> bool {
        true
    }

    fn can_quote(&self) -> bool {
        true
    }

    /// Uploads the message's file, which may take five minutes.
    async fn prepare(&self, message: &OutgoingMessage) -> Result<(), SendError> {
        limits::check(message)?;
        let ready = self.ready(&message.body, media::PREPARATION_TIME);
        ready.await.map(drop)
    }

    async fn send(&self, message: &OutgoingMessage) -> Result<Accepted, SendError> {
        limits::check(message)?;
        let time = media::time_within_sending(&self.http);
        let file = self.ready(&message.body, time).await?;
        let body = request::of(message, file.as_ref())?;
        let request = self
            .request(
                Method::POST,
                self.url(&[&self.address.instance, "messages"])?,
            )
            .json(&body);
        let answer = exchange(request, &self.address, SEND_ANSWER_CAP_BYTES).await?;
        answer::judge(&answer, &self.address)
            .map_err(|error| self.give_again(file.as_ref(), error, Instant::now()))
    }

    async fn health(&self) -> Result<Health, SendError> {
        let mut url = self.url(&[&self.address.instance])?;
        url.query_pairs_mut().append_pair(
            "fields",
            "display_phone_number,verified_name,quality_rating,status",
        );
        let request = self.request(Method::GET, url);
        let answer = exchange(request, &self.address, SEND_ANSWER_CAP_BYTES)
            .await
            .map_err(SendError::of_question)?;
        answer::health(&answer, &self.address)
    }

    /// Subscribes the app to what happens to the business account, and has that delivered to `url` instead of the address
    /// on the app's page. It holds for all numbers of the account.
    async fn set_webhook(&self, url: &str) -> Result<(), SendError> {
        let refused = |text: &str| Err(request::rejected(text.to_owned()));
        let Some(account) = &self.options.business_account_id else {
            return refused(
                "give the option business_account_id, or enter the address on the app's page at Meta",
            );
        };
        let Some(token) = self.address.secrets.first("verify_token") else {
            return refused(
                "give the secret verify_token: with it Meta proves the address before it uses it",
            );
        };
        let body = json!({"override_callback_uri": url, "verify_token": token.expose_secret()});
        let request = self
            .request(Method::POST, self.url(&[account, "subscribed_apps"])?)
            .json(&body);
        let answer = exchange(request, &self.address, SEND_ANSWER_CAP_BYTES)
            .await
            .map_err(SendError::of_question)?;
        answer::done(&answer, &self.address)
    }
}
