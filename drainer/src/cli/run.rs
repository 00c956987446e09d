//! `zapgres run`.

use crate::cli::signals;
use crate::config::Config;

/// Runs the daemon until it is stopped.
pub async fn execute(config: Config) -> anyhow::Result<()> {
    let shutdown = signals::shutdown_token()?;
    Ok(crate::run::run(config, shutdown).await?)
}
