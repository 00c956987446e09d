//! A graceful stop: nothing new is begun, requests on their way end, and nothing is left `processing`.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::daemon::Daemon;
use super::session::Session;
use crate::service_notify::ServiceNotifier;

/// Time at least to write the last outcomes, after the requests have ended.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// Whatever keeps the server from answering, nothing depends on it: a stop must end.
const RESCUE_TIMEOUT: Duration = Duration::from_secs(2);

/// Ends what is on its way, then gives the channels back.
pub(crate) async fn stop(
    daemon: &Daemon,
    notifier: &ServiceNotifier,
    finish: CancellationToken,
    completer: JoinHandle<()>,
    session: Option<Session>,
) {
    notifier.stopping();
    let in_flight = daemon.in_flight.sending().len();
    tracing::info!(in_flight, "stopping");
    let deadline = Instant::now() + daemon.config.sending.shutdown_timeout;
    if tokio::time::timeout_at(deadline, daemon.lanes.ended())
        .await
        .is_err()
    {
        daemon.abort.cancel();
        daemon.lanes.ended().await;
        for (notification_id, _) in daemon.in_flight.sending() {
            if daemon.in_flight.is_marked(notification_id) {
                tracing::warn!(notification_id, "the provider has not answered in time");
            }
            daemon.in_flight.end([notification_id]);
        }
    }
    finish.cancel();
    // PostgreSQL may be restarting: an outcome that is not written means a repeat.
    let deadline = deadline.max(Instant::now() + WRITE_TIMEOUT);
    if tokio::time::timeout_at(deadline, completer).await.is_err() {
        let count = daemon.in_flight.ids().len();
        tracing::error!(
            count,
            "outcomes could not be written: those attempts count as uncertain from now on"
        );
    }
    if let Some(session) = session {
        leave(daemon, session).await;
    }
    tracing::info!("stopped");
}

/// Gives the channels back. What is not rescued now, the next one to hold the channel finds.
async fn leave(daemon: &Daemon, session: Session) {
    if *daemon.gate.borrow() {
        let rescue = daemon.rescue(Duration::ZERO);
        if tokio::time::timeout(RESCUE_TIMEOUT, rescue).await.is_err() {
            tracing::warn!(
                "the database does not answer; channels are not given back, their lease runs out"
            );
            return;
        }
    }
    session.close().await;
}
