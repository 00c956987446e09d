//! What all requests share.

use std::collections::BTreeSet;

use tokio_util::sync::CancellationToken;

use crate::faults::FaultBook;
use crate::messages::MessageStore;
use crate::options::{Clock, SandboxOptions};
use crate::stats::Stats;

/// One running sandbox.
pub(crate) struct SandboxState {
    pub(crate) api_key: Option<String>,
    pub(crate) instances: Option<BTreeSet<String>>,
    pub(crate) clock: Clock,
    pub(crate) messages: MessageStore,
    pub(crate) faults: FaultBook,
    pub(crate) stats: Stats,
    pub(crate) shutdown: CancellationToken,
}

impl SandboxState {
    /// An empty sandbox.
    pub(crate) fn new(options: SandboxOptions, shutdown: CancellationToken) -> Self {
        Self {
            messages: MessageStore::new(
                options.message_limit,
                options.text_limit_bytes,
                options.clock.clone(),
            ),
            api_key: options.api_key,
            instances: options.instances,
            clock: options.clock,
            faults: FaultBook::default(),
            stats: Stats::default(),
            shutdown,
        }
    }
}
