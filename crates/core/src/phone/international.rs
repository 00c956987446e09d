//! Numbering plans of other countries, from the tables of Google's libphonenumber.
//!
//! Of the crate `phonenumber` only these tables are used. Its parser has panicked on input, reads letters as digits, and
//! here there is nothing left to parse: digits that begin with a country code.

use phonenumber::Type;
use phonenumber::metadata::{DATABASE, Metadata};

use super::PhoneError;

/// No country code is longer, and none is the beginning of another.
const CODE_DIGITS: std::ops::RangeInclusive<usize> = 1..=3;
const MEXICO: u16 = 52;
/// Numbers that belong to nobody's phone, whoever pays for the call.
const SERVICES: [Type; 5] = [
    Type::TollFree,
    Type::PremiumRate,
    Type::SharedCost,
    Type::Voicemail,
    Type::Pager,
];
/// Numbers that an account may have; companies have accounts of landlines.
const REACHABLE: [Type; 5] = [
    Type::Mobile,
    Type::FixedLine,
    Type::Voip,
    Type::PersonalNumber,
    Type::Uan,
];

/// The number as its country's plan has it: without a trunk prefix, as in +44 (0)20, and without the 1 of old Mexican mobiles.
pub(super) fn canonical(digits: &str) -> Result<String, PhoneError> {
    let (code, plans) = plans_of(digits).ok_or(PhoneError::Foreign)?;
    let national = &digits[code.to_string().len()..];
    let trunk = plans.iter().find_map(|plan| plan.national_prefix());
    let prefixes = ["", trunk.unwrap_or_default(), mobile_prefix(code)];
    let judged = |national| Some((kind(&plans, national)?, national));
    let found = prefixes
        .into_iter()
        .filter_map(|prefix| national.strip_prefix(prefix))
        .find_map(judged);
    match found {
        Some((Kind::Reachable, national)) => Ok(format!("{code}{national}")),
        Some((Kind::Service, _)) => Err(PhoneError::ServiceNumber),
        None => Err(PhoneError::Foreign),
    }
}

/// Abolished in 2019, and still in many address books.
const fn mobile_prefix(code: u16) -> &'static str {
    if code == MEXICO { "1" } else { "" }
}

/// The country code at the beginning, and the plans of the countries that share it.
fn plans_of(digits: &str) -> Option<(u16, Vec<&'static Metadata>)> {
    CODE_DIGITS.into_iter().find_map(|length| {
        let code = digits.get(..length)?.parse().ok()?;
        Some((code, DATABASE.by_code(&code)?))
    })
}

enum Kind {
    Service,
    Reachable,
}

fn kind(plans: &[&Metadata], national: &str) -> Option<Kind> {
    let is_one_of = |kinds: &[Type]| {
        plans.iter().map(|plan| plan.descriptors()).any(|plan| {
            plan.general().is_match(national)
                && kinds
                    .iter()
                    .filter_map(|kind| plan.get(*kind))
                    .any(|numbers| numbers.is_match(national))
        })
    };
    if is_one_of(&SERVICES) {
        Some(Kind::Service)
    } else if is_one_of(&REACHABLE) {
        Some(Kind::Reachable)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
