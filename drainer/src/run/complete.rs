//! Writes the outcomes of attempts, in batches, until they are written: a known outcome is never thrown away, however
//! long the database is away.

mod aside;
mod statement;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use zapgres_core::status::Status;

use aside::{Aside, Batch, Rest};

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
    /// The next attempt sends the approved template instead of the text.
    pub use_template: bool,
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
            use_template: false,
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

/// A batch of which nothing is known: the database is away.
struct Failed {
    batch: Batch,
    error: DatabaseError,
}

/// What could not be written of a batch, and its pauses.
type Written = Result<(Rest, HashMap<i64, Duration>), Failed>;

/// Writes what arrives, until `finish` and nothing is left.
pub(crate) async fn run(
    daemon: Arc<Daemon>,
    mut reports: UnboundedReceiver<Report>,
    finish: CancellationToken,
) {
    let mut waiting: Vec<Report> = Vec::new();
    let mut aside = Aside::default();
    let mut writing: JoinSet<Written> = JoinSet::new();
    let mut pause = RETRY_MIN;
    let mut not_before: Option<Instant> = None;
    loop {
        while not_before.is_none() && writing.len() < AT_A_TIME {
            let mut batch = aside.take(Instant::now());
            if batch.reports.is_empty() {
                batch.reports = take_batch(&mut waiting);
            }
            if batch.reports.is_empty() {
                break;
            }
            let daemon = daemon.clone();
            writing.spawn(async move { write(&daemon, batch).await });
        }
        let wake_at =
            not_before.or_else(|| aside.next_time().filter(|_| writing.len() < AT_A_TIME));
        tokio::select! {
            biased;
            Some(written) = writing.join_next() => match written {
                Ok(Ok((rest, pauses))) => {
                    pause = RETRY_MIN;
                    aside.put(rest, &pauses, Instant::now());
                }
                Ok(Err(Failed { batch, error })) => {
                    if pause == RETRY_MIN {
                        let count = batch.reports.len();
                        tracing::warn!(%error, count, "outcomes cannot be written; trying until they are");
                    }
                    aside.retried(&batch.pauses);
                    waiting.splice(0..0, batch.reports);
                    not_before = Some(Instant::now() + pause);
                    pause = (pause * 2).min(RETRY_MAX);
                }
                Err(error) => tracing::error!(%error, "writing outcomes ended"),
            },
            received = reports.recv_many(&mut waiting, BATCH) => if received == 0 { return },
            () = sleep_until(wake_at.unwrap_or_else(Instant::now)), if wake_at.is_some() => not_before = None,
            () = finish.cancelled(), if waiting.is_empty() && writing.is_empty() && aside.is_empty() => return,
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
async fn write(daemon: &Daemon, batch: Batch) -> Written {
    let rest = match try_write(daemon, &batch.reports).await {
        Ok(rest) => rest,
        Err(error) => return Err(Failed { batch, error }),
    };
    let refused = rest.refused.iter().map(|(report, _)| report);
    let unwritten: HashSet<i64> = rest.locked.iter().chain(refused).map(Report::id).collect();
    let written = || {
        let reports = batch.reports.iter();
        reports.filter(|report| !unwritten.contains(&report.id()))
    };
    daemon.in_flight.end(written().map(Report::id));
    let open: HashSet<i64> = written()
        .filter(|report| report.is_open())
        .map(Report::channel_id)
        .collect();
    for channel_id in open {
        daemon.wake_lane(channel_id);
    }
    Ok((rest, batch.pauses))
}

/// Writes a batch, but for what is held by somebody and what the server refuses on its own account.
async fn try_write(daemon: &Daemon, reports: &[Report]) -> Result<Rest, DatabaseError> {
    let client = daemon.client().await?;
    let mut rest = Rest::default();
    let mut parts = vec![reports];
    while let Some(part) = parts.pop() {
        match statement::complete(&client, part).await {
            Ok(locked) => {
                let locked = part.iter().filter(|report| locked.contains(&report.id()));
                rest.locked.extend(locked.cloned());
            }
            Err(error) if error.as_db_error().is_none() || client.is_closed() => {
                return Err(error.into());
            }
            Err(error) => match part {
                [report] => {
                    let error = DatabaseError::from(error).to_string();
                    rest.refused.push((report.clone(), error));
                }
                // Somewhere in it is what the server refuses.
                _ => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
            },
        }
    }
    Ok(rest)
}
