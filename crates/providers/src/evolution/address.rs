//! WhatsApp's own addresses (`5511987654321@s.whatsapp.net`), as Evolution API writes and takes them.

use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::recipient::Recipient;

use crate::provider::OutgoingMessage;

/// Whom an address means; none for lists, channels and statuses, which are nobody to talk to.
pub(super) fn recipient(jid: &str) -> Option<Recipient> {
    let (user, server) = jid.split_once('@')?;
    // The device of the person: it changes with the phone.
    let user = user.split_once(':').map_or(user, |(user, _)| user);
    match server {
        "s.whatsapp.net" | "c.us" => Recipient::parse("phone", jid).ok(),
        "lid" => Recipient::parse("lid", user).ok(),
        "g.us" => Recipient::parse("group", user).ok(),
        _ => None,
    }
}

/// The `number` of a request: the confirmed address, else digits for a phone.
pub(super) fn number(message: &OutgoingMessage) -> Result<String, SendError> {
    if let Some(confirmed) = &message.confirmed_address {
        return Ok(confirmed.clone());
    }
    match &message.recipient {
        Recipient::Phone(phone) => Ok(phone.digits().to_owned()),
        Recipient::Lid(id) => Ok(format!("{id}@lid")),
        Recipient::Group(id) => Ok(format!("{id}@g.us")),
        Recipient::Bsuid(_) => Err(SendError::before_sending(
            ErrorClass::Rejected,
            "evolution knows no users by Meta's id: send to a phone number".to_owned(),
        )),
    }
}

/// The `remoteJid` of a chat with the recipient.
pub(super) fn jid(message: &OutgoingMessage) -> Result<String, SendError> {
    number(message).map(with_server)
}

/// Every address under which a message to the recipient may be stored, the likeliest first. Brazilian mobiles registered
/// long ago have no ninth digit there.
pub(super) fn stored(message: &OutgoingMessage) -> Vec<String> {
    let mut numbers: Vec<String> = number(message).into_iter().collect();
    if let Recipient::Phone(phone) = &message.recipient {
        let digits = phone.digits();
        numbers.push(digits.to_owned());
        if digits.len() == 13 && digits.starts_with("55") && digits[4..].starts_with('9') {
            numbers.push(format!("{}{}", &digits[..4], &digits[5..]));
        }
    }
    let mut addresses = Vec::with_capacity(numbers.len());
    for address in numbers.into_iter().map(with_server) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses
}

fn with_server(number: String) -> String {
    if number.contains('@') {
        number
    } else {
        format!("{number}@s.whatsapp.net")
    }
}
