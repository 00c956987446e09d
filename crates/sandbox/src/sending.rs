//! What becomes of a send that passed its provider's checks: the same for all providers.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::connection::HangUp;
use crate::faults::{Action, StatusAnswer, Target};
use crate::messages::{Draft, Failure, Message};
use crate::provider::{Provider, SendRefusal};
use crate::state::SandboxState;
use crate::stats::Outcome;
use crate::webhooks;

/// A send that passed its provider's checks.
pub(crate) struct Send {
    pub(crate) draft: Draft,
    /// Whether anybody could have this address.
    pub(crate) exists: bool,
    /// How long the provider shows itself typing, within the request.
    pub(crate) typing: Duration,
    /// What befalls the message after it was accepted.
    pub(crate) failure: Option<Failure>,
}

/// Accepts a message and answers it, unless a fault or the connection says otherwise.
pub(crate) async fn send(
    state: Arc<SandboxState>,
    hang_up: HangUp,
    send: Send,
    answer: impl FnOnce(&Message) -> Response + std::marker::Send + 'static,
) -> Response {
    let (delay, course) = send.decided(&state);
    if delay.is_zero() {
        return course.finish(&state, &hang_up, answer);
    }
    // A task of its own: like Evolution, the sandbox sends also when the client has given up.
    let later = async move {
        tokio::select! {
            () = tokio::time::sleep(delay) => course.finish(&state, &hang_up, answer),
            () = state.shutdown.cancelled() => dropped(&state, &hang_up, Outcome::DroppedBefore),
        }
    };
    tokio::spawn(later)
        .await
        .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

impl Send {
    /// A send during which nobody types.
    pub(crate) fn at_once(draft: Draft, exists: bool) -> Self {
        Self {
            draft,
            exists,
            typing: Duration::ZERO,
            failure: None,
        }
    }

    fn decided(self, state: &SandboxState) -> (Duration, Course) {
        let draft = self.draft;
        let verdict = state.faults.strike(
            Target {
                provider: draft.provider,
                instance: &draft.instance,
                address: &draft.address,
            },
            (state.clock)(),
        );
        let failure = match verdict.action {
            Action::FailLater(failure) => Some(failure),
            _ => self.failure,
        };
        let (action, typing) = match verdict.action {
            _ if !self.exists => (Action::NotOnWhatsapp, Duration::ZERO),
            // The number is looked up before the typing.
            Action::NotOnWhatsapp => (Action::NotOnWhatsapp, Duration::ZERO),
            action => (action, self.typing),
        };
        (
            verdict.delay.saturating_add(typing),
            Course {
                draft,
                action,
                failure,
            },
        )
    }
}

/// What shall become of a send.
struct Course {
    draft: Draft,
    action: Action,
    failure: Option<Failure>,
}

impl Course {
    fn finish(
        self,
        state: &Arc<SandboxState>,
        hang_up: &HangUp,
        answer: impl FnOnce(&Message) -> Response,
    ) -> Response {
        let Self {
            draft,
            action,
            failure,
        } = self;
        let provider = draft.provider;
        match action {
            Action::Accept | Action::FailLater(_) | Action::DropAfter
                if !state.connections.is_open(provider, &draft.instance) =>
            {
                let drops = action == Action::DropAfter;
                kept_or_refused(state, hang_up, draft, failure, drops)
            }
            Action::Accept | Action::FailLater(_) => {
                let message = accepted(state, draft, failure);
                state.stats.count(Outcome::Accepted);
                answer(&message)
            }
            Action::DropAfter => {
                accepted(state, draft, failure);
                dropped(state, hang_up, Outcome::DroppedAfter)
            }
            Action::DropBefore => dropped(state, hang_up, Outcome::DroppedBefore),
            Action::Answer(answer) => ordered(state, provider, answer),
            Action::RateLimited { retry_after } => rate_limited(state, provider, retry_after),
            Action::NotOnWhatsapp => {
                let refusal = SendRefusal::NotOnWhatsapp {
                    address: &draft.address,
                    number: &draft.number,
                };
                refused(state, provider, Outcome::NotOnWhatsapp, &refusal)
            }
        }
    }
}

/// What becomes of a message that finds the phone not connected.
fn kept_or_refused(
    state: &Arc<SandboxState>,
    hang_up: &HangUp,
    draft: Draft,
    failure: Option<Failure>,
    drops: bool,
) -> Response {
    let provider = draft.provider;
    match provider.dialect().keep(state, draft, failure) {
        None => {
            let refusal = SendRefusal::Disconnected;
            refused(state, provider, Outcome::Disconnected, &refusal)
        }
        Some(_) if drops => dropped(state, hang_up, Outcome::DroppedAfter),
        Some(answer) => {
            state.stats.count(Outcome::Accepted);
            answer
        }
    }
}

/// Takes a message in, and tells of it.
pub(crate) fn accepted(
    state: &Arc<SandboxState>,
    draft: Draft,
    failure: Option<Failure>,
) -> Arc<Message> {
    let message = state.messages.accept(draft);
    webhooks::announce_sent(state, &message, failure);
    message
}

fn refused(
    state: &SandboxState,
    provider: Provider,
    outcome: Outcome,
    refusal: &SendRefusal<'_>,
) -> Response {
    state.stats.count(outcome);
    provider.dialect().refused(refusal)
}

fn rate_limited(state: &SandboxState, provider: Provider, retry_after: Duration) -> Response {
    let seconds = retry_after.as_millis().div_ceil(1000).max(1);
    let mut response = refused(
        state,
        provider,
        Outcome::RateLimited,
        &SendRefusal::RateLimited,
    );
    if let Ok(seconds) = HeaderValue::from_str(&seconds.to_string()) {
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

/// Closes the connection; the response is never written.
fn dropped(state: &SandboxState, hang_up: &HangUp, outcome: Outcome) -> Response {
    state.stats.count(outcome);
    hang_up.now();
    Response::new(Body::empty())
}

/// The answer that a `status` fault asks for.
fn ordered(state: &SandboxState, provider: Provider, answer: StatusAnswer) -> Response {
    let status = StatusCode::from_u16(answer.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    state.stats.count(Outcome::FaultStatus);
    let mut response = match answer.body {
        None => provider.dialect().refused(&SendRefusal::Status(status)),
        Some(Value::String(text)) => (status, text).into_response(),
        Some(json) => json_answer(status, &json),
    };
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// A JSON answer with the content type that the providers give it.
pub(crate) fn json_answer(status: StatusCode, json: &Value) -> Response {
    let mut response = Response::new(Body::from(json.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}
