//! What the parts of the running daemon share.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use deadpool_postgres::{Client, Pool};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::announce::Announcements;
use super::channel_health::Holds;
use super::complete::{Outcome, Report};
use super::encoding::storable;
use super::in_flight::InFlight;
use super::lane::{MakeProvider, Permits};
use super::lanes::Lanes;
use super::lease::Lease;
use super::leases::Leases;
use super::marker::Marker;
use crate::config::Config;
use crate::database::DatabaseError;
use crate::metrics::Metrics;

/// Connections that nobody takes who can do without.
const SPARED: usize = 1;

/// Longer texts are no ids of messages, and no index takes them.
pub(crate) const MESSAGE_ID_CAP_BYTES: usize = 1024;

/// What is known of the database from the beginning of a session on.
#[derive(Debug, Clone, Default)]
pub(crate) struct KnownDatabase {
    /// What tells it from others that send with the same numbers.
    pub installation: Arc<str>,
    /// Whether it has Western European characters only.
    pub western_only: bool,
}

impl KnownDatabase {
    /// What it can store of a provider's text.
    pub(crate) fn storable(&self, text: &str) -> String {
        storable(text, self.western_only).into_owned()
    }
}

/// Shared state of the running daemon.
pub(crate) struct Daemon {
    pub config: Config,
    pub pool: Pool,
    pub make_provider: MakeProvider,
    /// Random numbers from 0.0 to 1.0.
    pub randomness: fn() -> f64,
    /// Open while this process is a daemon of the database.
    pub gate: watch::Sender<bool>,
    /// Channels whose numbers are not connected.
    pub holds: Holds,
    /// Requests at a time in this process.
    pub permits: Permits,
    pub in_flight: InFlight,
    pub reports: UnboundedSender<Report>,
    pub marker: Marker,
    pub lanes: Lanes,
    pub leases: Leases,
    pub announcements: Announcements,
    pub metrics: Metrics,
    /// There may be something to look at.
    pub work: Notify,
    /// Something was delivered.
    pub inbound: Notify,
    /// There may be orders that only a sweep finds.
    pub sweep_wanted: Notify,
    /// Tenants with messages that wait for a channel.
    pub(super) waiting_tenants: Mutex<BTreeSet<String>>,
    pub(super) database: Mutex<KnownDatabase>,
    /// Nothing new is begun.
    pub shutdown: CancellationToken,
    /// Requests on their way are given up.
    pub abort: CancellationToken,
}

impl Daemon {
    /// A connection of the pool.
    pub(crate) async fn client(&self) -> Result<Client, DatabaseError> {
        let url = &self.config.database.url;
        self.pool
            .get()
            .await
            .map_err(|error| DatabaseError::from_pool(error, url))
    }

    /// A further connection of the pool, if others have one left then.
    pub(crate) async fn spare_client(&self) -> Option<Client> {
        let status = self.pool.status();
        let in_use = status.size.saturating_sub(status.available);
        if in_use + SPARED >= status.max_size {
            return None;
        }
        self.pool.get().await.ok()
    }

    /// Waits until this process is a daemon of the database; false: it stops.
    pub(crate) async fn may_send(&self) -> bool {
        let mut gate = self.gate.subscribe();
        let opened = self
            .shutdown
            .run_until_cancelled(gate.wait_for(|open| *open))
            .await;
        opened.is_some_and(|result| result.is_ok()) && !self.shutdown.is_cancelled()
    }

    /// Lets the lane of a channel look, whichever daemon it runs in.
    pub(crate) fn wake_lane(&self, channel_id: i64) {
        if !self.lanes.wake(channel_id) {
            self.announcements.add(channel_id);
        }
    }

    /// Hands an outcome to the completer, as the database can store it.
    pub(crate) fn complete(&self, mut outcome: Outcome) {
        let database = self.database();
        outcome.last_error = outcome.last_error.map(|text| database.storable(&text));
        // Receipts name the same message in the same way.
        outcome.provider_message_id = outcome.provider_message_id.map(|id| {
            let is_id = id.len() <= MESSAGE_ID_CAP_BYTES;
            if is_id {
                database.storable(&id)
            } else {
                String::new()
            }
        });
        let mark = self.in_flight.know(outcome.id).map(|(_, mark)| mark);
        self.report(Report::Known(outcome, mark));
    }

    /// Takes back attempts whose requests were not begun. Where the answer to the mark was lost, the completer finds out
    /// whether there is anything to take back.
    pub(crate) fn give_back(&self, lease: &Lease, ids: impl IntoIterator<Item = i64>) {
        let (channel_id, epoch) = (lease.channel_id, lease.epoch);
        for id in ids {
            self.report(match self.in_flight.know(id) {
                Some((number, mark)) => {
                    Report::Known(Outcome::unsent(channel_id, (id, number)), Some(mark))
                }
                None => Report::Unsent {
                    id,
                    channel_id,
                    epoch,
                },
            });
        }
    }

    fn report(&self, report: Report) {
        if let Err(unsent) = self.reports.send(report) {
            tracing::error!(
                notification_id = unsent.0.id(),
                "the outcome of an attempt came too late to be written"
            );
        }
    }

    /// Messages of these tenants wait for a channel. Said when it begins.
    pub(crate) fn wait_for_channel(&self, tenants: BTreeSet<String>) {
        let mut waiting = self.waiting_tenants();
        for tenant in tenants {
            if !waiting.contains(&tenant) {
                tracing::warn!(
                    tenant,
                    "no channel can be used for a company; its messages wait: zapgres channel add, or enable one"
                );
                waiting.insert(tenant);
            }
        }
    }

    /// What is known of the database.
    pub(crate) fn database(&self) -> KnownDatabase {
        let database = self.database.lock();
        database.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes what is known of it: whoever adopts a copy changes that.
    pub(super) fn note_database(&self, known: KnownDatabase) {
        let database = self.database.lock();
        *database.unwrap_or_else(PoisonError::into_inner) = known;
    }

    /// Tenants with messages that wait for a channel.
    pub(crate) fn waiting_tenants(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.waiting_tenants
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
