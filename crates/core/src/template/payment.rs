//! What tables call a way of paying, in words.

use minijinja::Error;
use minijinja::value::Value;

use super::text::{known, letters, one_line};

const CAP_CHARACTERS: usize = 60;

/// Names as [`letters`] makes them. Whole names: of a longer one nobody knows what its other words mean.
const METHODS: [(&str, &[&str]); 9] = [
    ("Pix", &["pix"]),
    (
        "Dinheiro",
        &["dinheiro", "emdinheiro", "especie", "money", "cash"],
    ),
    ("Cartão", &["cartao", "card"]),
    (
        "Cartão de crédito",
        &[
            "credito",
            "cartaocredito",
            "cartaodecredito",
            "credit",
            "creditcard",
        ],
    ),
    (
        "Cartão de débito",
        &[
            "debito",
            "cartaodebito",
            "cartaodedebito",
            "debit",
            "debitcard",
        ],
    ),
    ("Vale-refeição", &["valerefeicao", "vr", "mealvoucher"]),
    (
        "Vale-alimentação",
        &["valealimentacao", "va", "foodvoucher"],
    ),
    (
        "Transferência",
        &[
            "transferencia",
            "transferenciabancaria",
            "transfer",
            "banktransfer",
        ],
    ),
    ("Boleto", &["boleto", "boletobancario"]),
];

/// `Cartão de crédito` of `CREDIT_CARD`, `cartao_credito` and the like; any other as it is, in one line.
pub(super) fn shown(value: &Value) -> Result<String, Error> {
    known(value)?;
    let given = one_line(value, CAP_CHARACTERS);
    let name = letters(&given);
    let method = METHODS
        .iter()
        .find(|(_, names)| names.contains(&name.as_str()));
    Ok(method.map_or(given, |(method, _)| (*method).to_owned()))
}
