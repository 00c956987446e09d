//! Sweeps from time to time while the daemon runs.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::daemon::Daemon;
use crate::config::Sweep;
use crate::database::DatabaseError;
use crate::sweep::{SourceResult, SweepReport, sweep_once};

/// A sweep may use at most this share of the time.
const REST_PER_WORK: u32 = 20;
/// Sweeps on demand are at least this far apart.
const DEMAND_PAUSE: Duration = Duration::from_secs(5);

/// Sweeps at intervals and on demand, until shutdown.
pub(crate) async fn run(daemon: Arc<Daemon>) {
    let Some(interval) = daemon.config.sweep.interval else {
        return;
    };
    let mut said: Vec<String> = Vec::new();
    while daemon.may_send().await {
        let begin = Instant::now();
        let sweep = daemon.config.sweep.clone();
        let swept = daemon
            .shutdown
            .run_until_cancelled(sweep_pooled(&daemon, &sweep))
            .await;
        let failures = match swept {
            Some(Ok(report)) => tell(&daemon, &report),
            Some(Err(error)) => vec![error.to_string()],
            None => return,
        };
        for failure in failures.iter().filter(|failure| !said.contains(failure)) {
            tracing::warn!(error = failure, "the sweep is incomplete; it is repeated");
        }
        said = failures;
        rest(&daemon, interval, begin.elapsed()).await;
    }
}

async fn sweep_pooled(daemon: &Daemon, sweep: &Sweep) -> Result<SweepReport, DatabaseError> {
    let mut client = daemon.client().await?;
    sweep_once(&mut client, sweep).await
}

/// Logs what was found and returns what failed.
fn tell(daemon: &Daemon, report: &SweepReport) -> Vec<String> {
    if report.enqueued() > 0 {
        daemon.work.notify_one();
    }
    let mut failures = Vec::new();
    for source in &report.sources {
        match &source.result {
            SourceResult::Swept(0) | SourceResult::NoRule => {}
            SourceResult::Swept(count) => {
                tracing::info!(
                    relation = source.relation,
                    count,
                    "the sweep found orders that capture missed"
                );
            }
            SourceResult::Failed(cause) => failures.push(format!("{}: {cause}", source.relation)),
        }
    }
    failures
}

async fn rest(daemon: &Daemon, interval: Duration, took: Duration) {
    let regular = interval.max(took * REST_PER_WORK);
    let on_demand = async {
        tokio::time::sleep(DEMAND_PAUSE.max(took * REST_PER_WORK)).await;
        daemon.sweep_wanted.notified().await;
    };
    tokio::select! {
        () = daemon.shutdown.cancelled() => {}
        () = tokio::time::sleep(regular) => {}
        () = on_demand => {}
    }
}
