//! What all requests share.

use std::net::SocketAddr;

use tokio_util::sync::CancellationToken;

use crate::connections::Connections;
use crate::evolution::Instances;
use crate::faults::FaultBook;
use crate::inbound::LastInbound;
use crate::messages::MessageStore;
use crate::meta::MetaSettings;
use crate::options::{Clock, EvolutionVersion, SandboxOptions};
use crate::stats::Stats;
use crate::waha::Sessions;
use crate::webhooks::Webhooks;
use crate::zapi::Queues;

/// One running sandbox.
pub(crate) struct SandboxState {
    pub(crate) api_key: Option<String>,
    pub(crate) instances: Instances,
    pub(crate) evolution_version: EvolutionVersion,
    pub(crate) clock: Clock,
    pub(crate) messages: MessageStore,
    pub(crate) faults: FaultBook,
    pub(crate) connections: Connections,
    pub(crate) zapi_queues: Queues,
    pub(crate) waha_sessions: Sessions,
    pub(crate) webhooks: Webhooks,
    pub(crate) last_inbound: LastInbound,
    pub(crate) meta: MetaSettings,
    pub(crate) stats: Stats,
    /// Where the sandbox is, as a URL without a slash at its end.
    pub(crate) server_url: String,
    pub(crate) shutdown: CancellationToken,
}

impl SandboxState {
    /// An empty sandbox.
    pub(crate) fn new(
        options: SandboxOptions,
        address: SocketAddr,
        shutdown: CancellationToken,
    ) -> Self {
        Self {
            messages: MessageStore::new(
                options.message_limit,
                options.text_limit_bytes,
                options.clock.clone(),
            ),
            api_key: options.api_key,
            instances: Instances::new(options.instances),
            evolution_version: options.evolution_version,
            clock: options.clock,
            faults: FaultBook::default(),
            connections: Connections::default(),
            zapi_queues: Queues::default(),
            waha_sessions: Sessions::default(),
            webhooks: Webhooks::default(),
            last_inbound: LastInbound::default(),
            meta: MetaSettings::default(),
            stats: Stats::default(),
            server_url: format!("http://{address}"),
            shutdown,
        }
    }

    /// Whether this Evolution instance is one of v1.
    pub(crate) fn is_v1(&self, instance: &str) -> bool {
        self.evolution_version == EvolutionVersion::V1 || instance.starts_with("v1-")
    }
}
