//! One request to a provider.

use std::time::Duration;

use zapgres_core::error_class::{ErrorClass, SendError, ThrottleScope};
use zapgres_providers::{Accepted, OutgoingMessage, Provider};

/// The HTTP client ends requests itself; this ends what hangs elsewhere.
const MARGIN: Duration = Duration::from_secs(1);

/// Sends one message.
pub(super) async fn send(
    provider: &dyn Provider,
    message: &OutgoingMessage,
    timeout: Duration,
) -> Result<Accepted, SendError> {
    tokio::time::timeout(timeout + MARGIN, provider.send(message))
        .await
        .unwrap_or_else(|_| Err(no_answer()))
}

fn no_answer() -> SendError {
    SendError {
        class: ErrorClass::Uncertain,
        message: "no answer in time".to_owned(),
        scope: ThrottleScope::Channel,
        retry_after: None,
        reached_provider: true,
    }
}
