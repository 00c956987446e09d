//! WAHA (`POST {base}/api/sendText` and its like, header `X-Api-Key`), whatever engine it runs. The channel's instance is
//! the name of its session.

mod address;
mod answer;
mod contact;
mod history;
mod inbound;
mod request;
mod session;
mod webhook;

use std::sync::Arc;

use async_trait::async_trait;
use reqwest::header::ACCEPT;
use reqwest::{Method, RequestBuilder, Url};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::json;
use zapgres_core::error_class::SendError;
use zapgres_core::message::MessageKind;
use zapgres_core::phone::PhoneNumber;

use crate::channel::{ChannelAddress, UnusableChannel};
use crate::exchange::{Answer, SEND_ANSWER_CAP_BYTES, exchange};
use crate::health::{Health, Pairing};
use crate::http::Http;
use crate::media::{MediaCheck, WHATSAPP};
use crate::provider::{Accepted, Enquiry, Lookup, OutgoingMessage, Provider, Reconciliation};
use crate::registry::{DefaultLimits, Registered};
use session::Session;

/// A session at a WAHA server.
pub(crate) struct Waha {
    address: ChannelAddress,
    http: Http,
    files: MediaCheck,
}

pub(crate) const REGISTERED: Registered = Registered {
    name: Waha::NAME,
    build: |address, http| Ok(Arc::new(Waha::new(address, http)?)),
    secrets: Some(&["hmac_key"]),
    webhook: Some(&webhook::WahaWebhook),
    base_url: None,
    limits: DefaultLimits::CAREFUL,
};

/// It takes none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoOptions {}

impl Waha {
    const NAME: &'static str = "waha";

    fn new(address: ChannelAddress, http: Http) -> Result<Self, UnusableChannel> {
        let _: NoOptions = address.options.read()?;
        Ok(Self {
            address,
            files: MediaCheck::new(http.clone(), WHATSAPP),
            http,
        })
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
        let request = self.http.request(method, url).header("X-Api-Key", key);
        // Without it, a QR code comes as a picture.
        request.header(ACCEPT, "application/json")
    }

    /// The answer to a request that sends no message.
    async fn ask(&self, request: RequestBuilder) -> Result<Answer, SendError> {
        exchange(request, &self.address, SEND_ANSWER_CAP_BYTES)
            .await
            .map_err(SendError::of_question)
    }

    async fn session(&self) -> Result<Session, SendError> {
        let path = ["sessions", &self.address.instance];
        let answer = self
            .ask(self.request(Method::GET, self.url(&path)?))
            .await?;
        Session::read(&answer, &self.address)
    }

    /// Starts or restarts the session where that may help.
    async fn revive(&self, session: &Session) -> Result<(), SendError> {
        let Some(operation) = session.remedy() else {
            return Ok(());
        };
        let path = ["sessions", &self.address.instance, operation];
        let answer = self
            .ask(self.request(Method::POST, self.url(&path)?))
            .await?;
        answer::of_question(&answer, &self.address)
    }
}

#[async_trait]
impl Provider for Waha {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn kinds(&self) -> &'static [MessageKind] {
        request::KINDS
    }

    fn can_quote(&self) -> bool {
        true
    }

    async fn prepare(&self, message: &OutgoingMessage) -> Result<(), SendError> {
        self.files.check_message(&message.body).await
    }

    async fn send(&self, message: &OutgoingMessage) -> Result<Accepted, SendError> {
        let chat = address::chat_of(message)?;
        let (method, operation, body) = request::of(message, &self.address.instance, &chat)?;
        let request = self.request(method, self.url(&[operation])?).json(&body);
        let answer = exchange(request, &self.address, SEND_ANSWER_CAP_BYTES).await?;
        answer::judge(&answer, message, &self.address)
    }

    async fn reconcile(&self, enquiry: &Enquiry) -> Result<Reconciliation, SendError> {
        let Some(text) = history::text_of(enquiry) else {
            return Ok(Reconciliation::CannotTell);
        };
        for chat in address::spellings(&enquiry.message)? {
            let mut url = self.url(&[&self.address.instance, "chats", &chat, "messages"])?;
            url.query_pairs_mut()
                .extend_pairs(history::question(enquiry));
            let request = self.request(Method::GET, url);
            let answer = exchange(request, &self.address, history::ANSWER_CAP_BYTES)
                .await
                .map_err(SendError::of_question)?;
            let found = history::judge(&answer, enquiry, text, &self.address)?;
            if found != Reconciliation::NotFound {
                return Ok(found);
            }
        }
        Ok(Reconciliation::NotFound)
    }

    fn can_look_up(&self) -> bool {
        true
    }

    async fn look_up(&self, numbers: &[PhoneNumber]) -> Result<Vec<Lookup>, SendError> {
        let mut lookups = Vec::with_capacity(numbers.len());
        for number in numbers {
            let mut url = self.url(&["contacts", "check-exists"])?;
            url.query_pairs_mut()
                .append_pair("phone", number.digits())
                .append_pair("session", &self.address.instance);
            let answer = self.ask(self.request(Method::GET, url)).await?;
            lookups.push(answer::lookup(&answer, &self.address)?);
        }
        Ok(lookups)
    }

    async fn health(&self) -> Result<Health, SendError> {
        self.session().await.map(Session::health)
    }

    async fn recover(&self) -> Result<(), SendError> {
        self.revive(&self.session().await?).await
    }

    async fn pair(&self, phone: Option<&PhoneNumber>) -> Result<Pairing, SendError> {
        let session = self.session().await?;
        if session.is_connected() {
            return Ok(Pairing::Connected);
        }
        self.revive(&session).await?;
        let instance = self.address.instance.as_str();
        let request = match phone {
            Some(phone) => self
                .request(Method::POST, self.url(&[instance, "auth", "request-code"])?)
                .json(&json!({"phoneNumber": phone.digits()})),
            None => {
                let mut url = self.url(&[instance, "auth", "qr"])?;
                url.set_query(Some("format=raw"));
                self.request(Method::GET, url)
            }
        };
        session::pairing(&self.ask(request).await?, &self.address)
    }

    /// WAHA restarts the session for that.
    async fn set_webhook(&self, url: &str) -> Result<(), SendError> {
        let key = self.address.secrets.first(webhook::HMAC_KEY);
        let key = key.map(|key| key.expose_secret());
        let config = self.session().await?.config_with_webhook(url, key);
        let instance = self.address.instance.as_str();
        let request = self
            .request(Method::PUT, self.url(&["sessions", instance])?)
            .json(&json!({"name": instance, "config": config}));
        answer::of_question(&self.ask(request).await?, &self.address)
    }
}
