//! The Brazilian numbering plan (ANATEL): two digits of area code, then a mobile of nine digits that
//! begins with 9, or a landline of eight that begins with 2 to 5.

use super::PhoneError;

pub(super) const COUNTRY: &str = "55";
/// Non-geographic services; none of them is the beginning of an area code that exists.
const SERVICE_PREFIXES: [&str; 5] = ["300", "303", "500", "800", "900"];

/// Whether the two digits are one of the 67 area codes.
pub(super) fn is_area_code(code: &str) -> bool {
    let [tens, units] = code.as_bytes() else {
        return false;
    };
    match tens {
        b'1' | b'4' | b'6' | b'8' | b'9' => (b'1'..=b'9').contains(units),
        b'2' => matches!(units, b'1' | b'2' | b'4' | b'7' | b'8'),
        b'3' => matches!(units, b'1'..=b'5' | b'7' | b'8'),
        b'5' => matches!(units, b'1' | b'3'..=b'5'),
        b'7' => matches!(units, b'1' | b'3'..=b'5' | b'7' | b'9'),
        _ => false,
    }
}

/// A mobile, area code first, as it was before the ninth digit came; none for what never was shorter: landlines, and mobiles whose
/// other eight digits a landline could have.
pub(super) fn without_ninth_digit(national: &str) -> Option<String> {
    let (code, number) = national.split_at_checked(2)?;
    let old = number.strip_prefix('9').filter(|old| old.len() == 8)?;
    let was_mobile = old.starts_with(|first| ('6'..='9').contains(&first));
    was_mobile.then(|| format!("{code}{old}"))
}

/// Digits typed without a `+`, made `55` + area code + number.
pub(super) fn typed(digits: &str, default_area_code: Option<&str>) -> Result<String, PhoneError> {
    // "00" as the international prefix: what follows is judged like the rest.
    let digits = digits.strip_prefix("00").unwrap_or(digits);
    if let Some(rest) = digits.strip_prefix('0') {
        return trunk(rest, default_area_code);
    }
    match (digits.len(), digits.strip_prefix(COUNTRY)) {
        // 10 and 11 digits that begin with 55 are area code 55, not the country.
        (12.., Some(rest)) => national(rest),
        (8 | 9, _) => local(digits, default_area_code),
        _ => national(digits),
    }
}

/// What follows a country code: a trunk zero and carrier may still stand before the area code.
pub(super) fn national(digits: &str) -> Result<String, PhoneError> {
    match digits.strip_prefix('0') {
        Some(rest) => trunk(rest, None),
        None => area_and_number(digits),
    }
}

/// What follows a trunk zero: a carrier's two digits stand before the area code when there are
/// twelve or thirteen.
fn trunk(digits: &str, default_area_code: Option<&str>) -> Result<String, PhoneError> {
    if is_service(digits) {
        return Err(PhoneError::ServiceNumber);
    }
    match digits.len() {
        12 | 13 => area_and_number(&digits[2..]),
        8 | 9 => local(digits, default_area_code),
        _ => area_and_number(digits),
    }
}

/// Old 0800 numbers have six digits after the prefix, today's seven.
fn is_service(digits: &str) -> bool {
    matches!(digits.len(), 9 | 10) && SERVICE_PREFIXES.iter().any(|p| digits.starts_with(p))
}

fn local(digits: &str, default_area_code: Option<&str>) -> Result<String, PhoneError> {
    let code = default_area_code.ok_or(PhoneError::NoAreaCode)?;
    let code = code.trim().trim_start_matches('0');
    if !is_area_code(code) {
        return Err(PhoneError::AreaCode);
    }
    area_and_number(&format!("{code}{digits}"))
}

fn area_and_number(digits: &str) -> Result<String, PhoneError> {
    if digits.len() == 10 && is_service(digits) {
        return Err(PhoneError::ServiceNumber);
    }
    if !matches!(digits.len(), 10 | 11) {
        return Err(PhoneError::Length {
            digits: digits.len(),
        });
    }
    let (code, number) = digits.split_at(2);
    if !is_area_code(code) {
        return Err(PhoneError::AreaCode);
    }
    match (number.len(), number.as_bytes()[0]) {
        (9, b'9') | (8, b'2'..=b'5') => Ok(format!("{COUNTRY}{code}{number}")),
        // A mobile from before the ninth digit.
        (8, b'6'..=b'9') => Ok(format!("{COUNTRY}{code}9{number}")),
        _ => Err(PhoneError::LocalNumber),
    }
}
