//! Z-API (`POST {base}/instances/{instance}/token/{token}/send-text`, header `Client-Token`).
//!
//! Facts are those of <https://developer.z-api.io>, April 2026, where nothing else is said. A message is accepted into a queue
//! at Z-API: the answer names it, `DeliveryCallback` tells whether WhatsApp took it.

mod address;
mod answer;
mod file;
mod lookup;
mod outgoing;
mod queue;
mod session;
mod webhook;

use std::sync::Arc;

use async_trait::async_trait;
use reqwest::{Method, RequestBuilder, Url};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::json;
use zapgres_core::error_class::SendError;
use zapgres_core::message::MessageKind;
use zapgres_core::phone::PhoneNumber;

use crate::channel::{ChannelAddress, UnusableChannel};
use crate::exchange::{Answer, SEND_ANSWER_CAP_BYTES, exchange};
use crate::health::{ConnectionState, Health, Pairing};
use crate::http::Http;
use crate::media::{MediaCheck, WHATSAPP};
use crate::provider::{Accepted, Enquiry, Lookup, OutgoingMessage, Provider, Reconciliation};
use crate::registry::{DefaultLimits, Registered};

/// A channel at Z-API: `instance` is the instance's id, the credential its token, which is a part of every URL.
pub(crate) struct Zapi {
    address: ChannelAddress,
    options: ZapiOptions,
    http: Http,
    files: MediaCheck,
}

pub(crate) const REGISTERED: Registered = Registered {
    name: Zapi::NAME,
    build: |address, http| Ok(Arc::new(Zapi::new(address, http)?)),
    secrets: Some(&[Zapi::CLIENT_TOKEN]),
    webhook: Some(&webhook::ZapiWebhook),
    base_url: Some("https://api.z-api.io"),
    limits: DefaultLimits::CAREFUL,
};

/// What Z-API waits before it sends. It does so in its own queue, after it has answered.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ZapiOptions {
    /// Before the message; without it Z-API takes one to three.
    #[serde(default)]
    delay_seconds: Option<Seconds>,
    /// For which "typing…" or "recording…" is shown.
    #[serde(default)]
    typing_seconds: Option<Seconds>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "u8")]
struct Seconds(u8);

impl TryFrom<u8> for Seconds {
    type Error = &'static str;

    fn try_from(seconds: u8) -> Result<Self, Self::Error> {
        if (1..=15).contains(&seconds) {
            Ok(Self(seconds))
        } else {
            Err("must be a number of seconds from 1 to 15")
        }
    }
}

impl Zapi {
    const NAME: &'static str = "zapi";
    /// Z-API's "account security token": once it is switched on there, every request needs it.
    const CLIENT_TOKEN: &'static str = "client_token";

    fn new(address: ChannelAddress, http: Http) -> Result<Self, UnusableChannel> {
        let options = address.options.read()?;
        Ok(Self {
            address,
            options,
            files: MediaCheck::new(http.clone(), WHATSAPP),
            http,
        })
    }

    fn url(&self, path: &[&str]) -> Result<Url, SendError> {
        let mut url = self.address.url()?;
        let token = self.address.credential.expose_secret();
        url.path_segments_mut()
            .map_err(|()| UnusableChannel::Address)?
            .pop_if_empty()
            .extend(["instances", &self.address.instance, "token", token])
            .extend(path);
        Ok(url)
    }

    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, SendError> {
        let request = self.http.request(method, self.url(path)?);
        Ok(match self.address.secrets.first(Self::CLIENT_TOKEN) {
            Some(token) => request.header("Client-Token", token.expose_secret()),
            None => request,
        })
    }

    /// The answer to a request that sends no message.
    async fn ask(&self, request: RequestBuilder) -> Result<Answer, SendError> {
        exchange(request, &self.address, SEND_ANSWER_CAP_BYTES)
            .await
            .map_err(SendError::of_question)
    }

    async fn get(&self, path: &[&str]) -> Result<Answer, SendError> {
        self.ask(self.request(Method::GET, path)?).await
    }

    async fn status(&self) -> Result<session::Status, SendError> {
        session::status(&self.get(&["status"]).await?, &self.address)
    }

    /// The connected number. Only an addition to what is known: without it, the number is not told.
    async fn number(&self) -> Option<String> {
        let answer = self.get(&["device"]).await.ok()?;
        session::number(&answer::read(&answer, &self.address).ok()?)
    }
}

#[async_trait]
impl Provider for Zapi {
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
            MessageKind::Sticker,
            MessageKind::Location,
            MessageKind::Contact,
            MessageKind::Reaction,
            MessageKind::Buttons,
            MessageKind::List,
            MessageKind::Poll,
        ]
    }

    fn can_quote(&self) -> bool {
        true
    }

    async fn prepare(&self, message: &OutgoingMessage) -> Result<(), SendError> {
        self.files.check_message(&message.body).await
    }

    async fn send(&self, message: &OutgoingMessage) -> Result<Accepted, SendError> {
        let path = outgoing::path(&message.body)?;
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let request = self
            .request(Method::POST, &path)?
            .json(&outgoing::form(message, &self.options)?);
        let answer = exchange(request, &self.address, SEND_ANSWER_CAP_BYTES).await?;
        answer::judge(&answer, &self.address)
    }

    /// Looks through the queue of what Z-API has not sent yet. It keeps nothing of what it has sent, so that a message which
    /// is not there may well have gone out.
    async fn reconcile(&self, enquiry: &Enquiry) -> Result<Reconciliation, SendError> {
        let Some(wanted) = queue::Wanted::of(enquiry) else {
            return Ok(Reconciliation::CannotTell);
        };
        let mut cursor = None;
        for _ in 0..queue::PAGES_MAX {
            let request = self
                .request(Method::POST, &["queue"])?
                .json(&queue::question(cursor.as_deref()));
            let answer = exchange(request, &self.address, queue::ANSWER_CAP_BYTES)
                .await
                .map_err(SendError::of_question)?;
            let Some(page) = queue::page(&answer, &self.address)? else {
                break;
            };
            if let Some(accepted) = wanted.among(&page) {
                return Ok(Reconciliation::Found(accepted));
            }
            cursor = page.next();
            if cursor.is_none() {
                break;
            }
        }
        Ok(Reconciliation::CannotTell)
    }

    fn can_look_up(&self) -> bool {
        true
    }

    fn looks_up_many(&self) -> bool {
        true
    }

    async fn look_up(&self, numbers: &[PhoneNumber]) -> Result<Vec<Lookup>, SendError> {
        let mut found = Vec::with_capacity(numbers.len());
        for some in numbers.chunks(lookup::NUMBERS_PER_QUESTION) {
            let digits: Vec<&str> = some.iter().map(PhoneNumber::digits).collect();
            let request = self
                .request(Method::POST, &["phone-exists-batch"])?
                .json(&json!({ "phones": digits }));
            let answer = self.ask(request).await?;
            found.extend(lookup::judge(&answer, some, &self.address)?);
        }
        Ok(found)
    }

    async fn health(&self) -> Result<Health, SendError> {
        let mut health = self.status().await?.health();
        if health.state == ConnectionState::Connected {
            health.number = self.number().await;
        }
        Ok(health)
    }

    /// Restores the session where Z-API says that this is what it needs, and restarts the instance otherwise. Neither needs a
    /// new QR code.
    async fn recover(&self) -> Result<(), SendError> {
        let operation = if self.status().await?.needs_restoring() {
            "restore-session"
        } else {
            "restart"
        };
        session::done(&self.get(&[operation]).await?, &self.address)
    }

    /// A code as text can be shown anywhere; the picture is for servers that give none.
    async fn pair(&self, phone: Option<&PhoneNumber>) -> Result<Pairing, SendError> {
        if let Some(phone) = phone {
            let answer = self.get(&["phone-code", phone.digits()]).await?;
            return session::code(&answer, &self.address);
        }
        if let Ok(pairing) = session::qr(&self.get(&["qr-code"]).await?, &self.address) {
            return Ok(pairing);
        }
        session::qr(&self.get(&["qr-code", "image"]).await?, &self.address)
    }

    /// Sets all webhooks to one address, which has to be `https://`, and has messages told that are written on the phone.
    async fn set_webhook(&self, url: &str) -> Result<(), SendError> {
        let request = self
            .request(Method::PUT, &["update-every-webhooks"])?
            .json(&json!({"value": url, "notifySentByMe": true}));
        session::done(&self.ask(request).await?, &self.address)
    }
}
