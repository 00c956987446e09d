//! What Evolution API tells of a number's connection.

use serde_json::Value;
use zapgres_core::error_text;

use crate::health::ConnectionState;
use crate::webhook::Event;

/// `connection.update`: `{"state": "open|connecting|close|refused", "statusReason": 200}`.
pub(super) fn update(data: &Value) -> Option<Event> {
    let state = data.get("state")?.as_str()?;
    let event = match state {
        "open" => connection(ConnectionState::Connected, None),
        "connecting" => connection(ConnectionState::Connecting, None),
        // `refused`: nobody has scanned the codes that were shown.
        _ => connection(
            ConnectionState::Disconnected,
            Some(with_reason(state, data.get("statusReason"))),
        ),
    };
    Some(event)
}

/// `qrcode.updated`: `{"qrcode": {…}}`, or `{"message": …}` when no more codes are shown. The code is not repeated: whoever
/// has it has the number.
pub(super) fn qr_code(data: &Value) -> Event {
    let message = data.get("message").and_then(Value::as_str);
    connection(
        ConnectionState::AwaitsPairing,
        message.map(error_text::presentable),
    )
}

/// `status.instance` and `logout.instance`: Evolution does not connect again by itself.
pub(super) fn logged_out(data: &Value) -> Event {
    let detail = with_reason("logged out", data.get("disconnectionReasonCode"));
    connection(ConnectionState::Disconnected, Some(detail))
}

fn with_reason(what: &str, reason: Option<&Value>) -> String {
    let what = error_text::presentable(what);
    match reason.and_then(Value::as_i64) {
        Some(code) => format!("{what}, reason {code}"),
        None => what,
    }
}

const fn connection(state: ConnectionState, detail: Option<String>) -> Event {
    Event::Connection { state, detail }
}
