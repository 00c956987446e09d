//! Memory for bodies: however many arrive at a time, they share this much.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use http_body_util::LengthLimitError;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::refusal::Refusal;

/// Bytes of all bodies at a time, together, unless a single one may be longer. There are two of it.
const ROOM: usize = 32 * 1024 * 1024;
/// Room is counted in units of so many bytes.
const UNIT: usize = 1024;
/// Longer than any provider takes, and shorter than one that means to keep us busy.
const ARRIVAL_TIMEOUT: Duration = Duration::from_secs(10);

/// Memory for bodies.
pub(super) struct Room {
    units: Semaphore,
    body_limit: usize,
}

/// A body, and its share of the memory.
pub(super) struct Arrived<'a> {
    pub bytes: Bytes,
    _room: SemaphorePermit<'a>,
}

impl Room {
    /// Room for bodies of at most so many bytes each.
    pub(super) fn new(body_limit: usize) -> Self {
        Self {
            units: Semaphore::new(units(ROOM.max(body_limit)) as usize),
            body_limit,
        }
    }

    /// Reads a body when there is room for it.
    ///
    /// # Errors
    /// When it is too long, or does not arrive in time.
    pub(super) async fn read(
        &self,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Arrived<'_>, Refusal> {
        let told = headers
            .get(CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if told.is_some_and(|length| length > self.body_limit) {
            return Err(Refusal::TooLarge);
        }
        let share = units(told.unwrap_or(self.body_limit));
        let read = async {
            let room = self.units.acquire_many(share).await;
            let room = room.map_err(|_| Refusal::Unavailable)?;
            let bytes = self.collect(body).await?;
            Ok(Arrived { bytes, _room: room })
        };
        timeout(ARRIVAL_TIMEOUT, read)
            .await
            .unwrap_or(Err(Refusal::Incomplete))
    }

    async fn collect(&self, body: Body) -> Result<Bytes, Refusal> {
        to_bytes(body, self.body_limit).await.map_err(|error| {
            let cause = std::error::Error::source(&error);
            if cause.is_some_and(|cause| cause.is::<LengthLimitError>()) {
                Refusal::TooLarge
            } else {
                Refusal::Incomplete
            }
        })
    }
}

/// At least one, so that nobody gets in for nothing.
fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT).max(1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(room: &Room, length: Option<&str>, body: &'static str) -> Result<Bytes, Refusal> {
        let mut headers = HeaderMap::new();
        if let Some(length) = length {
            headers.insert(CONTENT_LENGTH, length.parse().unwrap());
        }
        let arrived = room.read(&headers, Body::from(body)).await;
        arrived.map(|arrived| arrived.bytes)
    }

    /// C1: a body that is too long is refused by what it says of itself, and by what it is.
    #[tokio::test]
    async fn a_long_body_is_refused() {
        let room = Room::new(4);
        assert_eq!(read(&room, Some("4"), "body").await.unwrap(), "body");
        assert_eq!(read(&room, None, "body").await.unwrap(), "body");
        assert_eq!(read(&room, Some("5"), "").await, Err(Refusal::TooLarge));
        assert_eq!(read(&room, None, "a body").await, Err(Refusal::TooLarge));
    }

    #[tokio::test]
    async fn room_is_given_back() {
        let room = Room::new(ROOM);
        for _ in 0..3 {
            assert!(
                read(&room, None, "as long as may be, it says")
                    .await
                    .is_ok()
            );
        }
    }
}
