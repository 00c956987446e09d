//! `GET /api/contacts/check-exists`: which numbers are on WhatsApp.

use serde_json::{Value, json};

use super::{WAHA, answer, chat};
use crate::call::{Call, Refusal};
use crate::connections::ConnectionState;
use crate::evolution::can_exist;
use crate::faults::Target;

/// Whether a number is on WhatsApp, and the chat that it has there: without the ninth digit, where the
/// account is registered so.
pub(super) fn check_exists(call: &Call) -> Result<Value, Refusal> {
    let query = call.query();
    let parameter = |name: &str| query.get(name).map_or("", String::as_str);
    let (phone, session) = (parameter("phone"), parameter("session"));
    if phone.is_empty() {
        return Err(answer::invalid("phone must be a string"));
    }
    answer::check_status(&call.state, session, ConnectionState::Connected)?;
    let address = chat::address(phone);
    let hidden = call.state.faults.hides(Target {
        provider: WAHA,
        instance: session,
        address: &address,
    });
    if hidden || !can_exist(&address) {
        return Ok(json!({"numberExists": false}));
    }
    Ok(json!({"numberExists": true, "chatId": chat::spelled(&address)}))
}
