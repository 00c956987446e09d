//! What tables call an order's status and the way it reaches its customer, in words.

use minijinja::Error;
use minijinja::value::{Value, ValueKind};

use super::text::{is_nothing, known, letters, one_line};

const STATUS_CAP_CHARACTERS: usize = 60;

/// Parts of names for each way, without accents, in the order in which they count: a place to eat is named last, because
/// `retirada no local` and `entrega local` are something else.
const KINDS: [(&str, &[&str]); 3] = [
    (
        "retirada",
        &[
            "retira", "pickup", "pick", "takeout", "takeaway", "togo", "balcao", "buscar",
            "viagem", "collect",
        ],
    ),
    (
        "entrega",
        &[
            "entrega",
            "deliver",
            "motoboy",
            "frete",
            "envio",
            "shipping",
            "domicilio",
        ],
    ),
    (
        "local",
        &[
            "mesa",
            "local",
            "salao",
            "eatin",
            "dinein",
            "indoor",
            "comanda",
            "presencial",
            "table",
            "onsite",
        ],
    ),
];

/// `em preparo` of `em_preparo`, `EM PREPARO` and `EmPreparo`; nothing of a mere number, which would tell a reader nothing.
pub(super) fn status(value: &Value) -> Result<String, Error> {
    known(value)?;
    let name = one_line(value, STATUS_CAP_CHARACTERS);
    if !name.chars().any(char::is_alphabetic) {
        return Ok(String::new());
    }
    let mut words = String::with_capacity(name.len());
    let mut before = ' ';
    for character in name.chars() {
        if before.is_lowercase() && character.is_uppercase() {
            words.push(' ');
        }
        before = character;
        words.push(if matches!(character, '_' | '-' | '.') {
            ' '
        } else {
            character
        });
    }
    Ok(words
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase())
}

/// `entrega`, `retirada` or `local`, by an order's type; without a type, an address means `entrega`; else nothing.
pub(super) fn kind(order: &Value) -> Result<&'static str, Error> {
    known(order)?;
    if order.kind() != ValueKind::Map {
        return Ok(kind_named(order).unwrap_or_default());
    }
    let given = order.get_attr("type")?;
    let address = order.get_attr("address")?;
    Ok(match kind_named(&given) {
        Some(kind) => kind,
        None if is_nothing(&given) && !is_nothing(&address) => "entrega",
        None => "",
    })
}

fn kind_named(given: &Value) -> Option<&'static str> {
    let name = letters(&one_line(given, STATUS_CAP_CHARACTERS));
    let named = |(_, parts): &&(&str, &[&str])| parts.iter().any(|part| name.contains(part));
    KINDS.iter().find(named).map(|(kind, _)| *kind)
}
