//! `/sandbox/messages`.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::messages::Message;
use crate::state::SandboxState;

/// Messages written at once: a million of them are never copied whole.
const PAGE: usize = 1_000;

/// Which messages.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Selection {
    /// Only of this instance.
    instance: Option<String>,
    /// Only those that follow this sequence.
    #[serde(default)]
    after: u64,
}

/// `GET`: a JSON array, oldest first, up to the newest at the time of asking.
pub(super) async fn list(
    State(state): State<Arc<SandboxState>>,
    selection: Result<Query<Selection>, QueryRejection>,
) -> Response {
    match selection {
        Ok(Query(selection)) => {
            let body = Body::from_stream(json_array(state, selection));
            ([(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
        Err(rejection) => {
            let error = json!({"error": rejection.body_text()});
            (StatusCode::BAD_REQUEST, Json(error)).into_response()
        }
    }
}

/// `DELETE`: forgets them all; sequences go on.
pub(super) async fn clear(State(state): State<Arc<SandboxState>>) -> Json<Value> {
    Json(json!({"cleared": state.messages.clear()}))
}

struct Writer {
    state: Arc<SandboxState>,
    instance: Option<String>,
    cursor: u64,
    last: u64,
    /// What comes before the next message: the bracket first, a comma later.
    separator: &'static str,
    ended: bool,
}

fn json_array(
    state: Arc<SandboxState>,
    selection: Selection,
) -> impl Stream<Item = Result<Bytes, serde_json::Error>> {
    let writer = Writer {
        last: state.messages.progress().latest,
        state,
        instance: selection.instance,
        cursor: selection.after,
        separator: "[",
        ended: false,
    };
    stream::try_unfold(writer, |mut writer| async move {
        let chunk = writer.next_chunk()?;
        Ok(chunk.map(|chunk| (chunk, writer)))
    })
}

impl Writer {
    fn next_chunk(&mut self) -> Result<Option<Bytes>, serde_json::Error> {
        if self.ended {
            return Ok(None);
        }
        let mut chunk = Vec::new();
        let page = self.state.messages.after(self.cursor, PAGE);
        let last = self.last;
        for message in page.iter().take_while(|message| message.sequence <= last) {
            self.write(message, &mut chunk)?;
        }
        match page.last() {
            Some(newest) if newest.sequence < self.last => self.cursor = newest.sequence,
            _ => {
                self.ended = true;
                chunk.extend_from_slice(if self.separator == "[" { b"[]" } else { b"]" });
            }
        }
        Ok(Some(chunk.into()))
    }

    fn write(&mut self, message: &Message, chunk: &mut Vec<u8>) -> Result<(), serde_json::Error> {
        if self
            .instance
            .as_ref()
            .is_some_and(|instance| *instance != message.instance)
        {
            return Ok(());
        }
        chunk.extend_from_slice(self.separator.as_bytes());
        self.separator = ",\n";
        serde_json::to_writer(chunk, message)
    }
}
