//! What can be set about a sandbox.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

/// Tells the time: of acceptance, and for the windows of rate limits.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// The clock of the machine.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that makes the real clock"
)]
pub fn system_clock() -> Clock {
    Arc::new(Utc::now)
}

/// Which Evolution the sandbox plays.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum EvolutionVersion {
    /// 1.8: fields are nested under a name of the operation's. Whatever the version, so are those of
    /// instances whose names begin with `v1-`.
    V1,
    /// 2.3.
    #[default]
    V2,
}

/// How a sandbox behaves; `default()` accepts whatever an Evolution server could.
pub struct SandboxOptions {
    /// The only key let in, wherever the provider has its own: `apikey`, `Client-Token`, `X-Api-Key`, `Authorization`.
    /// Without it any non-empty key is good.
    pub api_key: Option<String>,
    /// The instances that exist. Without it every name does.
    pub instances: Option<BTreeSet<String>>,
    /// Which Evolution it is.
    pub evolution_version: EvolutionVersion,
    /// Messages kept; the oldest make room for the newest.
    pub message_limit: usize,
    /// Bytes of text kept in all messages together; the oldest make room for the newest.
    pub text_limit_bytes: usize,
    /// The time.
    pub clock: Clock,
}

impl Default for SandboxOptions {
    fn default() -> Self {
        Self {
            api_key: None,
            instances: None,
            evolution_version: EvolutionVersion::default(),
            message_limit: 1_000_000,
            text_limit_bytes: 512 * 1024 * 1024,
            clock: system_clock(),
        }
    }
}
