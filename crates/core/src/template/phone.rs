//! Numbers as Brazilians write them.

use minijinja::Error;
use minijinja::value::Value;

use super::text::{known, one_line};
use crate::phone;

/// Longest text that is shown although it is no number.
const CAP_CHARACTERS: usize = 40;

/// `(11) 98765-4321`; a number of another country with its code; what is no number as it is written.
pub(super) fn shown(value: &Value) -> Result<String, Error> {
    known(value)?;
    let text = one_line(value, CAP_CHARACTERS);
    let Ok(number) = phone::normalize(&text, None) else {
        return Ok(text);
    };
    Ok(brazilian(number.digits()).unwrap_or_else(|| number.as_e164().to_owned()))
}

fn brazilian(digits: &str) -> Option<String> {
    let national = digits.strip_prefix("55")?;
    let (area, local) = (national.get(..2)?, national.get(2..)?);
    let (begin, end) = local.split_at_checked(local.len().checked_sub(4)?)?;
    Some(format!("({area}) {begin}-{end}"))
}
