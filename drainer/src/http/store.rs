//! Stores deliveries, many in one commit; each is answered when its commit is on the disk.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use super::refusal::Refusal;
use crate::database::DatabaseError;
use crate::run::{Daemon, statement};

/// How long the first of a batch waits for others: less than a commit takes.
const GATHER: Duration = Duration::from_millis(2);
const BATCH: usize = 500;
/// While one waits for the disk, the next is sent.
const AT_A_TIME: usize = 2;
/// Deliveries that wait to be stored; more wait at their connections.
const QUEUE: usize = 1024;
/// Providers wait some 10 s for an answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(8);

/// Ids follow the order of arrival, as far as one connection of a provider has one.
const STORE: &str = "-- store
insert into zap.inbound_event (channel_id, provider, payload)
select d.channel_id, d.provider, d.payload
from unnest($1::bigint [], $2::text [], $3::bytea []) with ordinality as d (channel_id, provider, payload, place)
order by d.place";

/// A delivery, as it is stored: once for each of the channels that it is about.
pub(super) struct Stored {
    pub channel_ids: Vec<i64>,
    pub provider: &'static str,
    pub payload: Bytes,
}

struct Waiting {
    delivery: Stored,
    done: oneshot::Sender<Result<(), Refusal>>,
}

/// Where deliveries are handed in.
#[derive(Clone)]
pub(super) struct Store(mpsc::Sender<Waiting>);

impl Store {
    /// Begins to store what is handed in, until nobody is left to do so.
    pub(super) fn begin(daemon: Arc<Daemon>) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::spawn(run(daemon, receiver));
        Self(sender)
    }

    /// Stores a delivery, and returns when it is on the disk.
    pub(super) async fn keep(&self, delivery: Stored) -> Result<(), Refusal> {
        let (done, stored) = oneshot::channel();
        let waiting = Waiting { delivery, done };
        self.0
            .send(waiting)
            .await
            .map_err(|_| Refusal::Unavailable)?;
        stored.await.unwrap_or(Err(Refusal::Unavailable))
    }
}

async fn run(daemon: Arc<Daemon>, mut handed_in: mpsc::Receiver<Waiting>) {
    let places = Arc::new(Semaphore::new(AT_A_TIME));
    while let Ok(place) = places.clone().acquire_owned().await {
        let Some(first) = handed_in.recv().await else {
            return;
        };
        let batch = gather(first, &mut handed_in).await;
        let daemon = daemon.clone();
        tokio::spawn(async move {
            store(&daemon, batch).await;
            drop(place);
        });
    }
}

async fn gather(first: Waiting, handed_in: &mut mpsc::Receiver<Waiting>) -> Vec<Waiting> {
    let deadline = Instant::now() + GATHER;
    let mut batch = vec![first];
    while batch.len() < BATCH {
        match timeout_at(deadline, handed_in.recv()).await {
            Ok(Some(next)) => batch.push(next),
            Ok(None) | Err(_) => break,
        }
    }
    batch
}

async fn store(daemon: &Daemon, batch: Vec<Waiting>) {
    let written = timeout(WRITE_TIMEOUT, write(daemon, &batch)).await;
    let result = match written {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => {
            let count = batch.len();
            tracing::warn!(%error, count, "deliveries cannot be stored; providers are asked to repeat them");
            Err(Refusal::Unavailable)
        }
        Err(_) => Err(Refusal::Unavailable),
    };
    for waiting in batch {
        // Whoever delivered it may have gone.
        waiting.done.send(result).ok();
    }
    if result.is_ok() {
        daemon.inbound.notify_one();
    }
}

async fn write(daemon: &Daemon, batch: &[Waiting]) -> Result<(), DatabaseError> {
    let rows = batch.iter().flat_map(|waiting| {
        let delivery = &waiting.delivery;
        let ids = delivery.channel_ids.iter();
        ids.map(|id| (*id, delivery.provider, delivery.payload.as_ref()))
    });
    let mut channel_ids: Vec<i64> = Vec::new();
    let mut providers: Vec<&str> = Vec::new();
    let mut payloads: Vec<&[u8]> = Vec::new();
    for (channel_id, provider, payload) in rows {
        channel_ids.push(channel_id);
        providers.push(provider);
        payloads.push(payload);
    }
    let client = daemon.client().await?;
    statement::execute(&client, STORE, &[&channel_ids, &providers, &payloads]).await?;
    Ok(())
}
