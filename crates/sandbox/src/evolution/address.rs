//! The address that a number has at the provider (its JID).

use std::borrow::Cow;

/// The part before the `@`, digits only: the number as a person would know it.
pub(crate) fn digits_of(number: &str) -> String {
    let user = number.split(['@', ':']).next().unwrap_or_default();
    user.chars().filter(char::is_ascii_digit).collect()
}

/// The address that Evolution derives from a number in any spelling; full addresses stay.
///
/// Old Brazilian accounts are registered without the ninth digit, so it takes the digit out of
/// numbers with an area code from 31 on; it also takes the mobile prefix out of Mexican and
/// Argentinian numbers. The account that answers may therefore differ from the number sent.
pub(crate) fn address_of(number: &str) -> String {
    if ["@g.us", "@s.whatsapp.net", "@lid", "@broadcast"]
        .iter()
        .any(|kind| number.contains(kind))
    {
        return number.to_owned();
    }
    let digits = digits_of(number);
    if digits.len() >= 18 {
        return format!("{digits}@g.us");
    }
    format!("{}@s.whatsapp.net", registered_number(&digits))
}

fn registered_number(digits: &str) -> Cow<'_, str> {
    if digits.len() != 13 {
        return Cow::Borrowed(digits);
    }
    match &digits[..2] {
        "55" if &digits[2..4] >= "31" && &digits[5..6] >= "7" => {
            Cow::Owned(format!("{}{}", &digits[..4], &digits[5..]))
        }
        "52" | "54" => Cow::Owned(format!("{}{}", &digits[..2], &digits[3..])),
        _ => Cow::Borrowed(digits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_any_spelling_has_one_address() {
        for number in ["5511987654321", "+55 (11) 98765-4321", "5511987654321:12"] {
            assert_eq!(
                address_of(number),
                "5511987654321@s.whatsapp.net",
                "{number}"
            );
        }
    }

    #[test]
    fn the_ninth_digit_leaves_where_old_accounts_have_none() {
        for (number, registered) in [
            ("5531987654321", "553187654321"),
            ("5521987654321", "5521987654321"),
            ("5531961234567", "5531961234567"),
            ("553187654321", "553187654321"),
            ("5215512345678", "525512345678"),
            ("5491123456789", "541123456789"),
            ("14155550100", "14155550100"),
        ] {
            assert_eq!(address_of(number), format!("{registered}@s.whatsapp.net"));
        }
    }

    #[test]
    fn full_addresses_and_groups_stay_what_they_are() {
        assert_eq!(
            address_of("5531987654321@s.whatsapp.net"),
            "5531987654321@s.whatsapp.net"
        );
        assert_eq!(address_of("120363025246125486"), "120363025246125486@g.us");
        assert_eq!(digits_of("5531987654321:3@s.whatsapp.net"), "5531987654321");
    }
}
