//! The list of an order's items: aligned by its structure, since WhatsApp's letters are not equally wide.

use minijinja::Error;
use minijinja::value::{Value, ValueKind};
use rust_decimal::Decimal;

use super::escape::escaped;
use super::text::{is_nothing, one_line};
use crate::money;

/// Items that are shown, unless the template says otherwise.
const ITEMS: usize = 40;
/// Room for the list: the rest of the message has to fit beside it.
const LIST_CAP_CHARACTERS: usize = 3000;
const NAME_CAP_CHARACTERS: usize = 60;
const NOTES_CAP_CHARACTERS: usize = 140;
/// Longest quantity or price that is no number.
const ODD_AMOUNT_CAP_CHARACTERS: usize = 20;
/// Add-ons and flavours of one item that are shown.
const DETAILS: usize = 12;
const INDENT: &str = "   ";

/// `itens`: one line per item with a name, its add-ons, flavours and notes indented below it. At most `cap` items and
/// [`LIST_CAP_CHARACTERS`]; the others are counted.
pub(super) fn list(value: &Value, cap: Option<usize>) -> Result<Value, Error> {
    super::text::known(value)?;
    if value.is_none() {
        return Ok(Value::from(""));
    }
    let items: Vec<Value> = value
        .try_iter()?
        .filter(|item| !name(item).is_empty())
        .collect();
    let mut list = String::new();
    let mut room = LIST_CAP_CHARACTERS;
    let mut shown = 0;
    for item in items.iter().take(cap.unwrap_or(ITEMS)) {
        let block = block(item);
        let Some(left) = room.checked_sub(block.chars().count()) else {
            break;
        };
        room = left;
        shown += 1;
        list.push_str(&block);
    }
    match items.len() - shown {
        0 => {}
        1 => list.push_str("… e mais 1 item"),
        rest => list.push_str(&format!("… e mais {rest} itens")),
    }
    Ok(Value::from_safe_string(list.trim_end().to_owned()))
}

/// An item's lines.
fn block(item: &Value) -> String {
    let mut block = format!("{}{}", times(item), name(item));
    if let Some(price) = line_price(item) {
        block.push_str(" – ");
        block.push_str(&price);
    }
    block.push('\n');
    let flavors = parts(item, "flavors");
    if !flavors.is_empty() {
        let names: Vec<String> = flavors.iter().take(DETAILS).map(name).collect();
        block.push_str(&format!(
            "{INDENT}{}{}\n",
            names.join(" / "),
            more(flavors.len())
        ));
    }
    let addons = parts(item, "addons");
    for addon in addons.iter().take(DETAILS) {
        block.push_str(&format!("{INDENT}+ {}\n", addon_line(addon)));
    }
    if addons.len() > DETAILS {
        block.push_str(&format!("{INDENT}+{}\n", more(addons.len())));
    }
    let notes = field(item, "notes");
    let notes = escaped(&one_line(&notes, NOTES_CAP_CHARACTERS));
    if !notes.is_empty() {
        block.push_str(&format!("{INDENT}Obs.: {notes}\n"));
    }
    block
}

fn more(count: usize) -> String {
    match count.saturating_sub(DETAILS) {
        0 => String::new(),
        rest => format!(" e mais {rest}"),
    }
}

/// `+ 2x Bacon (R$ 4,00)`; once is not said.
fn addon_line(addon: &Value) -> String {
    let once = number(&field(addon, "quantity")) == Some(Decimal::ONE);
    let times = if once { String::new() } else { times(addon) };
    match price(&field(addon, "price")) {
        Some(price) => format!("{times}{} ({price})", name(addon)),
        None => format!("{times}{}", name(addon)),
    }
}

/// The line's total; of a line without one the price, which is said to be of each where there are several.
fn line_price(item: &Value) -> Option<String> {
    let total = field(item, "total");
    if !is_nothing(&total) {
        return price(&total);
    }
    let price = price(&field(item, "price"))?;
    let several = number(&field(item, "quantity")).is_some_and(|quantity| quantity != Decimal::ONE);
    Some(if several {
        format!("{price} cada")
    } else {
        price
    })
}

/// Nothing for no price and for nothing to pay. What is no number is shown as it is written.
fn price(value: &Value) -> Option<String> {
    if is_nothing(value) {
        return None;
    }
    match number(value) {
        Some(amount) if amount.is_zero() => None,
        Some(amount) => Some(money::format_reais(amount)),
        None => Some(escaped(&one_line(value, ODD_AMOUNT_CAP_CHARACTERS))),
    }
}

/// `2x `; nothing for no quantity.
fn times(item: &Value) -> String {
    let quantity = field(item, "quantity");
    if is_nothing(&quantity) {
        return String::new();
    }
    match number(&quantity) {
        Some(quantity) => format!("{}x ", money::format_quantity(quantity)),
        None => escaped(&one_line(&quantity, ODD_AMOUNT_CAP_CHARACTERS)) + " ",
    }
}

/// The name, ready to be printed; of what is a text itself, that text.
fn name(item: &Value) -> String {
    let name = match item.kind() {
        ValueKind::Map => field(item, "name"),
        _ => item.clone(),
    };
    escaped(&one_line(&name, NAME_CAP_CHARACTERS))
}

/// Add-ons or flavours that have a name.
fn parts(item: &Value, of: &str) -> Vec<Value> {
    let Ok(parts) = field(item, of).try_iter() else {
        return Vec::new();
    };
    parts.filter(|part| !name(part).is_empty()).collect()
}

fn field(item: &Value, name: &str) -> Value {
    match item.kind() {
        ValueKind::Map => item.get_attr(name).unwrap_or_default(),
        _ => Value::UNDEFINED,
    }
}

fn number(value: &Value) -> Option<Decimal> {
    super::text::number(value)
}
