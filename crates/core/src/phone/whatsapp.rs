//! How WhatsApp writes numbers: `5511987654321@s.whatsapp.net`, of one device `5511987654321:12@…`.

use super::{PhoneError, PhoneNumber, brazil, normalize};

const MEXICO: &str = "52";

/// The number of an address, or of a bare id such as Meta's `wa_id`. It begins with the country code, with a `+` or without.
///
/// Accounts from before Brazil's ninth digit, or from when Mexico's mobiles had a 1 after the country code, keep their old
/// form as address. The result is the number as it is today: who writes is who was written to when the numbers are equal.
///
/// # Errors
/// As of [`normalize`].
pub fn from_whatsapp(address: &str) -> Result<PhoneNumber, PhoneError> {
    let user = match without_server(address.trim())? {
        (user, true) => user,
        (user, false) => without_device(user),
    };
    let digits = user.strip_prefix('+').unwrap_or(user);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(PhoneError::NotANumber);
    }
    normalize(&format!("+{digits}"), None)
}

/// Cuts `@c.us` and the like, and the device part before it. Tells whether there was such an ending: what has it always
/// begins with the country code.
pub(super) fn without_server(text: &str) -> Result<(&str, bool), PhoneError> {
    let Some((user, server)) = text.split_once('@') else {
        return Ok((text, false));
    };
    match server {
        "c.us" | "s.whatsapp.net" => Ok((without_device(user), true)),
        "g.us" | "lid" | "hosted.lid" | "newsletter" | "broadcast" | "bot" => {
            Err(PhoneError::NotAPhoneAddress)
        }
        _ => Err(PhoneError::NotANumber),
    }
}

/// Cuts `:12`, or `.0:12`.
fn without_device(user: &str) -> &str {
    user.split_once([':', '.'])
        .map_or(user, |(number, _)| number)
}

impl PhoneNumber {
    /// The forms in E.164 under which WhatsApp may have this number, this one first: a Brazilian mobile also without its
    /// ninth digit, a Mexican number also with the 1 of old mobiles.
    #[must_use]
    pub fn aliases(&self) -> Vec<String> {
        let digits = self.digits();
        let brazilian = digits
            .strip_prefix(brazil::COUNTRY)
            .and_then(brazil::without_ninth_digit);
        let mexican = digits.strip_prefix(MEXICO);
        let old = brazilian
            .map(|national| format!("+{}{national}", brazil::COUNTRY))
            .or_else(|| mexican.map(|national| format!("+{MEXICO}1{national}")));
        std::iter::once(self.e164.clone()).chain(old).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phone::tests::AREA_CODES;

    fn read(address: &str) -> Result<String, PhoneError> {
        from_whatsapp(address).map(|number| number.as_e164().to_owned())
    }

    fn aliases(number: &str) -> Vec<String> {
        normalize(number, None).unwrap().aliases()
    }

    /// C1: who answers is recognised under every address of theirs.
    #[test]
    fn an_address_gives_the_number_as_it_is_today() {
        for address in [
            "5531987654321@s.whatsapp.net",
            "553187654321@s.whatsapp.net",
            "553187654321:12@s.whatsapp.net",
            "553187654321.0:1@s.whatsapp.net",
            "553187654321@c.us",
            "553187654321",
            "553187654321:7",
            "+5531987654321",
        ] {
            assert_eq!(read(address).as_deref(), Ok("+5531987654321"), "{address}");
        }
        assert_eq!(read("551132345678@c.us").as_deref(), Ok("+551132345678"));
        assert_eq!(read("14155552671").as_deref(), Ok("+14155552671"));
    }

    #[test]
    fn what_is_no_number_of_a_person_is_refused() {
        let none = Err(PhoneError::NotAPhoneAddress);
        for address in [
            "98765432101234@lid",
            "98765432101234:3@lid",
            "98765432101234@hosted.lid",
            "120363041234567890@g.us",
            "status@broadcast",
            "120363041234567890@newsletter",
            "867051314767696@bot",
        ] {
            assert_eq!(read(address), none, "{address}");
        }
        for address in [
            "",
            "+",
            "ana",
            "BR.1502576394655843",
            "55 11 98765-4321",
            "a@example.com",
        ] {
            assert_eq!(read(address), Err(PhoneError::NotANumber), "{address}");
        }
    }

    /// C1: the one rule for all area codes: they and the last eight digits agree, and these begin with 6 to 9.
    #[test]
    fn a_mobile_is_known_with_and_without_its_ninth_digit_in_every_area() {
        for area in AREA_CODES {
            for first in 6..=9 {
                let with = format!("+55{area}9{first}7654321");
                let without = format!("+55{area}{first}7654321");
                assert_eq!(aliases(&with), [with.clone(), without.clone()]);
                assert_eq!(read(&without).as_ref(), Ok(&with));
            }
        }
    }

    /// C1: a landline is never taken for the mobile that has one digit more.
    #[test]
    fn a_landline_has_one_form_and_so_has_a_mobile_that_never_was_shorter() {
        for area in AREA_CODES {
            for first in 2..=5 {
                let landline = format!("+55{area}{first}2345678");
                let mobile = format!("+55{area}9{first}2345678");
                assert_eq!(aliases(&landline), std::slice::from_ref(&landline));
                assert_eq!(aliases(&mobile), std::slice::from_ref(&mobile));
                assert_ne!(from_whatsapp(&landline), from_whatsapp(&mobile));
            }
        }
    }

    #[cfg(feature = "international")]
    #[test]
    fn a_mexican_number_is_known_with_and_without_its_1() {
        let number = "+525512345678";
        assert_eq!(aliases(number), [number, "+5215512345678"]);
        assert_eq!(read("5215512345678@s.whatsapp.net").as_deref(), Ok(number));
        assert_eq!(aliases("+14155552671"), ["+14155552671"]);
    }
}
