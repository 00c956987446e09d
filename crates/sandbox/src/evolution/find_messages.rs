//! `POST /chat/findMessages/{instance}`: the history of messages, the newest first.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::DateTime;
use serde_json::{Map, Value, json};

use super::request::{admit, read_body};
use super::send::stable_id;
use super::whatsapp_message::whatsapp_message;
use crate::messages::Message;
use crate::provider::Provider;
use crate::sending::json_answer;
use crate::state::SandboxState;
use crate::stats::Outcome;

/// Size of a page when the question names none. Evolution calls it `offset`.
const PAGE_SIZE: u64 = 50;

/// Answers as a server that stores what it sends.
pub(super) async fn find_messages(
    State(state): State<Arc<SandboxState>>,
    Path(instance): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let admitted = read_body(&headers, body)
        .and_then(|fields| admit(&state, &headers, &instance).map(|()| fields));
    let fields = match admitted {
        Ok(fields) => fields,
        Err(refusal) => return refusal.counted(&state),
    };
    let filter = Filter::of(&fields);
    let found = if state.faults.forgets(Provider::Evolution, &instance) {
        Vec::new()
    } else {
        state.messages.newest_first(|message| {
            message.provider == Provider::Evolution
                && message.instance == instance
                && filter.admits(message)
        })
    };
    state.stats.count(Outcome::Answered);
    json_answer(StatusCode::OK, &page(&fields, &found))
}

/// What is asked for. A filter that is left out lets everything pass.
struct Filter<'a> {
    id: Option<&'a str>,
    addresses: Vec<&'a str>,
    seconds: Option<(i64, i64)>,
    kind: Option<&'a str>,
}

impl<'a> Filter<'a> {
    fn of(fields: &'a Map<String, Value>) -> Self {
        let wanted = fields.get("where");
        let text = |pointer| wanted?.pointer(pointer)?.as_str();
        let names = ["/key/remoteJid", "/key/remoteJidAlt"].map(text);
        // One of the two alternatives without a condition makes both pass.
        let addresses = if names.contains(&None) {
            Vec::new()
        } else {
            names.into_iter().flatten().collect()
        };
        let second = |pointer| {
            let time = DateTime::parse_from_rfc3339(text(pointer)?).ok()?;
            Some(time.timestamp())
        };
        let (from, to) = (
            second("/messageTimestamp/gte"),
            second("/messageTimestamp/lte"),
        );
        Self {
            id: text("/key/id"),
            addresses,
            // One of them alone is ignored.
            seconds: from.zip(to),
            kind: text("/messageType"),
        }
    }

    fn admits(&self, message: &Message) -> bool {
        let at = message.accepted_at.timestamp();
        self.id.is_none_or(|id| id == message.id)
            && (self.addresses.is_empty() || self.addresses.contains(&message.address.as_str()))
            && self
                .seconds
                .is_none_or(|(from, to)| (from..=to).contains(&at))
            && self
                .kind
                .is_none_or(|kind| kind == whatsapp_message(message).0)
    }
}

fn page(fields: &Map<String, Value>, found: &[Arc<Message>]) -> Value {
    let positive = |name: &str| {
        let number = fields.get(name).and_then(Value::as_u64);
        number.filter(|number| *number > 0)
    };
    let (size, number) = (
        positive("offset").unwrap_or(PAGE_SIZE),
        positive("page").unwrap_or(1),
    );
    let skipped = usize::try_from(size.saturating_mul(number - 1)).unwrap_or(usize::MAX);
    let taken = usize::try_from(size).unwrap_or(usize::MAX);
    let records: Vec<Value> = found
        .iter()
        .skip(skipped)
        .take(taken)
        .map(|message| record(message))
        .collect();
    json!({"messages": {
        "total": found.len(),
        "pages": (found.len() as u64).div_ceil(size),
        "currentPage": number,
        "records": records,
    }})
}

/// The id of the message's row in Evolution's database.
pub(super) fn row_id(message: &Message) -> String {
    format!("c{}{:08}", message.id.to_lowercase(), message.sequence)
}

fn record(message: &Message) -> Value {
    let (message_type, content) = whatsapp_message(message);
    json!({
        "id": row_id(message),
        "key": {"id": message.id, "fromMe": true, "remoteJid": message.address},
        "pushName": "Você",
        "messageType": message_type,
        "message": {message_type: content},
        "messageTimestamp": message.accepted_at.timestamp(),
        "instanceId": stable_id(&message.instance).to_string(),
        "source": "unknown",
        "contextInfo": null,
        "MessageUpdate": [],
    })
}
