//! Evolution API v2 and v1 (`POST {base}/message/{operation}/{instance}`, header `apikey`), a server of one's own that connects to
//! WhatsApp as a phone's companion does.

mod address;
mod answer;
mod body;
mod history;
mod instance;
mod numbers;
mod options;
mod schema;
mod webhook;
mod wrapping;

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use reqwest::{Method, RequestBuilder, Url};
use secrecy::ExposeSecret;
use serde_json::Value;
use zapgres_core::error_class::SendError;
use zapgres_core::message::MessageKind;
use zapgres_core::phone::PhoneNumber;

use self::options::{EvolutionOptions, ServerVersion, Version};
use crate::channel::{ChannelAddress, UnusableChannel};
use crate::exchange::{Answer, SEND_ANSWER_CAP_BYTES, exchange};
use crate::health::{ConnectionState, Health, Pairing};
use crate::http::Http;
use crate::media::{MediaCheck, WHATSAPP};
use crate::provider::{Accepted, Enquiry, Lookup, OutgoingMessage, Provider, Reconciliation};
use crate::registry::{DefaultLimits, Registered};

/// A channel at an Evolution API server.
pub(crate) struct Evolution {
    address: ChannelAddress,
    http: Http,
    files: MediaCheck,
    options: EvolutionOptions,
    version: ServerVersion,
}

pub(crate) const REGISTERED: Registered = Registered {
    name: Evolution::NAME,
    build: |address, http| Ok(Arc::new(Evolution::new(address, http)?)),
    secrets: Some(&["webhook_jwt", "webhook_header"]),
    webhook: Some(&webhook::EvolutionWebhook),
    base_url: None,
    limits: DefaultLimits::CAREFUL,
};

/// Templates belong to Meta's own API.
const KINDS: [MessageKind; 12] = [
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
];

impl Evolution {
    const NAME: &'static str = "evolution";

    fn new(address: ChannelAddress, http: Http) -> Result<Self, UnusableChannel> {
        let options = EvolutionOptions::read(&address.options, http.send_timeout())?;
        Ok(Self {
            version: options.server_version(),
            address,
            files: MediaCheck::new(http.clone(), WHATSAPP),
            http,
            options,
        })
    }

    /// A request to `{group}/{operation}/{instance}`, the instance's name encoded.
    fn request(
        &self,
        method: Method,
        group: &str,
        operation: &str,
    ) -> Result<RequestBuilder, SendError> {
        let url = self.url(&[group, operation, &self.address.instance])?;
        Ok(self.request_to(method, url))
    }

    fn request_to(&self, method: Method, url: Url) -> RequestBuilder {
        let key = self.address.credential.expose_secret();
        self.http.request(method, url).header("apikey", key)
    }

    fn url(&self, path: &[&str]) -> Result<Url, SendError> {
        let mut url = self.address.url()?;
        url.path_segments_mut()
            .map_err(|()| UnusableChannel::Address)?
            .pop_if_empty()
            .extend(path);
        Ok(url)
    }

    /// The answer to a question, whose errors mean that no message was sent.
    async fn ask(&self, request: RequestBuilder, cap_bytes: usize) -> Result<Answer, SendError> {
        exchange(request, &self.address, cap_bytes)
            .await
            .map_err(SendError::of_question)
    }

    /// The request for `message` in the form of that version.
    fn sending(
        &self,
        message: &OutgoingMessage,
        version: Version,
    ) -> Result<RequestBuilder, SendError> {
        let request = body::request(message, version, self.options.delay_ms)?;
        let to = self.request(Method::POST, "message", request.operation)?;
        Ok(to.json(&request.body))
    }

    async fn connect(&self, phone: Option<&PhoneNumber>) -> Result<Answer, SendError> {
        let mut url = self.url(&["instance", "connect", &self.address.instance])?;
        if let Some(phone) = phone {
            url.query_pairs_mut().append_pair("number", phone.digits());
        }
        let request = self.request_to(Method::GET, url);
        self.ask(request, SEND_ANSWER_CAP_BYTES).await
    }

    /// v2 is restarted with POST, v1 with PUT; nothing is sent by asking for both.
    async fn restart(&self) -> Result<Answer, SendError> {
        let methods = match self.version.current() {
            Version::One => [Method::PUT, Method::POST],
            Version::Two => [Method::POST, Method::PUT],
        };
        let [first, second] = methods;
        let request = self.request(first, "instance", "restart")?;
        let answer = self.ask(request, SEND_ANSWER_CAP_BYTES).await?;
        if !answer::is_unknown_route(&answer) {
            return Ok(answer);
        }
        let request = self.request(second, "instance", "restart")?;
        self.ask(request, SEND_ANSWER_CAP_BYTES).await
    }

    /// The number that is connected. That it is not told changes nothing about the connection.
    async fn number(&self) -> Option<String> {
        let instance = self.address.instance.as_str();
        let mut url = self.url(&["instance", "fetchInstances"]).ok()?;
        url.query_pairs_mut().append_pair("instanceName", instance);
        let request = self.request_to(Method::GET, url);
        let answer = self.ask(request, instance::LIST_CAP_BYTES).await.ok()?;
        instance::number(&answer, instance)
    }
}

#[async_trait]
impl Provider for Evolution {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn kinds(&self) -> &'static [MessageKind] {
        &KINDS
    }

    fn can_quote(&self) -> bool {
        true
    }

    async fn prepare(&self, message: &OutgoingMessage) -> Result<(), SendError> {
        self.files.check_message(&message.body).await
    }

    async fn send(&self, message: &OutgoingMessage) -> Result<Accepted, SendError> {
        let begun = Instant::now();
        let version = self.version.current();
        let request = self.sending(message, version)?;
        let mut answer = exchange(request, &self.address, SEND_ANSWER_CAP_BYTES).await?;
        // Refused by the schema, so nothing was sent. Both requests together take no longer than one may.
        let is_other = schema::expects_other_version(&answer, version);
        if let Some(other) = self.version.corrected(version, is_other) {
            let rest = self.http.send_timeout().saturating_sub(begun.elapsed());
            let request = self.sending(message, other)?.timeout(rest);
            answer = exchange(request, &self.address, SEND_ANSWER_CAP_BYTES).await?;
        } else if is_other {
            return Err(answer::wrong_version(&answer, &self.address));
        }
        // Texts every version has: without that route, the address is wrong.
        let kind = message.body.kind();
        if kind != MessageKind::Text && answer::is_unknown_route(&answer) {
            return Err(answer::lacks_kind(&answer, kind, &self.address));
        }
        answer::judge(&answer, &self.address)
    }

    async fn reconcile(&self, enquiry: &Enquiry) -> Result<Reconciliation, SendError> {
        let addresses = address::stored(&enquiry.message);
        if addresses.is_empty() || !history::is_comparable(&enquiry.message.body) {
            return Ok(Reconciliation::CannotTell);
        }
        for address in addresses {
            let request = self
                .request(Method::POST, "chat", "findMessages")?
                .json(&history::question(enquiry, &address));
            let answer = self.ask(request, history::ANSWER_CAP_BYTES).await?;
            let found = history::judge(&answer, enquiry, &address, &self.address)?;
            if found != Reconciliation::NotFound {
                return Ok(found);
            }
        }
        Ok(Reconciliation::NotFound)
    }

    fn can_look_up(&self) -> bool {
        true
    }

    fn looks_up_many(&self) -> bool {
        true
    }

    async fn look_up(&self, numbers: &[PhoneNumber]) -> Result<Vec<Lookup>, SendError> {
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let request = self
            .request(Method::POST, "chat", "whatsappNumbers")?
            .json(&numbers::question(numbers));
        let answer = self.ask(request, numbers::ANSWER_CAP_BYTES).await?;
        numbers::judge(&answer, numbers, &self.address)
    }

    async fn health(&self) -> Result<Health, SendError> {
        let request = self.request(Method::GET, "instance", "connectionState")?;
        let answer = self.ask(request, SEND_ANSWER_CAP_BYTES).await?;
        let mut health = instance::health(&answer, &self.address)?;
        if health.state == ConnectionState::Connected {
            health.number = self.number().await;
        }
        Ok(health)
    }

    async fn recover(&self) -> Result<(), SendError> {
        let restarted = self.restart().await?;
        match answer::told(&restarted, &self.address) {
            Ok(_) => Ok(()),
            Err(error) if instance::has_nothing_to_restart(&restarted, &error) => {
                let connected = self.connect(None).await?;
                answer::told(&connected, &self.address).map(|_| ())
            }
            Err(error) => Err(error),
        }
    }

    async fn pair(&self, phone: Option<&PhoneNumber>) -> Result<Pairing, SendError> {
        let answer = self.connect(phone).await?;
        instance::pairing(&answer, phone.is_some(), &self.address)
    }

    async fn set_webhook(&self, url: &str) -> Result<(), SendError> {
        let set = |version| -> Result<RequestBuilder, SendError> {
            let settings: Value = webhook::settings(url, &self.address.secrets, version)?;
            let request = self.request(Method::POST, "webhook", "set")?;
            Ok(request.json(&settings))
        };
        let version = self.version.current();
        let mut answer = self.ask(set(version)?, SEND_ANSWER_CAP_BYTES).await?;
        let is_other = schema::expects_other_settings(&answer, version);
        if let Some(other) = self.version.corrected(version, is_other) {
            answer = self.ask(set(other)?, SEND_ANSWER_CAP_BYTES).await?;
        }
        answer::told(&answer, &self.address).map(|_| ())
    }
}
