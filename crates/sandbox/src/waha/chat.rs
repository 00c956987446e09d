//! How WAHA writes chats (`5511987654321@c.us`) and messages (`true_5511987654321@c.us_3EB0C5A277`).

use crate::evolution::{address_of, digits_of};
use crate::messages::Message;

/// The address that a chat means.
pub(super) fn address(chat: &str) -> String {
    match chat.strip_suffix("@c.us") {
        Some(number) => address_of(number),
        None => address_of(chat),
    }
}

/// The chat of an address.
pub(super) fn spelled(address: &str) -> String {
    match address.strip_suffix("@s.whatsapp.net") {
        Some(number) => format!("{number}@c.us"),
        None => address.to_owned(),
    }
}

/// The chat of a message, as it was sent: WAHA corrects no number.
pub(super) fn of(message: &Message) -> String {
    if message.address.ends_with("@s.whatsapp.net") {
        return format!("{}@c.us", message.number);
    }
    message.address.clone()
}

/// Whether a message went to the number that the account is registered with. Another spelling of it
/// is taken and never arrives.
pub(super) fn arrives(message: &Message) -> bool {
    !message.address.ends_with("@s.whatsapp.net") || digits_of(&message.address) == message.number
}

/// The whole id of a message.
pub(super) fn whole_id(from_me: bool, chat: &str, id: &str) -> String {
    format!("{from_me}_{chat}_{id}")
}

/// The part of an id that is unique; all of an id that has no others.
pub(super) fn unique(id: &str) -> &str {
    let mut parts = id.split('_');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("true" | "false"), Some(_), Some(unique)) => unique,
        _ => id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_apart_as_they_were_put_together() {
        let chat = "5511987654321@c.us";
        assert_eq!(whole_id(true, chat, "3EB0"), "true_5511987654321@c.us_3EB0");
        assert_eq!(unique("true_5511987654321@c.us_3EB0"), "3EB0");
        assert_eq!(unique("false_1-2@g.us_3EB0_5511987654321@c.us"), "3EB0");
        assert_eq!(unique("3EB0"), "3EB0");
    }

    #[test]
    fn chats_are_numbers_groups_and_lids() {
        for (chat, known) in [
            ("5511987654321@c.us", "5511987654321@s.whatsapp.net"),
            ("120363025246125486@g.us", "120363025246125486@g.us"),
            ("123@lid", "123@lid"),
        ] {
            assert_eq!(address(chat), known);
            assert_eq!(spelled(known), chat);
        }
    }
}
