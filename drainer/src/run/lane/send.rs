//! One request to a provider.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use zapgres_core::error_class::{ErrorClass, SendError, ThrottleScope};
use zapgres_core::message::MessageBody;
use zapgres_core::recipient::Recipient;
use zapgres_providers::{Accepted, OutgoingMessage, Provider};

use super::mark::Marked;

/// The HTTP client ends requests itself; this ends what hangs elsewhere.
const MARGIN: Duration = Duration::from_secs(1);

/// Sends one message, and tells how long the answer took.
pub(crate) async fn send(
    provider: Arc<dyn Provider>,
    marked: &Marked,
    timeout: Duration,
) -> (Result<Accepted, SendError>, Duration) {
    let begin = Instant::now();
    let answer = match message(&marked.kind, &marked.recipient, &marked.body) {
        Ok(message) => tokio::time::timeout(timeout + MARGIN, provider.send(&message))
            .await
            .unwrap_or_else(|_| Err(no_answer())),
        Err(unsendable) => Err(unsendable),
    };
    (answer, begin.elapsed())
}

/// The message as a provider takes it.
pub(crate) fn message(
    kind: &str,
    recipient: &str,
    body: &str,
) -> Result<OutgoingMessage, SendError> {
    let body = MessageBody::from_parts(kind, Some(body), None)
        .map_err(|error| SendError::before_sending(ErrorClass::Rejected, error.to_string()))?;
    let recipient = Recipient::parse("phone", recipient).map_err(|error| {
        SendError::before_sending(ErrorClass::RecipientInvalid, error.to_string())
    })?;
    Ok(OutgoingMessage::new(recipient, body))
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
