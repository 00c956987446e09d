//! One request and its answer, and what a failure on the way means.

use std::error::Error;
use std::time::Duration;

use chrono::DateTime;
use reqwest::header::{DATE, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode};
use zapgres_core::error_class::{ErrorClass, SendError, ThrottleScope};
use zapgres_core::error_text;

use crate::channel::ChannelAddress;
use crate::http::forbidden_address;
use crate::json;

/// Answers to a send are a few hundred bytes; more than this is not one.
pub(crate) const SEND_ANSWER_CAP_BYTES: usize = 64 * 1024;
/// No provider means a longer rest; also keeps times computed from it within range.
const RETRY_AFTER_CAP: Duration = Duration::from_secs(24 * 60 * 60);

/// A provider's answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<Duration>,
    /// Empty when it was too large or broke off: then only the status counts.
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The error that this answer means. `detail` may be any text of the provider.
    pub(crate) fn error(
        &self,
        class: ErrorClass,
        detail: &str,
        channel: &ChannelAddress,
    ) -> SendError {
        let status = self.status.as_u16();
        SendError {
            class,
            message: presentable(&format!("HTTP {status}: {detail}"), channel),
            scope: ThrottleScope::Channel,
            retry_after: self.retry_after,
            reached_provider: true,
        }
    }
}

/// Sends the request and reads the answer, of which up to `cap_bytes` are one.
///
/// # Errors
/// [`ErrorClass::ChannelAuth`] when the channel's address cannot be used or must not be;
/// [`ErrorClass::ChannelDown`] when no connection came about; [`ErrorClass::Uncertain`] for
/// everything later, when the request may have arrived.
pub(crate) async fn exchange(
    request: RequestBuilder,
    channel: &ChannelAddress,
    cap_bytes: usize,
) -> Result<Answer, SendError> {
    let response = request
        .send()
        .await
        .map_err(|error| transport_error(error, channel))?;
    let status = response.status();
    let retry_after = retry_after(&response);
    let body = read_capped(response, cap_bytes).await.unwrap_or_default();
    let body = json::mend(body);
    Ok(Answer {
        status,
        retry_after,
        body,
    })
}

fn transport_error(error: reqwest::Error, channel: &ChannelAddress) -> SendError {
    if let Some(forbidden) = forbidden_address(&error) {
        let message = format!("the channel's address {forbidden}");
        return SendError::before_sending(ErrorClass::ChannelAuth, message);
    }
    let (class, reached_provider, what) = if error.is_builder() {
        (
            ErrorClass::ChannelAuth,
            false,
            "the channel's address or credential is unusable",
        )
    } else if error.is_connect() {
        (ErrorClass::ChannelDown, false, "no connection")
    } else if error.is_timeout() {
        (ErrorClass::Uncertain, true, "no answer in time")
    } else {
        (
            ErrorClass::Uncertain,
            true,
            "the connection broke before an answer",
        )
    };
    // Without the URL: it holds the instance, with some providers a token.
    let causes = causes(&error.without_url());
    let message = presentable(&format!("{what}: {causes}"), channel);
    SendError {
        class,
        message,
        scope: ThrottleScope::Channel,
        retry_after: None,
        reached_provider,
    }
}

fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// How long the answer asks to wait. A time is counted from the answer's own, so that no clock of ours matters.
fn retry_after(response: &Response) -> Option<Duration> {
    let header = |name| response.headers().get(name)?.to_str().ok().map(str::trim);
    let told = header(RETRY_AFTER)?;
    let wait = seconds(told).or_else(|| between(header(DATE)?, told))?;
    Some(wait.min(RETRY_AFTER_CAP))
}

/// A number of seconds, however large; some servers give a fraction.
fn seconds(text: &str) -> Option<Duration> {
    let is_number = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let seconds: f64 = text.parse().ok().filter(|_| is_number)?;
    Some(Duration::from_secs_f64(
        seconds.min(RETRY_AFTER_CAP.as_secs_f64()),
    ))
}

/// From one time to another, such as `Sat, 28 Nov 2026 12:00:00 GMT`; what is past needs no wait.
fn between(from: &str, to: &str) -> Option<Duration> {
    let time = |text| DateTime::parse_from_rfc2822(text).ok();
    Some((time(to)? - time(from)?).to_std().unwrap_or_default())
}

/// The body, or `None` when it is too large or breaks off.
async fn read_capped(mut response: Response, cap_bytes: usize) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        if body.len() + chunk.len() > cap_bytes {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}

/// One line for logs and operators, without the channel's secrets.
fn presentable(text: &str, channel: &ChannelAddress) -> String {
    error_text::presentable(&channel.without_secrets(text))
}
