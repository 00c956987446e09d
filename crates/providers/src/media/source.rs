//! Where a file's bytes come from, piece by piece.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, Response, StatusCode, Url};
use zapgres_core::error_class::SendError;
use zapgres_core::message::{Media, MediaSource};

use super::base64_chunks::Base64Chunks;
use super::{unavailable, unusable};
use crate::http::{Http, forbidden_address};

/// The bytes of a file, and what is said of them.
pub(super) struct Source<'a> {
    bytes: Bytes<'a>,
    /// What the server says.
    pub(super) announced_type: Option<String>,
    /// What the server says.
    pub(super) announced_bytes: Option<u64>,
}

enum Bytes<'a> {
    Answer(Response),
    Base64(Base64Chunks<'a>),
}

impl<'a> Source<'a> {
    /// Begins to read what has to come within `time`.
    pub(super) async fn open(
        http: &Http,
        media: &'a Media,
        time: Duration,
    ) -> Result<Self, SendError> {
        match &media.source {
            MediaSource::Url(url) => Self::at(http, url, time).await,
            MediaSource::Base64(text) => Ok(Self {
                bytes: Bytes::Base64(Base64Chunks::of(text)),
                announced_type: None,
                announced_bytes: None,
            }),
        }
    }

    async fn at(http: &Http, url: &str, time: Duration) -> Result<Self, SendError> {
        let url = Url::parse(url).map_err(|_| unusable("the file's address is not a URL"))?;
        let request = http.request(Method::GET, url).timeout(time);
        let answer = request.send().await.map_err(|error| broken(&error))?;
        admit(answer.status())?;
        let announced_type = answer.headers().get(CONTENT_TYPE);
        Ok(Self {
            announced_type: announced_type
                .and_then(|name| name.to_str().ok())
                .map(str::to_owned),
            announced_bytes: answer.content_length(),
            bytes: Bytes::Answer(answer),
        })
    }

    /// The next bytes; none: that was all.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, SendError> {
        match &mut self.bytes {
            Bytes::Answer(answer) => {
                let bytes = answer.chunk().await.map_err(|error| broken(&error))?;
                Ok(bytes.map(|bytes| bytes.to_vec()))
            }
            Bytes::Base64(chunks) => {
                // Nothing here waits by itself: others get their turn between two pieces.
                tokio::task::yield_now().await;
                chunks.next().transpose()
            }
        }
    }
}

/// Whether there is a file behind that status.
fn admit(status: StatusCode) -> Result<(), SendError> {
    let code = status.as_u16();
    Err(match code {
        200 => return Ok(()),
        300..=399 => unusable(&format!(
            "the file's address leads to another one (HTTP {code}): give that"
        )),
        401..=403 => unusable(&format!(
            "not everybody may read the file at the address (HTTP {code})"
        )),
        404 | 410 => unusable(&format!("the file at the address is missing (HTTP {code})")),
        408 | 429 | 500..=599 => unavailable(&format!(
            "the file cannot be read from its address now (HTTP {code})"
        )),
        _ => unusable(&format!(
            "the file cannot be read from its address (HTTP {code})"
        )),
    })
}

/// Without the address: it may hold a token.
fn broken(error: &reqwest::Error) -> SendError {
    if let Some(forbidden) = forbidden_address(error) {
        return unusable(&format!("the file's address {forbidden}"));
    }
    if error.is_builder() {
        return unusable("the file's address is not a URL that can be asked");
    }
    unavailable(if error.is_timeout() {
        "the file did not come from its address in time"
    } else if error.is_connect() {
        "no connection to the file's address"
    } else {
        "the connection to the file's address broke"
    })
}
