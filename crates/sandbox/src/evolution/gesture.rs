//! What clients do around a message, and what leaves none: to be seen writing, or reading.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::answer::Refusal;
use super::request::{admit, read_body};
use super::schema::{Complaints, Field, List, Object, Rule};
use crate::sending::json_answer;
use crate::state::SandboxState;
use crate::stats::Outcome;

const AVAILABILITY: Field = Field::new("presence", Rule::OneOf(&["unavailable", "available"]));
const PRESENCE: [Field; 3] = [
    Field::new("number", Rule::Text),
    Field::new("delay", Rule::Integer(0, i64::MAX)),
    Field::new(
        "presence",
        Rule::OneOf(&[
            "unavailable",
            "available",
            "composing",
            "recording",
            "paused",
        ]),
    ),
];
const READ_MESSAGES: Field = Field::new(
    "readMessages",
    Rule::List(&List {
        shortest: 1,
        longest: usize::MAX,
        item: Field::new(
            "readMessage",
            Rule::Object(&Object {
                fields: &[
                    Field::new("id", Rule::Text),
                    Field::new("fromMe", Rule::Flag),
                    Field::new("remoteJid", Rule::Text),
                ],
                required: &["id", "fromMe", "remoteJid"],
                not_empty: &["id", "remoteJid"],
            }),
        ),
    }),
);

/// `POST /instance/setPresence/{instance}`, `/chat/sendPresence/{instance}`, `/chat/markMessageAsRead/{instance}`. The pause of a
/// presence is left out.
pub(super) async fn gesture(
    State(state): State<Arc<SandboxState>>,
    OriginalUri(uri): OriginalUri,
    Path(instance): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let answer = read_body(&headers, body).and_then(|fields| {
        admit(&state, &headers, &instance)?;
        answer(uri.path(), &fields).map_err(Refusal::schema)
    });
    match answer {
        Ok(answer) => {
            state.stats.count(Outcome::Answered);
            json_answer(StatusCode::CREATED, &answer)
        }
        Err(refusal) => refusal.counted(&state),
    }
}

fn answer(path: &str, fields: &Map<String, Value>) -> Result<Value, Vec<String>> {
    if path.starts_with("/chat/markMessageAsRead/") {
        check(&[READ_MESSAGES], &["readMessages"], fields)?;
        return Ok(json!({"message": "Read messages", "read": "success"}));
    }
    if path.starts_with("/instance/") {
        check(&[AVAILABILITY], &["presence"], fields)?;
    } else {
        check(&PRESENCE, &["number", "presence", "delay"], fields)?;
    }
    Ok(json!({"presence": fields["presence"]}))
}

fn check(
    known: &[Field],
    required: &[&str],
    fields: &Map<String, Value>,
) -> Result<(), Vec<String>> {
    let mut complaints = Complaints::default();
    complaints.fields(known, fields);
    complaints.required(required, fields);
    complaints.end()
}
