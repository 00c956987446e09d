//! Whom a message is for: the canonical address, as the queue keeps it.

use std::fmt;

use crate::phone::{self, PhoneError, PhoneNumber};

/// Longest address that is not a number, in bytes. Real ones have about 30.
const ADDRESS_CAP_BYTES: usize = 200;
/// How Meta's ids of groups begin: base64 of `capi_group:`, and more.
const META_GROUP: &str = "Y2FwaV9ncm91cD";

/// A recipient. `Debug` shows no whole address.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Recipient {
    /// A phone number.
    Phone(PhoneNumber),
    /// WhatsApp's hidden id of a person (`…@lid`), digits only.
    Lid(String),
    /// Meta's id of a person without a known number, such as `BR.1502576394655843`.
    Bsuid(String),
    /// A group, without `@g.us`; or Meta's id of one.
    Group(String),
}

/// Why there is no such recipient. Never repeats the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecipientError {
    /// A number that is none.
    #[error(transparent)]
    Phone(#[from] PhoneError),
    /// A kind that is not known.
    #[error("there is no such kind of address: phone, lid, bsuid or group")]
    Kind,
    /// Characters that such an address does not have.
    #[error("this is not an address of that kind")]
    Address,
}

impl Recipient {
    /// The recipient with this kind and address, as the queue's columns have them.
    ///
    /// # Errors
    /// When there is no such kind, or the address is not of it.
    pub fn parse(kind: &str, address: &str) -> Result<Self, RecipientError> {
        let address = address.trim();
        match kind {
            "phone" => Ok(Self::Phone(phone::normalize(address, None)?)),
            "lid" => id(address, "@lid", |c| c.is_ascii_digit()).map(Self::Lid),
            "group" => {
                // Digits; of old groups the maker's number and a time.
                let is_part: fn(char) -> bool = match address.starts_with(META_GROUP) {
                    true => |c| c.is_ascii_alphanumeric() || "-_=".contains(c),
                    false => |c| c.is_ascii_digit() || c == '-',
                };
                id(address, "@g.us", is_part).map(Self::Group)
            }
            "bsuid" => {
                let is_part = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_';
                id(address, "", is_part).map(Self::Bsuid)
            }
            _ => Err(RecipientError::Kind),
        }
    }

    /// The text stored in the queue's `recipient_kind` column.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Phone(_) => "phone",
            Self::Lid(_) => "lid",
            Self::Bsuid(_) => "bsuid",
            Self::Group(_) => "group",
        }
    }

    /// The canonical address: E.164 for a number.
    #[must_use]
    pub fn address(&self) -> &str {
        match self {
            Self::Phone(number) => number.as_e164(),
            Self::Lid(id) | Self::Bsuid(id) | Self::Group(id) => id,
        }
    }

    /// The number, where it is one.
    #[must_use]
    pub const fn phone(&self) -> Option<&PhoneNumber> {
        match self {
            Self::Phone(number) => Some(number),
            _ => None,
        }
    }
}

fn id(text: &str, suffix: &str, is_part: impl Fn(char) -> bool) -> Result<String, RecipientError> {
    let id = text.strip_suffix(suffix).unwrap_or(text);
    if id.is_empty() || id.len() > ADDRESS_CAP_BYTES || !id.chars().all(is_part) {
        return Err(RecipientError::Address);
    }
    Ok(id.to_owned())
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phone(number) => write!(f, "Phone({})", number.masked()),
            other => write!(f, "{}(…)", other.kind()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// O4: users without a number are recipients, too.
    #[test]
    fn every_kind_of_address_is_read_and_shown_in_its_canonical_form() {
        for (kind, given, canonical) in [
            ("phone", "+55 (11) 98765-4321", "+5511987654321"),
            ("lid", "123456789012345@lid", "123456789012345"),
            ("bsuid", "BR.1502576394655843", "BR.1502576394655843"),
            ("group", "120363025246125486@g.us", "120363025246125486"),
            (
                "group",
                "5511987654321-1623456789",
                "5511987654321-1623456789",
            ),
            (
                "group",
                "Y2FwaV9ncm91cDoxNzA1NTU1MDEzOTo=",
                "Y2FwaV9ncm91cDoxNzA1NTU1MDEzOTo=",
            ),
        ] {
            let recipient = Recipient::parse(kind, given).unwrap();
            assert_eq!((recipient.kind(), recipient.address()), (kind, canonical));
            assert_eq!(Recipient::parse(kind, canonical), Ok(recipient.clone()));
            assert!(!format!("{recipient:?}").contains(&canonical[..canonical.len() - 4]));
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let address = Err(RecipientError::Address);
        assert_eq!(Recipient::parse("lid", "abc@lid"), address);
        assert_eq!(Recipient::parse("group", ""), address);
        assert_eq!(Recipient::parse("group", "123-group"), address);
        assert_eq!(Recipient::parse("group", "Y2FwaV9ncm91cDo/"), address);
        assert_eq!(Recipient::parse("bsuid", "a/../b"), address);
        assert_eq!(Recipient::parse("bsuid", &"a".repeat(201)), address);
        assert_eq!(Recipient::parse("email", "a"), Err(RecipientError::Kind));
        assert!(Recipient::parse("phone", "12").is_err());
    }
}
