//! Files that a provider fetches itself, or is given within the message: looked at before.

use tokio::time::{Instant, timeout};
use zapgres_core::error_class::SendError;
use zapgres_core::message::{Media, MessageBody, MessageKind};

use super::address::{ADDRESS_KEPT, FileAddress};
use super::limits::MediaLimits;
use super::slots::Slots;
use crate::http::Http;

/// Looks at files, at each address once in a while.
pub(crate) struct MediaCheck {
    http: Http,
    limits: MediaLimits,
    /// What was found good.
    good: Slots<FileAddress, ()>,
}

impl MediaCheck {
    /// For a provider with these limits.
    pub(crate) fn new(http: Http, limits: MediaLimits) -> Self {
        Self {
            http,
            limits,
            good: Slots::new(ADDRESS_KEPT),
        }
    }

    /// Looks at the file of a message, if it has one.
    ///
    /// # Errors
    /// As for [`super::check`].
    pub(crate) async fn check_message(&self, body: &MessageBody) -> Result<(), SendError> {
        match body.media() {
            Some(media) => self.check(body.kind(), media).await,
            None => Ok(()),
        }
    }

    /// Looks at a file that is sent as `kind`.
    ///
    /// # Errors
    /// As for [`super::check`].
    pub(crate) async fn check(&self, kind: MessageKind, media: &Media) -> Result<(), SendError> {
        let check = || super::check(&self.http, media, kind, &self.limits);
        let Some(address) = FileAddress::of(kind, media) else {
            return check().await;
        };
        let good = self.good.slot(address, Instant::now());
        // Many may wait for the same address, and each would ask it again in turn.
        let limit = self.http.send_timeout();
        let checked = timeout(limit, good.get_or_try_init(check)).await;
        let too_slow = |_| {
            let text = format!("the file could not be looked at within {limit:?}");
            super::unavailable(&text)
        };
        checked.map_err(too_slow)?.copied()
    }
}
