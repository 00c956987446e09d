//! `zapgres run`.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use zapgres_providers::{Http, provider_named};

use crate::cli::signals;
use crate::config::Config;
use crate::run::{MakeProvider, run};
use crate::service_notify::ServiceNotifier;

/// Runs the daemon until it is stopped.
pub async fn execute(config: Config) -> anyhow::Result<()> {
    let shutdown = signals::shutdown_token()?;
    let notifier = ServiceNotifier::default();
    // Pings on through a stop, which takes its time too.
    let ended = CancellationToken::new();
    let _end = ended.clone().drop_guard();
    tokio::spawn(notifier.clone().run_watchdog(ended));
    let http = Http::new(
        config.sending.send_timeout,
        config.sending.allowed_addresses.clone(),
    );
    let make_provider: MakeProvider =
        Arc::new(move |name, address| provider_named(name, address, http.clone()));
    Ok(run(
        config,
        shutdown,
        notifier,
        make_provider,
        rand::random::<f64>,
    )
    .await?)
}
