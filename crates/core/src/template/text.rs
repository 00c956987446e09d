//! Reading a template's values as text and numbers.

use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind};
use rust_decimal::Decimal;

use crate::money;

/// minijinja leaves it to filters that take any value to refuse undefined ones.
pub(super) fn known(value: &Value) -> Result<(), Error> {
    if value.is_undefined() {
        Err(Error::from(ErrorKind::UndefinedError))
    } else {
        Ok(())
    }
}

/// Null, undefined, or an empty text.
pub(super) fn is_nothing(value: &Value) -> bool {
    match value.kind() {
        ValueKind::None | ValueKind::Undefined => true,
        ValueKind::String => value.as_str().is_some_and(|text| text.trim().is_empty()),
        _ => false,
    }
}

/// A decimal text, or a number by the text it is printed as, so that no arithmetic is done in floating point.
pub(super) fn number(value: &Value) -> Option<Decimal> {
    match value.kind() {
        ValueKind::String => money::parse_decimal(value.as_str()?),
        ValueKind::Number => money::parse_decimal(&value.to_string()),
        _ => None,
    }
}

/// The text in one line, at most `cap` characters; null gives nothing.
pub(super) fn one_line(value: &Value, cap: usize) -> String {
    let owned;
    let text = match value.as_str() {
        Some(text) => text,
        None if is_nothing(value) => "",
        None => {
            owned = value.to_string();
            &owned
        }
    };
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    shortened(line, cap)
}

/// At most `cap` characters, the last one an ellipsis when something was cut.
pub(super) fn shortened(text: String, cap: usize) -> String {
    if text.len() <= cap || text.chars().count() <= cap {
        return text;
    }
    let kept: String = text.chars().take(cap.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// A name without case, accents, and what stands between its words.
pub(super) fn letters(name: &str) -> String {
    name.to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric())
        .map(without_accent)
        .collect()
}

fn without_accent(character: char) -> char {
    match character {
        'á' | 'à' | 'ã' | 'â' => 'a',
        'é' | 'ê' => 'e',
        'í' => 'i',
        'ó' | 'ô' | 'õ' => 'o',
        'ú' => 'u',
        'ç' => 'c',
        other => other,
    }
}
