//! Which files a provider has already been given.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::address::{ADDRESS_KEPT, FileAddress};
use super::file::FetchedFile;
use super::slots::Slots;

/// The provider's id of each file that it was given.
pub(crate) struct MediaCache {
    files: Slots<Contents, String>,
    addresses: Slots<FileAddress, String>,
}

/// Checksum and type: the same bytes may be sent as two types.
type Contents = ([u8; 32], String);

impl MediaCache {
    /// For a provider that keeps files for `kept`.
    pub(crate) fn new(kept: Duration) -> Self {
        Self {
            files: Slots::new(kept),
            addresses: Slots::new(ADDRESS_KEPT),
        }
    }

    /// The place for the id of `file`: whoever comes while it is empty fills it, others wait for them.
    pub(crate) fn slot(&self, file: &FetchedFile, now: Instant) -> Arc<OnceCell<String>> {
        let contents = (file.sha256, file.mime_type.clone());
        self.files.slot(contents, now)
    }

    /// The same for what was at an address a short time ago, so that it need not be fetched to be known.
    pub(crate) fn slot_at(&self, address: FileAddress, now: Instant) -> Arc<OnceCell<String>> {
        self.addresses.slot(address, now)
    }

    /// Forgets the file of that id, and tells how long ago the provider was given it, at most.
    pub(crate) fn forget(&self, id: &str, now: Instant) -> Duration {
        let id = id.to_owned();
        let at_address = self.addresses.forget(&id, now);
        at_address.max(self.files.forget(&id, now))
    }
}
