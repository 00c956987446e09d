//! `zapgres sandbox`.

use std::net::SocketAddr;

use clap::Args;
use zapgres_sandbox::Sandbox;

use super::{environment, say, signals};
use crate::config::{Log, LogSettings};
use crate::logging;

/// Play a WhatsApp provider for trials: accepts messages, shows them on a page, sends nothing
#[derive(Debug, Args)]
pub struct SandboxCommand {
    /// Address and port to listen on; port 0: any free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8899")]
    listen: SocketAddr,
    #[command(flatten)]
    log: LogSettings,
}

impl SandboxCommand {
    /// Serves until stopped.
    pub async fn execute(self) -> anyhow::Result<()> {
        logging::start(&Log::load(self.log, &environment())?)?;
        let shutdown = signals::shutdown_token()?;
        let sandbox = Sandbox::bind(self.listen)?;
        say(&format!(
            "sandbox on http://{}: open it in a browser to see messages arrive",
            sandbox.address()
        ));
        sandbox.serve(shutdown).await?;
        Ok(())
    }
}
