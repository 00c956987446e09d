//! `zapgres run`.

use tokio_util::sync::CancellationToken;

use crate::cli::signals;
use crate::config::Config;
use crate::service_notify::ServiceNotifier;

/// Runs the daemon until it is stopped.
pub async fn execute(config: Config) -> anyhow::Result<()> {
    let shutdown = signals::shutdown_token()?;
    let notifier = ServiceNotifier::new();
    // Pings on through a stop, which takes its time too.
    let ended = CancellationToken::new();
    let _end = ended.clone().drop_guard();
    tokio::spawn(notifier.clone().run_watchdog(ended));
    Ok(crate::run::run(config, shutdown, notifier, rand::random::<f64>).await?)
}
