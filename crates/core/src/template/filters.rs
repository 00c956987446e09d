//! Filters for messages, under Portuguese names: shopkeepers write templates. Null gives nothing.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveTime;
use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind};
use rust_decimal::Decimal;

use super::text::{is_nothing, known, number, one_line, shortened};
use super::time::{self, Timezone};
use super::{items, order, payment, phone};
use crate::money;

/// Longest first name that is shown.
const FIRST_NAME_CAP_CHARACTERS: usize = 40;

/// The zone that the next text is rendered in.
pub(super) type Clock = Arc<Mutex<Timezone>>;

pub(super) fn register(environment: &mut Environment<'_>, clock: &Clock) {
    environment.add_filter("moeda", reais);
    environment.add_filter("desconto", discount);
    environment.add_filter("quantidade", quantity);
    environment.add_filter("plural", plural);
    environment.add_filter("primeiro_nome", first_name);
    environment.add_filter("telefone", phone::shown);
    environment.add_filter("linha", line);
    environment.add_filter("itens", items::list);
    environment.add_filter("situacao", order::status);
    environment.add_filter("modalidade", order::kind);
    environment.add_filter("pagamento", payment::shown);
    environment.add_filter("formatado", formatted);
    environment.add_test("zero", is_zero);
    let of_date = Arc::clone(clock);
    environment.add_filter("data", move |value: &Value| date(value, zone(&of_date)));
    let of_time = Arc::clone(clock);
    environment.add_filter("hora", move |value: &Value| hour(value, zone(&of_time)));
    // They would escape for web pages.
    environment.remove_filter("e");
    environment.remove_filter("escape");
}

pub(super) fn zone(clock: &Clock) -> Timezone {
    *clock.lock().unwrap_or_else(PoisonError::into_inner)
}

fn reais(value: &Value) -> Result<String, Error> {
    Ok(decimal("moeda", value)?.map_or_else(String::new, money::format_reais))
}

/// With a minus sign, however the table has it; nothing for no discount.
fn discount(value: &Value) -> Result<String, Error> {
    let amount = decimal("desconto", value)?.filter(|amount| !amount.is_zero());
    Ok(amount.map_or_else(String::new, |amount| money::format_reais(-amount.abs())))
}

fn quantity(value: &Value) -> Result<String, Error> {
    Ok(decimal("quantidade", value)?.map_or_else(String::new, money::format_quantity))
}

/// `1 item`, `3 itens`; of a list, by its length.
fn plural(value: &Value, one: &str, many: &str) -> Result<String, Error> {
    let count = match value.kind() {
        ValueKind::Seq | ValueKind::Map | ValueKind::Iterable => value.len().map(Decimal::from),
        _ => decimal("plural", value)?,
    };
    let Some(count) = count else {
        return Ok(String::new());
    };
    let singular = !count.is_zero() && count.abs() < Decimal::TWO;
    let noun = if singular { one } else { many };
    Ok(format!("{} {noun}", money::format_quantity(count)))
}

fn decimal(filter: &str, value: &Value) -> Result<Option<Decimal>, Error> {
    known(value)?;
    if is_nothing(value) {
        return Ok(None);
    }
    number(value).map(Some).ok_or_else(|| {
        let detail = format!("{filter} needs a number such as 1234.56, not \"{value}\"");
        Error::new(ErrorKind::InvalidOperation, detail)
    })
}

/// Null, no text, and any way of writing 0.
fn is_zero(value: &Value) -> bool {
    is_nothing(value) || number(value).is_some_and(|number| number.is_zero())
}

/// `28/11/2026`
fn date(value: &Value, zone: Timezone) -> Result<String, Error> {
    let read = read_time("data", value, zone)?;
    Ok(read.map_or_else(String::new, |(day, _)| day.format("%d/%m/%Y").to_string()))
}

/// `19:05`; nothing for a day without a time.
fn hour(value: &Value, zone: Timezone) -> Result<String, Error> {
    let time = read_time("hora", value, zone)?.and_then(|(_, time)| time);
    Ok(time.map_or_else(String::new, |time| time.format("%H:%M").to_string()))
}

fn read_time(
    filter: &str,
    value: &Value,
    zone: Timezone,
) -> Result<Option<(chrono::NaiveDate, Option<NaiveTime>)>, Error> {
    known(value)?;
    if is_nothing(value) {
        return Ok(None);
    }
    let read = value.as_str().and_then(|text| time::read(text, zone));
    read.map(Some).ok_or_else(|| {
        let detail =
            format!("{filter} needs a time such as 2026-11-28T19:05:00-03:00, not \"{value}\"");
        Error::new(ErrorKind::InvalidOperation, detail)
    })
}

/// The first word of a name that has a letter, without marks around it, capitalised if it was typed
/// in one case; empty when there is none.
fn first_name(value: &Value) -> Result<String, Error> {
    known(value)?;
    let full = one_line(value, usize::MAX);
    let word = full
        .split(' ')
        .find(|word| word.chars().any(char::is_alphabetic));
    let word = word
        .unwrap_or_default()
        .trim_matches(|c: char| !c.is_alphabetic());
    let word = shortened(word.to_owned(), FIRST_NAME_CAP_CHARACTERS);
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

fn line(value: &Value, cap: usize) -> Result<String, Error> {
    known(value)?;
    Ok(one_line(value, cap))
}

/// The text with its marks and line breaks: for texts that the shop itself writes, and for codes to be copied.
fn formatted(value: &Value) -> Result<Value, Error> {
    known(value)?;
    Ok(if value.is_none() {
        Value::from(())
    } else {
        Value::from_safe_string(value.to_string())
    })
}
