//! The queue: messages that were accepted while the phone is not connected.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::{Method, StatusCode};
use axum::response::Response;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::send::{named, zaap_id};
use super::{ZAPI, answer, phone};
use crate::call::{Call, Refusal};
use crate::messages::{Draft, Failure};
use crate::provider::Dialect;
use crate::sending::{self, json_answer};
use crate::state::SandboxState;

/// Messages that an instance's queue has room for.
const ROOM: usize = 1000;
const USUAL_PAGE: usize = 20;
const LARGEST_PAGE: usize = 30;

/// The queue of every instance.
#[derive(Default)]
pub(crate) struct Queues(Mutex<BTreeMap<String, VecDeque<Queued>>>);

struct Queued {
    id: String,
    draft: Draft,
    failure: Option<Failure>,
    created: DateTime<Utc>,
}

impl Queues {
    /// Takes a message in; none when the queue is full.
    fn push(&self, queued: Queued) -> Option<()> {
        let mut queues = self.lock();
        let queue = queues.entry(queued.draft.instance.clone()).or_default();
        if queue.len() >= ROOM {
            return None;
        }
        queue.push_back(queued);
        Some(())
    }

    fn take(&self, instance: &str) -> VecDeque<Queued> {
        self.lock().remove(instance).unwrap_or_default()
    }

    fn rows(&self, instance: &str) -> Vec<Value> {
        let queues = self.lock();
        let queue = queues.get(instance).into_iter().flatten();
        queue.map(Queued::row).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, VecDeque<Queued>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queued {
    fn row(&self) -> Value {
        let Draft {
            instance,
            number,
            address,
            text,
            ..
        } = &self.draft;
        let phone = if address.ends_with("@s.whatsapp.net") {
            number.clone()
        } else {
            phone::spelled(address)
        };
        let zaap_id = zaap_id(&self.id);
        json!({
            "_id": zaap_id,
            "ZaapId": zaap_id,
            "MessageId": self.id,
            "InstanceId": instance,
            "Phone": phone,
            "Message": text,
            "DelayMessage": -1,
            "DelayTyping": 0,
            "Created": self.created.timestamp_millis(),
            "CreatedAt": self.created.to_rfc3339_opts(SecondsFormat::Millis, true),
            "IsTrial": false,
            "Beta": false,
        })
    }
}

/// Keeps a message until the phone is connected; none when there is no room.
pub(super) fn keep(
    state: &Arc<SandboxState>,
    draft: Draft,
    failure: Option<Failure>,
) -> Option<Response> {
    let (run, place) = Uuid::new_v4().as_u64_pair();
    let id = super::ZapiDialect.message_id(run >> 24, place >> 32);
    let answer = json_answer(StatusCode::OK, &named(&id));
    let instance = draft.instance.clone();
    state.zapi_queues.push(Queued {
        id,
        draft,
        failure,
        created: (state.clock)(),
    })?;
    // It may have been connected just before.
    if state.connections.is_open(ZAPI, &instance) {
        release(state, &instance);
    }
    Some(answer)
}

/// Sends all that waits, in its order.
pub(super) fn release(state: &Arc<SandboxState>, instance: &str) {
    for queued in state.zapi_queues.take(instance) {
        let draft = Draft {
            id: Some(queued.id),
            ..queued.draft
        };
        sending::accepted(state, draft, queued.failure);
    }
}

/// `GET /queue` (an array), `POST /queue` (with a cursor), `DELETE /queue`.
pub(super) fn all(call: &Call, instance: &str) -> Result<Value, Refusal> {
    if call.method == Method::DELETE {
        call.state.zapi_queues.take(instance);
        return Ok(json!({"message": "Queue cleared successfully"}));
    }
    let rows = call.state.zapi_queues.rows(instance);
    if call.method == Method::GET {
        return Ok(numbered_page(call, &rows));
    }
    let body = Value::Object(answer::fields(call)?);
    let size = body["pageSize"].as_u64().map_or(USUAL_PAGE, size);
    let begin = match &body["pagingState"] {
        Value::Null => 0,
        cursor => cursor
            .as_str()
            .and_then(|cursor| cursor.parse().ok())
            .ok_or_else(|| answer::invalid("pagingState is invalid"))?,
    };
    let page: Vec<&Value> = rows
        .iter()
        .skip(begin)
        .take(size.min(LARGEST_PAGE))
        .collect();
    let end = begin.saturating_add(page.len());
    let more = end < rows.len();
    let cursor = more.then(|| end.to_string());
    Ok(json!({"messages": page, "pagingState": cursor, "hasMore": more}))
}

fn numbered_page(call: &Call, rows: &[Value]) -> Value {
    let query = call.query();
    let number = |name: &str| query.get(name).and_then(|text| text.parse().ok());
    let count = number("pageSize").map_or(100, size);
    let page = number("page").map_or(1, size);
    let begin = (page - 1).saturating_mul(count);
    rows.iter().skip(begin).take(count).cloned().collect()
}

fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX).max(1)
}

/// `GET /queue/count`.
pub(super) fn count(state: &SandboxState, instance: &str) -> Value {
    json!({"count": state.zapi_queues.rows(instance).len()})
}

/// `DELETE /queue/{zaapId}`.
pub(super) fn cancel(state: &SandboxState, instance: &str, id: &str) -> Result<Value, Refusal> {
    let mut queues = state.zapi_queues.lock();
    let queue = queues.get_mut(instance);
    let found = queue.and_then(|queue| {
        let place = queue.iter().position(|queued| zaap_id(&queued.id) == id)?;
        queue.remove(place)
    });
    match found {
        Some(_) => Ok(json!({"message": "Message cancelled successfully"})),
        None => Err(answer::invalid(&format!(
            "job not found or already processed: {id}"
        ))),
    }
}
