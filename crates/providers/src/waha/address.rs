//! How WAHA writes chats (`5511987654321@c.us`) and messages (`true_5511987654321@c.us_3EB0C5A277`).

use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::phone::PhoneNumber;
use zapgres_core::recipient::Recipient;

use crate::provider::OutgoingMessage;

/// The chat to send to. WAHA takes no `@s.whatsapp.net` there, which other providers confirm numbers with.
pub(super) fn chat_of(message: &OutgoingMessage) -> Result<String, SendError> {
    if let Some(confirmed) = &message.confirmed_address {
        let confirmed = confirmed.trim_start_matches('+');
        let (user, server) = confirmed.split_once('@').unwrap_or((confirmed, "c.us"));
        let server = if server == "s.whatsapp.net" {
            "c.us"
        } else {
            server
        };
        return Ok(format!("{user}@{server}"));
    }
    match &message.recipient {
        Recipient::Phone(number) => Ok(format!("{}@c.us", number.digits())),
        Recipient::Lid(id) => Ok(format!("{id}@lid")),
        Recipient::Group(id) => Ok(format!("{id}@g.us")),
        Recipient::Bsuid(_) => Err(SendError::before_sending(
            ErrorClass::RecipientInvalid,
            "WAHA does not know Meta's ids of persons; it needs a number".to_owned(),
        )),
    }
}

/// The chats in which a message may be: where nobody has confirmed an address, a Brazilian mobile's may lack the ninth
/// digit.
pub(super) fn spellings(message: &OutgoingMessage) -> Result<Vec<String>, SendError> {
    let mut chats = vec![chat_of(message)?];
    if message.confirmed_address.is_none()
        && let Some(digits) = message.recipient.phone().map(PhoneNumber::digits)
        && digits.len() == 13
        && digits.starts_with("55")
        && digits[4..].starts_with('9')
    {
        chats.push(format!("{}{}@c.us", &digits[..4], &digits[5..]));
    }
    Ok(chats)
}

/// Whom a chat is with; none for channels, broadcast lists and what is not a chat.
pub(super) fn recipient(chat: &str) -> Option<Recipient> {
    let (user, server) = chat.split_once('@')?;
    // `5511987654321:12` is the twelfth device of that person.
    let (user, _device) = user.split_once(':').unwrap_or((user, ""));
    let kind = match server {
        "c.us" | "s.whatsapp.net" => return Recipient::parse("phone", chat).ok(),
        "lid" => "lid",
        "g.us" => "group",
        _ => return None,
    };
    Recipient::parse(kind, user).ok()
}

/// The id of a message as Zapgres keeps it. Of our own messages that is the part that is unique: chats are spelt
/// differently in the answer to a send and in its receipts (with or without the ninth digit, by number or by LID), and
/// some engines tell that part only. Ids of other people's messages stay whole: quoting them needs the chat.
pub(super) fn kept_id(id: &str) -> &str {
    match parts(id) {
        Some(("true", _, unique)) => unique,
        _ => id,
    }
}

/// The chat that an id names.
pub(super) fn chat_in(id: &str) -> Option<&str> {
    parts(id).map(|(_, chat, _)| chat)
}

/// The whole id of a message of that chat.
pub(super) fn whole_id(kept: &str, chat: &str, from_me: bool) -> String {
    match parts(kept) {
        Some(_) => kept.to_owned(),
        None => format!("{from_me}_{chat}_{kept}"),
    }
}

/// Whose, chat, and what is unique. In groups the author follows, after one more `_`.
fn parts(id: &str) -> Option<(&str, &str, &str)> {
    let mut parts = id.split('_');
    let whose = parts
        .next()
        .filter(|whose| matches!(*whose, "true" | "false"))?;
    let chat = parts.next()?;
    let unique = parts.next().filter(|unique| !unique.is_empty())?;
    Some((whose, chat, unique))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_messages_have_one_id_however_their_chat_is_spelt() {
        for id in [
            "true_5511987654321@c.us_3EB0",
            "true_551187654321@s.whatsapp.net_3EB0",
            "true_123@lid_3EB0",
            "true_1-2@g.us_3EB0_5511987654321@c.us",
            "3EB0",
        ] {
            assert_eq!(kept_id(id), "3EB0", "{id}");
        }
    }

    #[test]
    fn ids_of_other_people_and_strange_ones_stay_as_they_are() {
        for id in [
            "false_5511987654321@c.us_3EB0",
            "true_",
            "true_x",
            "true_x_",
            "_",
            "a_b_c",
        ] {
            assert_eq!(kept_id(id), id);
        }
    }

    #[test]
    fn what_was_shortened_becomes_whole_again() {
        let chat = "5511987654321@c.us";
        let theirs = "false_123@lid_A";
        assert_eq!(whole_id("A", chat, true), "true_5511987654321@c.us_A");
        assert_eq!(whole_id("A", chat, false), "false_5511987654321@c.us_A");
        assert_eq!(whole_id(theirs, chat, true), theirs);
        assert_eq!(chat_in(theirs), Some("123@lid"));
        assert_eq!(chat_in("A"), None);
    }
}
