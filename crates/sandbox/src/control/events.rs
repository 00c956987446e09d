//! `/sandbox/events`: accepted messages as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::watch;

use crate::messages::{Message, Progress};
use crate::state::SandboxState;

/// Messages read from the store at once.
const PAGE: usize = 500;

/// Where to begin.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Start {
    /// With so many of the messages accepted before; without it, with what comes next.
    #[serde(default)]
    last: u64,
}

/// `GET`: `start` (`run`, `clearings`) first, then `message` for every one accepted, and `cleared`
/// (the same fields) when they were forgotten. `Last-Event-ID` goes on after that event; an id of
/// an earlier run counts as none.
pub(super) async fn follow(
    State(state): State<Arc<SandboxState>>,
    headers: HeaderMap,
    start: Result<Query<Start>, QueryRejection>,
) -> Response {
    let start = match start {
        Ok(Query(start)) => start,
        Err(rejection) => {
            let error = json!({"error": rejection.body_text()});
            return (StatusCode::BAD_REQUEST, Json(error)).into_response();
        }
    };
    let resumed = headers
        .get("last-event-id")
        .and_then(|id| id.to_str().ok())
        .and_then(|id| sequence_of(id, &state.messages.run()));
    Sse::new(events(state, resumed, start.last))
        .keep_alive(KeepAlive::default())
        .into_response()
}

/// The sequence in an event id (`run-sequence`) of this run.
fn sequence_of(id: &str, run: &str) -> Option<u64> {
    id.strip_prefix(run)?.strip_prefix('-')?.parse().ok()
}

/// Tells a client whose messages these are: same run, not cleared since.
fn mark(event: &str, run: &str, clearings: u64) -> Event {
    let data = json!({"run": run, "clearings": clearings});
    Event::default().event(event).data(data.to_string())
}

struct Follower {
    state: Arc<SandboxState>,
    run: String,
    changes: watch::Receiver<Progress>,
    cursor: u64,
    clearings: u64,
}

fn events(
    state: Arc<SandboxState>,
    resumed: Option<u64>,
    last: u64,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let changes = state.messages.watch();
    let Progress { latest, clearings } = state.messages.progress();
    let run = state.messages.run();
    let start = mark("start", &run, clearings);
    let shutdown = state.shutdown.clone();
    let cursor = resumed.unwrap_or(latest.saturating_sub(last));
    let follower = Follower {
        state,
        run,
        changes,
        cursor,
        clearings,
    };
    let news = stream::unfold(follower, |mut follower| async move {
        let events = follower.next_events().await?;
        Some((stream::iter(events), follower))
    });
    stream::once(async { start })
        .chain(news.flatten())
        .map(Ok)
        .take_until(shutdown.cancelled_owned())
}

impl Follower {
    /// The next events, as soon as there are any; none when the sandbox ends.
    async fn next_events(&mut self) -> Option<Vec<Event>> {
        loop {
            let clearings = self.changes.borrow_and_update().clearings;
            if clearings != self.clearings {
                self.clearings = clearings;
                return Some(vec![mark("cleared", &self.run, clearings)]);
            }
            let page = self.state.messages.after(self.cursor, PAGE);
            if let Some(newest) = page.last() {
                self.cursor = newest.sequence;
                return Some(page.iter().map(|message| self.event(message)).collect());
            }
            self.changes.changed().await.ok()?;
        }
    }

    fn event(&self, message: &Message) -> Event {
        Event::default()
            .event("message")
            .id(format!("{}-{}", self.run, message.sequence))
            .data(serde_json::to_string(message).unwrap_or_default())
    }
}
