//! How Z-API spells addresses: digits, `…-group`, `…@lid`.

use crate::evolution::{address_of, digits_of};

/// The address that Z-API's spelling means.
pub(super) fn address(phone: &str) -> String {
    match phone.strip_suffix("-group") {
        Some(group) => format!("{group}@g.us"),
        None => address_of(phone),
    }
}

/// Z-API's spelling of an address.
pub(super) fn spelled(address: &str) -> String {
    match address.split_once('@') {
        Some((group, "g.us")) => format!("{group}-group"),
        Some((_, "s.whatsapp.net")) => digits_of(address),
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_spelling_is_found_again() {
        for (phone, known) in [
            ("5511987654321", "5511987654321@s.whatsapp.net"),
            ("120363025246125486-group", "120363025246125486@g.us"),
            ("123456@lid", "123456@lid"),
        ] {
            assert_eq!(address(phone), known);
            assert_eq!(spelled(known), phone);
        }
        assert_eq!(spelled(&address("5531987654321")), "553187654321");
    }
}
