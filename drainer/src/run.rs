//! The daemon's main loop.

use tokio_util::sync::CancellationToken;

use crate::config::Config;

/// Why the daemon stopped on its own.
#[derive(Debug, thiserror::Error)]
pub enum RunError {}

/// Sends what the database has queued, until `shutdown`.
pub async fn run(config: Config, shutdown: CancellationToken) -> Result<(), RunError> {
    drop(config);
    shutdown.cancelled().await;
    Ok(())
}
