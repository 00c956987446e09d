//! Which address, or which of a provider's numbers, is which channel: looked up in memory, so that strangers cost no query
//! each.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use zapgres_core::credential::CredentialReference;
use zapgres_providers::Secrets;

use super::refusal::Refusal;
use crate::channel::{read_secrets, webhook};
use crate::database::DatabaseError;
use crate::run::{Daemon, statement};

/// A revoked address works this much longer, at most.
const AGE_MAX: Duration = Duration::from_secs(3);
/// One that is not known may have been made just now.
const AGE_MAX_OF_UNKNOWN: Duration = Duration::from_millis(250);
const LOAD_TIMEOUT: Duration = Duration::from_secs(3);
const FAILURE_PAUSE: Duration = Duration::from_secs(1);

const LOAD: &str = "-- load
select
    c.id, c.provider, c.instance, c.secrets,
    array(select w.token_hash from zap.channel_webhook as w where w.channel_id = c.id) as tokens
from zap.channel as c";

/// A channel that is delivered to.
pub(super) struct Channel {
    pub id: i64,
    pub provider: String,
    pub instance: String,
    references: Value,
    /// Where the key of sealed ones is.
    seal_key: Option<CredentialReference>,
    secrets: OnceLock<Option<Secrets>>,
}

impl Channel {
    /// Its secrets, read when they are needed first.
    ///
    /// # Errors
    /// When one of them cannot be had: somebody has to mend that, and the provider delivers again until then.
    pub(super) fn secrets(&self) -> Result<&Secrets, Refusal> {
        let secrets = self.secrets.get_or_init(|| {
            read_secrets(&self.references, self.seal_key.as_ref())
                .inspect_err(|error| {
                    tracing::warn!(channel_id = self.id, %error, "deliveries cannot be judged");
                })
                .ok()
        });
        secrets.as_ref().ok_or(Refusal::Unavailable)
    }
}

/// All of them at some time.
pub(super) struct Snapshot {
    taken_at: Instant,
    by_token: HashMap<[u8; 32], Arc<Channel>>,
    by_provider: HashMap<String, Vec<Arc<Channel>>>,
}

impl Snapshot {
    /// Channels of a provider, each of which has other secrets.
    pub(super) fn with_each_secret(&self, provider: &str) -> Vec<&Channel> {
        let mut chosen: Vec<&Channel> = Vec::new();
        for channel in self.of_provider(provider) {
            let is_new = |known: &&Channel| known.references != channel.references;
            if chosen.iter().all(is_new) {
                chosen.push(channel);
            }
        }
        chosen
    }

    /// The channels of a provider.
    pub(super) fn of_provider(&self, provider: &str) -> &[Arc<Channel>] {
        self.by_provider.get(provider).map_or(&[], Vec::as_slice)
    }

    fn from_rows(
        rows: &[tokio_postgres::Row],
        seal_key: Option<&CredentialReference>,
    ) -> Result<Self, tokio_postgres::Error> {
        let mut snapshot = Self {
            taken_at: Instant::now(),
            by_token: HashMap::new(),
            by_provider: HashMap::new(),
        };
        for row in rows {
            let channel = Arc::new(Channel {
                id: row.try_get("id")?,
                provider: row.try_get("provider")?,
                instance: row.try_get("instance")?,
                references: row.try_get("secrets")?,
                seal_key: seal_key.cloned(),
                secrets: OnceLock::new(),
            });
            for token in row.try_get::<_, Vec<Vec<u8>>>("tokens")? {
                if let Ok(token) = token.try_into() {
                    snapshot.by_token.insert(token, channel.clone());
                }
            }
            let of_provider = snapshot.by_provider.entry(channel.provider.clone());
            of_provider.or_default().push(channel);
        }
        Ok(snapshot)
    }
}

/// The channels that are delivered to.
#[derive(Default)]
pub(super) struct Addresses(Mutex<Known>);

#[derive(Default)]
struct Known {
    snapshot: Option<Arc<Snapshot>>,
    /// When they could not be looked up: whoever asks then is not made to wait for the next attempt.
    failed_at: Option<Instant>,
}

impl Addresses {
    /// The channel of `provider` that this token is for.
    pub(super) async fn find(
        &self,
        daemon: &Daemon,
        provider: &str,
        token: &str,
    ) -> Result<Arc<Channel>, Refusal> {
        let hash = webhook::hash(token);
        for age in [AGE_MAX, AGE_MAX_OF_UNKNOWN] {
            let snapshot = self.snapshot(daemon, age).await?;
            let found = snapshot.by_token.get(&hash);
            if let Some(channel) = found.filter(|channel| channel.provider == provider) {
                return Ok(channel.clone());
            }
        }
        Err(Refusal::UnknownAddress)
    }

    /// All channels, as they were a few seconds ago at most.
    pub(super) async fn all(&self, daemon: &Daemon) -> Result<Arc<Snapshot>, Refusal> {
        self.snapshot(daemon, AGE_MAX).await
    }

    async fn snapshot(&self, daemon: &Daemon, age_max: Duration) -> Result<Arc<Snapshot>, Refusal> {
        let mut known = self.0.lock().await;
        if let Some(snapshot) = &known.snapshot
            && snapshot.taken_at.elapsed() <= age_max
        {
            return Ok(snapshot.clone());
        }
        if known
            .failed_at
            .is_some_and(|at| at.elapsed() < FAILURE_PAUSE)
        {
            return Err(Refusal::Unavailable);
        }
        match timeout(LOAD_TIMEOUT, load(daemon)).await {
            Ok(Ok(snapshot)) => {
                let snapshot = Arc::new(snapshot);
                known.snapshot = Some(snapshot.clone());
                known.failed_at = None;
                return Ok(snapshot);
            }
            Ok(Err(error)) => tracing::debug!(%error, "addresses cannot be looked up"),
            Err(_) => tracing::debug!("looking up addresses takes too long"),
        }
        known.failed_at = Some(Instant::now());
        Err(Refusal::Unavailable)
    }
}

async fn load(daemon: &Daemon) -> Result<Snapshot, DatabaseError> {
    let client = daemon.client().await?;
    let rows = statement::rows(&client, LOAD, &[]).await?;
    Ok(Snapshot::from_rows(
        &rows,
        daemon.config.daemon.seal_key.as_ref(),
    )?)
}
