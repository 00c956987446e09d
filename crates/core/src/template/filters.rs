//! Filters for messages, under Portuguese names: shopkeepers write templates.

use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind};
use rust_decimal::Decimal;

use crate::money;

/// Longest first name that is shown.
const FIRST_NAME_CAP_CHARACTERS: usize = 40;

pub(super) fn register(environment: &mut Environment<'_>) {
    environment.add_filter("moeda", reais);
    environment.add_filter("quantidade", quantity);
    environment.add_filter("primeiro_nome", first_name);
    environment.add_filter("linha", one_line);
}

fn reais(value: &Value) -> Result<String, Error> {
    decimal("moeda", value).map(money::format_reais)
}

fn quantity(value: &Value) -> Result<String, Error> {
    decimal("quantidade", value).map(money::format_quantity)
}

/// A decimal text, or a number by the text it is printed as, so that no arithmetic is done in
/// floating point.
fn decimal(filter: &str, value: &Value) -> Result<Decimal, Error> {
    known(value)?;
    let readable = matches!(value.kind(), ValueKind::String | ValueKind::Number);
    let number = readable
        .then(|| money::parse_decimal(&value.to_string()))
        .flatten();
    number.ok_or_else(|| {
        let detail = format!("{filter} needs a number such as 1234.56, not \"{value}\"");
        Error::new(ErrorKind::InvalidOperation, detail)
    })
}

/// minijinja leaves it to filters that take any value to refuse undefined ones.
fn known(value: &Value) -> Result<(), Error> {
    if value.is_undefined() {
        Err(Error::from(ErrorKind::UndefinedError))
    } else {
        Ok(())
    }
}

/// The first word of a name that has a letter, without marks around it, capitalised if it was typed
/// in one case; empty when there is none.
fn first_name(value: &Value) -> Result<String, Error> {
    known(value)?;
    let full = if value.is_none() {
        String::new()
    } else {
        value.to_string()
    };
    let word = full
        .split_whitespace()
        .find(|word| word.chars().any(char::is_alphabetic));
    let word = word
        .unwrap_or_default()
        .trim_matches(|c: char| !c.is_alphabetic());
    let word = shortened(word, FIRST_NAME_CAP_CHARACTERS);
    let one_case = word == word.to_lowercase() || word == word.to_uppercase();
    Ok(if one_case { capitalised(&word) } else { word })
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    let first = characters
        .next()
        .map(|c| c.to_uppercase().to_string())
        .unwrap_or_default();
    first + &characters.as_str().to_lowercase()
}

/// The text in one line, at most `cap` characters; null gives nothing.
fn one_line(value: &Value, cap: usize) -> Result<String, Error> {
    known(value)?;
    if value.is_none() {
        return Ok(String::new());
    }
    let text = value.to_string();
    let words: Vec<&str> = text.split_whitespace().collect();
    Ok(shortened(&words.join(" "), cap))
}

/// At most `cap` characters, the last one an ellipsis when something was cut.
fn shortened(text: &str, cap: usize) -> String {
    if text.chars().count() <= cap {
        return text.to_owned();
    }
    let kept: String = text.chars().take(cap.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}
