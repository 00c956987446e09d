//! Writes the outcomes of attempts, in batches, until they are written: a known outcome is never thrown away, however
//! long the database is away.

mod statement;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use zapgres_core::status::Status;

use super::daemon::Daemon;
use super::in_flight::Attempt;
use super::lane::mark::Mark;
use super::log_row::Level;
use crate::database::DatabaseError;

const BATCH: usize = 512;
/// While one waits for the disk, the next is made ready.
const AT_A_TIME: usize = 2;
const RETRY_MIN: Duration = Duration::from_millis(200);
const RETRY_MAX: Duration = Duration::from_secs(5);

/// The outcome of one attempt.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outcome {
    pub id: i64,
    pub attempt: i32,
    pub status: &'static str,
    /// The attempt did not reach the provider, or does not count.
    pub give_back: bool,
    /// Wait before the next attempt; none: there is none.
    pub wait_seconds: Option<f64>,
    pub reason: Option<&'static str>,
    pub error_class: Option<&'static str>,
    /// Numbers and secrets masked.
    pub last_error: Option<String>,
    pub provider_message_id: Option<String>,
    pub duration_ms: Option<i32>,
    pub level: Level,
    /// None: not worth a log row.
    pub event: Option<&'static str>,
    /// Channel of the attempt, whose lane learns when it may go on.
    pub channel_id: i64,
}

impl Outcome {
    /// An attempt was marked, but its request was not begun.
    pub(crate) const fn unsent(channel_id: i64, (id, attempt): Attempt) -> Self {
        Self {
            id,
            attempt,
            status: Status::Retrying.as_str(),
            give_back: true,
            wait_seconds: Some(0.0),
            reason: None,
            error_class: None,
            last_error: None,
            provider_message_id: None,
            duration_ms: None,
            level: Level::Retry,
            event: None,
            channel_id,
        }
    }
}

/// What the completer is told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Report {
    /// The outcome of an attempt, and its mark; none: the attempt was another process's.
    Known(Outcome, Option<Mark>),
    /// A notification was perhaps marked, under this epoch, and its request was not begun.
    Unsent {
        id: i64,
        channel_id: i64,
        epoch: i64,
    },
}

impl Report {
    /// Notification that it is about.
    pub(crate) const fn id(&self) -> i64 {
        match self {
            Self::Known(outcome, _) => outcome.id,
            Self::Unsent { id, .. } => *id,
        }
    }

    const fn channel_id(&self) -> i64 {
        match self {
            Self::Known(outcome, _) => outcome.channel_id,
            Self::Unsent { channel_id, .. } => *channel_id,
        }
    }

    /// There will be another attempt.
    const fn is_open(&self) -> bool {
        match self {
            Self::Known(outcome, _) => outcome.wait_seconds.is_some(),
            Self::Unsent { .. } => true,
        }
    }
}

/// A batch that could not be written, or not all of it.
struct Rest {
    unwritten: Vec<Report>,
    /// None: the server refused some of it on its own account.
    error: Option<DatabaseError>,
}

/// Writes what arrives, until `finish` and nothing is left.
pub(crate) async fn run(
    daemon: Arc<Daemon>,
    mut reports: UnboundedReceiver<Report>,
    finish: CancellationToken,
) {
    let mut waiting: Vec<Report> = Vec::new();
    let mut writing: JoinSet<Option<Rest>> = JoinSet::new();
    let mut pause = RETRY_MIN;
    let mut not_before: Option<Instant> = None;
    loop {
        while not_before.is_none() && writing.len() < AT_A_TIME && !waiting.is_empty() {
            let batch = take_batch(&mut waiting);
            let daemon = daemon.clone();
            writing.spawn(async move { write(&daemon, batch).await });
        }
        tokio::select! {
            biased;
            Some(written) = writing.join_next() => match written {
                Ok(None) => pause = RETRY_MIN,
                Ok(Some(rest)) => {
                    if let Some(error) = rest.error && pause == RETRY_MIN {
                        let count = rest.unwritten.len();
                        tracing::warn!(%error, count, "outcomes cannot be written; trying until they are");
                    }
                    waiting.splice(0..0, rest.unwritten);
                    not_before = Some(Instant::now() + pause);
                    pause = (pause * 2).min(RETRY_MAX);
                }
                Err(error) => tracing::error!(%error, "writing outcomes ended"),
            },
            received = reports.recv_many(&mut waiting, BATCH) => if received == 0 { return },
            () = sleep_until(not_before.unwrap_or_else(Instant::now)), if not_before.is_some() => not_before = None,
            () = finish.cancelled(), if waiting.is_empty() && writing.is_empty() => return,
        }
    }
}

/// Takes reports out, one per notification: a later one may need what an earlier one writes.
fn take_batch(waiting: &mut Vec<Report>) -> Vec<Report> {
    let mut ids = HashSet::new();
    let (mut batch, mut left) = (Vec::new(), Vec::new());
    for report in waiting.drain(..) {
        if batch.len() < BATCH && ids.insert(report.id()) {
            batch.push(report);
        } else {
            left.push(report);
        }
    }
    *waiting = left;
    batch
}

/// Writes a batch and lets lanes know.
async fn write(daemon: &Daemon, batch: Vec<Report>) -> Option<Rest> {
    let unwritten = match try_write(daemon, &batch).await {
        Ok(refused) => refused,
        Err(error) => {
            return Some(Rest {
                unwritten: batch,
                error: Some(error),
            });
        }
    };
    let written = |report: &&Report| !unwritten.contains(report);
    daemon
        .in_flight
        .end(batch.iter().filter(written).map(Report::id));
    let open: HashSet<i64> = batch
        .iter()
        .filter(written)
        .filter(|report| report.is_open())
        .map(Report::channel_id)
        .collect();
    for channel_id in open {
        daemon.wake_lane(channel_id);
    }
    (!unwritten.is_empty()).then_some(Rest {
        unwritten,
        error: None,
    })
}

/// Writes a batch and returns what the server refuses on its own account: one bad outcome must not hold up others.
async fn try_write(daemon: &Daemon, reports: &[Report]) -> Result<Vec<Report>, DatabaseError> {
    let client = daemon.client().await?;
    match statement::complete(&client, reports).await {
        Ok(()) => Ok(Vec::new()),
        Err(error) if error.as_db_error().is_some() && !client.is_closed() => {
            let mut refused = Vec::new();
            for report in reports {
                let one = statement::complete(&client, std::slice::from_ref(report)).await;
                if let Err(error) = one {
                    let error = DatabaseError::from(error).to_string();
                    tracing::error!(
                        error,
                        notification_id = report.id(),
                        "the outcome of an attempt is refused"
                    );
                    refused.push(report.clone());
                }
            }
            Ok(refused)
        }
        Err(error) => Err(error.into()),
    }
}
