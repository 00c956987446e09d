//! The status of a WAHA session, which is what connects a number.

use crate::health::ConnectionState;

/// What a status means; none: not known.
pub(super) fn state(status: &str) -> Option<ConnectionState> {
    match status {
        "WORKING" => Some(ConnectionState::Connected),
        "STARTING" => Some(ConnectionState::Connecting),
        "SCAN_QR_CODE" | "PASSKEY_REQUIRED" | "PASSKEY_CONFIRMATION_REQUIRED" => {
            Some(ConnectionState::AwaitsPairing)
        }
        "STOPPED" | "FAILED" => Some(ConnectionState::Disconnected),
        _ => None,
    }
}
