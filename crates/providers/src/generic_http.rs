//! Any HTTP API, such as that of an SMS gateway: the channel's address is the URL to ask, and its options say how, with
//! templates for whatever differs between messages. See `docs/PROVIDERS.md`.

mod answer;
mod options;
mod sample;
mod template;
mod webhook;

use std::sync::Arc;

use async_trait::async_trait;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder, Url};
use serde::de::IgnoredAny;
use serde_json::Value;
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::MessageKind;

use crate::channel::{ChannelAddress, UnusableChannel};
use crate::exchange::{SEND_ANSWER_CAP_BYTES, exchange};
use crate::health::{ConnectionState, Health};
use crate::http::Http;
use crate::provider::{Accepted, OutgoingMessage, Provider};
use crate::registry::{DefaultLimits, Registered};
use options::Options;
use template::{Escape, Templates};

/// A sender at some HTTP API.
pub(crate) struct GenericHttp {
    address: ChannelAddress,
    options: Options,
    templates: Templates,
    http: Http,
}

pub(crate) const REGISTERED: Registered = Registered {
    name: GenericHttp::NAME,
    build: |address, http| Ok(Arc::new(GenericHttp::new(address, http)?)),
    secrets: None,
    webhook: Some(&webhook::GenericWebhook),
    base_url: None,
    limits: DefaultLimits::NONE,
};

impl GenericHttp {
    const NAME: &'static str = "http";

    /// Also renders every template for a sample of every kind, so that a mistake is found before a message is.
    fn new(address: ChannelAddress, http: Http) -> Result<Self, UnusableChannel> {
        let options = Options::read(&address)?;
        let provider = Self {
            templates: Templates::new(options.escape()),
            options,
            address,
            http,
        };
        for kind in &provider.options.accepts {
            let context = template::context(&sample::message(*kind), &provider.address);
            provider.render_all(&context)?;
        }
        Ok(provider)
    }

    fn render_all(&self, context: &Value) -> Result<(), UnusableChannel> {
        if let Some(body) = self.render_body(context)?
            && self.options.escape() == Escape::Json
            && serde_json::from_str::<IgnoredAny>(&body).is_err()
        {
            let cause = "gives no JSON: write texts as \"{{ text }}\", the quotes included";
            return Err(options::unusable("body", cause));
        }
        self.render_headers(context)?;
        self.render_url(context)?;
        Ok(())
    }

    fn render_body(&self, context: &Value) -> Result<Option<String>, UnusableChannel> {
        let body = self.options.body.as_deref();
        body.map(|body| self.templates.render_body(body, context))
            .transpose()
    }

    fn render_headers(&self, context: &Value) -> Result<HeaderMap, UnusableChannel> {
        let mut headers = HeaderMap::new();
        for (name, source) in &self.options.headers {
            let option = format!("headers.{name}");
            let text = self.templates.render(&option, source, context)?;
            let name = HeaderName::try_from(name.as_str());
            let value = HeaderValue::try_from(text);
            let (Ok(name), Ok(value)) = (name, value) else {
                return Err(options::unusable(&option, "gives no header: one line"));
            };
            headers.append(name, value);
        }
        Ok(headers)
    }

    fn render_url(&self, context: &Value) -> Result<Url, UnusableChannel> {
        let mut url = self.address.url()?;
        for (name, source) in &self.options.query {
            let option = format!("query.{name}");
            let text = self.templates.render(&option, source, context)?;
            url.query_pairs_mut().append_pair(name, &text);
        }
        Ok(url)
    }

    fn request(&self, message: &OutgoingMessage) -> Result<RequestBuilder, SendError> {
        let context = template::context(message, &self.address);
        let rendered = || -> Result<RequestBuilder, UnusableChannel> {
            let method = self.options.method.into();
            let request = self.http.request(method, self.render_url(&context)?);
            let headers = self.render_headers(&context)?;
            Ok(match self.render_body(&context)? {
                // Before the channel's own headers, which replace it.
                Some(body) => request
                    .header(CONTENT_TYPE, &self.options.content_type)
                    .body(body),
                None => request,
            }
            .headers(headers))
        };
        // The sample went through: it is this message that does not fit.
        rendered()
            .map_err(|error| SendError::before_sending(ErrorClass::Rejected, error.to_string()))
    }
}

#[async_trait]
impl Provider for GenericHttp {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn kinds(&self) -> &[MessageKind] {
        &self.options.accepts
    }

    async fn send(&self, message: &OutgoingMessage) -> Result<Accepted, SendError> {
        if message.recipient.phone().is_none() {
            return Err(SendError::before_sending(
                ErrorClass::RecipientInvalid,
                "a channel of provider http needs a phone number".to_owned(),
            ));
        }
        let request = self.request(message)?;
        let answer = exchange(request, &self.address, SEND_ANSWER_CAP_BYTES).await?;
        answer::judge(&answer, message, &self.options, &self.address)
    }

    async fn health(&self) -> Result<Health, SendError> {
        let Some(url) = &self.options.health_url else {
            return Ok(Health {
                state: ConnectionState::Connected,
                number: None,
                detail: Some("not checked: the option health_url is not set".to_owned()),
            });
        };
        let context = template::context(&sample::message(MessageKind::Text), &self.address);
        let headers = self.render_headers(&context)?;
        let request = self.http.request(Method::GET, url.clone()).headers(headers);
        let answer = exchange(request, &self.address, SEND_ANSWER_CAP_BYTES)
            .await
            .map_err(SendError::of_question)?;
        answer::health(&answer, &self.address)
    }
}
