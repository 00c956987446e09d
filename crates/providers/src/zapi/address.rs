//! How Z-API spells addresses: digits, `…-group`, `…@lid`.

use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::recipient::Recipient;

use crate::provider::OutgoingMessage;

/// The address to send to.
pub(super) fn to(message: &OutgoingMessage) -> Result<String, SendError> {
    if let Some(address) = &message.confirmed_address {
        return Ok(address.clone());
    }
    match &message.recipient {
        Recipient::Phone(number) => Ok(number.digits().to_owned()),
        Recipient::Lid(id) => Ok(format!("{id}@lid")),
        // Groups of before 2021 are named after who founded them and when, and have no suffix.
        Recipient::Group(id) if id.contains('-') => Ok(id.clone()),
        Recipient::Group(id) => Ok(format!("{id}-group")),
        Recipient::Bsuid(_) => Err(SendError::before_sending(
            ErrorClass::Rejected,
            "zapi cannot send to a Meta user id (bsuid); it needs a number, a lid or a group"
                .to_owned(),
        )),
    }
}

/// Whom an address of Z-API means; none for newsletters and broadcast lists.
pub(super) fn parse(address: &str) -> Option<Recipient> {
    let (kind, id) = if let Some(id) = address.strip_suffix("-group") {
        ("group", id.to_owned())
    } else if address.ends_with("@lid") {
        ("lid", address.to_owned())
    } else if address.bytes().all(|byte| byte.is_ascii_digit()) {
        // Always with its country code.
        ("phone", format!("+{address}"))
    } else {
        ("group", address.to_owned())
    };
    Recipient::parse(kind, &id).ok()
}
