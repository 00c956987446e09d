//! `GET /api/{session}/chats/{chat}/messages`: what was sent in a chat, the newest first.

use serde_json::Value;

use super::{WAHA, answer, chat, message};
use crate::call::{Call, Refusal};
use crate::connections::ConnectionState;
use crate::messages::Message;

/// Messages without a `limit`.
const USUAL_LIMIT: usize = 10;

/// The messages that the filters admit.
pub(super) fn list(call: &Call, session: &str, chat: &str) -> Result<Value, Refusal> {
    answer::check_status(&call.state, session, ConnectionState::Connected)?;
    if call.state.faults.forgets(WAHA, session) {
        let message = "Enable NOWEB store \"config.noweb.store.enabled=True\" and \
                       \"config.noweb.store.full_sync=True\" when starting a new session.";
        return Err(answer::not_available(message));
    }
    let query = call.query();
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<i64>().ok());
    let limit = number("limit").and_then(|limit| usize::try_from(limit).ok());
    let (since, until) = (
        number("filter.timestamp.gte"),
        number("filter.timestamp.lte"),
    );
    let of_others = query
        .get("filter.fromMe")
        .is_some_and(|wanted| wanted == "false");
    let wanted = |message: &Message| {
        let at = message.accepted_at.timestamp();
        message.provider == WAHA
            && message.instance == session
            && chat::of(message) == chat
            && since.is_none_or(|since| at >= since)
            && until.is_none_or(|until| at <= until)
            && !of_others
    };
    let found = call.state.messages.newest_first(wanted);
    let found = found.iter().take(limit.unwrap_or(USUAL_LIMIT));
    Ok(found.map(|sent| message::sent(sent)).collect())
}
