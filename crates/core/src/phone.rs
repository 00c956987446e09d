//! Phone numbers as people type them, made E.164.
//!
//! Written for Brazil, where a plain phone parser fails on what order databases hold: mobiles
//! without the ninth digit, area code 55, trunk and carrier prefixes. Numbers of other countries are
//! taken only with a `+` or `00`.

mod brazil;
mod digits;
#[cfg(feature = "international")]
mod international;
mod lookalike;
mod mask;
mod whatsapp;

use std::fmt;

use brazil::COUNTRY as BRAZIL;
use digits::ascii_digit;
pub use mask::mask;
pub use whatsapp::from_whatsapp;

/// Longer texts are not phone numbers; also bounds the work.
const INPUT_CAP_CHARACTERS: usize = 64;
/// E.164 allows 15 digits. Fewer than 8 with the country code exist in Tokelau and Niue alone, and logs would not mask them.
const INTERNATIONAL_DIGITS: std::ops::RangeInclusive<usize> = 8..=15;

/// A phone number in E.164. `Debug` shows it masked.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PhoneNumber {
    e164: String,
}

impl PhoneNumber {
    fn from_digits(digits: &str) -> Self {
        Self {
            e164: format!("+{digits}"),
        }
    }

    /// The number with its `+`: `+5511987654321`.
    #[must_use]
    pub fn as_e164(&self) -> &str {
        &self.e164
    }

    /// The number without its `+`: `5511987654321`.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.e164[1..]
    }

    /// For logs: all but the last four digits replaced, `+*********4321`.
    #[must_use]
    pub fn masked(&self) -> String {
        mask(&self.e164)
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber({})", self.masked())
    }
}

/// Why a text is not a phone number that WhatsApp can reach. Never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// Nothing there.
    #[error("the phone number is empty")]
    Empty,
    /// Not a number at all, or more than one.
    #[error("this is not a phone number")]
    NotANumber,
    /// A group, a hidden id or a broadcast list.
    #[error("this is a WhatsApp address without a phone number (group, hidden id or list)")]
    NotAPhoneAddress,
    /// Wrong number of digits.
    #[error(
        "a phone number cannot have {digits} digits: write area code and number, or + and the country code"
    )]
    Length {
        /// Digits found.
        digits: usize,
    },
    /// No area code, and no default for the tenant.
    #[error("the number has no area code and no default area code is set")]
    NoAreaCode,
    /// The area code does not exist in Brazil.
    #[error("there is no such area code (DDD) in Brazil")]
    AreaCode,
    /// The part after the area code is neither a mobile nor a landline.
    #[error(
        "the number after the area code is neither a mobile (9 digits from 9) nor a landline (8 digits from 2 to 5)"
    )]
    LocalNumber,
    /// The digits after the country code are not what a number of that country has.
    #[error("this is not a number of the country with that code")]
    Foreign,
    /// 0800 and the like, in Brazil or elsewhere.
    #[error(
        "a service number (0300, 0500, 0800, 0900, toll-free, premium rate) is not on WhatsApp"
    )]
    ServiceNumber,
}

/// Makes the E.164 number of what somebody typed.
///
/// Accepts separators and words around the digits, WhatsApp addresses (`…@c.us`,
/// `…@s.whatsapp.net`, with a device part or not), digits of other scripts, trunk zero, carrier codes.
/// `default_area_code` (two digits, such as `11`) completes numbers that have none. A Brazilian
/// mobile without its ninth digit gets it. With the feature `international`, a number of another country has to be one by that
/// country's numbering plan; without, only its length counts.
///
/// The result is a fixed point: normalising it again gives the same.
///
/// # Errors
/// Says what is wrong; never panics and never repeats the text.
pub fn normalize(input: &str, default_area_code: Option<&str>) -> Result<PhoneNumber, PhoneError> {
    let text = input.trim();
    if text.is_empty() {
        return Err(PhoneError::Empty);
    }
    if text.chars().count() > INPUT_CAP_CHARACTERS {
        return Err(PhoneError::NotANumber);
    }
    let (text, is_address) = whatsapp::without_server(text)?;
    let (digits, plus) = digits_of(text)?;
    if digits.is_empty() {
        return Err(PhoneError::NotANumber);
    }
    let international = plus || is_address;
    match digits.strip_prefix(BRAZIL) {
        Some(national) if international => brazil::national(national),
        None if international => foreign(&digits),
        _ => typed(&digits, default_area_code),
    }
    .map(|digits| PhoneNumber::from_digits(&digits))
}

/// Digits without a `+`. `00` is dialled in its place, but by mistake also before an area code.
fn typed(digits: &str, default_area_code: Option<&str>) -> Result<String, PhoneError> {
    match digits.strip_prefix("00") {
        Some(rest) if cfg!(feature = "international") && !rest.starts_with(BRAZIL) => foreign(rest)
            .or_else(|error| brazil::typed(digits, default_area_code).map_err(|_| error)),
        _ => brazil::typed(digits, default_area_code),
    }
}

fn foreign(digits: &str) -> Result<String, PhoneError> {
    if digits.starts_with('0') {
        return Err(PhoneError::NotANumber);
    }
    if !INTERNATIONAL_DIGITS.contains(&digits.len()) {
        return Err(PhoneError::Length {
            digits: digits.len(),
        });
    }
    of_its_country(digits)
}

#[cfg(feature = "international")]
use international::canonical as of_its_country;

#[cfg(not(feature = "international"))]
fn of_its_country(digits: &str) -> Result<String, PhoneError> {
    Ok(digits.to_owned())
}

/// The digits as ASCII, and whether a `+` stands before them.
fn digits_of(text: &str) -> Result<(String, bool), PhoneError> {
    let mut digits = String::with_capacity(text.len());
    let mut plus = false;
    for character in text.chars() {
        match character {
            '+' | '＋' if digits.is_empty() && !plus => plus = true,
            '+' | '＋' => return Err(PhoneError::NotANumber),
            _ => digits.extend(ascii_digit(character)),
        }
    }
    Ok((digits, plus))
}

#[cfg(test)]
mod tests;
