//! SIGTERM and SIGINT: the first asks for a stop, the second does not wait for it.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// Exit code of a stop that did not wait.
const IMPATIENT: i32 = 130;

/// Returns a token that is cancelled by the first signal.
///
/// # Errors
/// The system lets no handler be installed.
pub fn shutdown_token() -> std::io::Result<CancellationToken> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let token = CancellationToken::new();
    let shutdown = token.clone();
    tokio::spawn(async move {
        let mut next = async || {
            tokio::select! {
                _ = terminate.recv() => "SIGTERM",
                _ = interrupt.recv() => "SIGINT",
            }
        };
        let name = next().await;
        info!(signal = name, "stopping; a second signal stops at once");
        shutdown.cancel();
        let name = next().await;
        warn!(
            signal = name,
            "stopped at once; what was on its way is looked after at the next start"
        );
        std::process::exit(IMPATIENT);
    });
    Ok(token)
}
