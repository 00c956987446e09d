//! Which event the values of a status column mean.

use super::words;

/// Event by words that a value contains; the first that fits counts.
const EVENTS: &[(&str, &[&str])] = &[
    (
        "order_cancelled",
        &[
            "cancelado",
            "cancelada",
            "canceled",
            "cancelled",
            "cancelamento",
            "recusado",
            "recusada",
            "rejeitado",
            "rejected",
            "estornado",
        ],
    ),
    (
        "order_out_for_delivery",
        &[
            "saiu",
            "rota",
            "despachado",
            "despachada",
            "enviado",
            "enviada",
            "shipped",
            "dispatched",
            "caminho",
            "transito",
            "delivering",
        ],
    ),
    (
        "order_delivered",
        &[
            "entregue",
            "delivered",
            "concluido",
            "concluida",
            "finalizado",
            "finalizada",
            "completed",
            "done",
            "retirado",
        ],
    ),
    ("order_ready", &["pronto", "pronta", "ready"]),
    (
        "order_in_preparation",
        &[
            "producao",
            "preparo",
            "preparando",
            "preparacao",
            "preparing",
            "preparation",
            "cozinha",
            "cooking",
            "production",
        ],
    ),
    ("order_paid", &["pago", "paga", "paid", "quitado"]),
    (
        "order_accepted",
        &[
            "aceito",
            "aceita",
            "accepted",
            "confirmado",
            "confirmada",
            "confirmed",
            "aprovado",
            "aprovada",
            "approved",
        ],
    ),
];

/// Words that turn a value's meaning round or put it off: `aguardando_pagamento`, `não pago`.
const NOT_YET: &[&str] = &[
    "aguardando",
    "nao",
    "not",
    "waiting",
    "awaiting",
    "pendente",
    "pending",
    "parcial",
    "erro",
    "falha",
];

/// The event that a value of a status column means; none: nothing that people are told.
#[must_use]
pub fn event(value: &str) -> Option<&'static str> {
    let words = words::read(value).words;
    let says = |listed: &[&str]| words.iter().any(|word| listed.contains(&word.as_str()));
    if says(NOT_YET) {
        return None;
    }
    // "saiu para entrega" and "out for delivery" share their last word with nothing else.
    if words.contains(&"out".to_owned()) && words.contains(&"entrega".to_owned()) {
        return Some("order_out_for_delivery");
    }
    if says(&["pagamento"]) && says(&["confirmado", "confirmed", "aprovado", "approved"]) {
        return Some("order_paid");
    }
    EVENTS
        .iter()
        .find(|(_, listed)| says(listed))
        .map(|(event, _)| *event)
}

/// The values that a check constraint lists, as `pg_get_constraintdef` prints them.
#[must_use]
pub fn allowed(definition: &str) -> Vec<String> {
    let mut values = Vec::new();
    let mut rest = definition;
    while let Some(begin) = rest.find('\'') {
        let mut value = String::new();
        let mut characters = rest[begin + 1..].char_indices().peekable();
        let mut end = rest.len();
        while let Some((place, character)) = characters.next() {
            if character == '\'' && characters.next_if(|(_, next)| *next == '\'').is_none() {
                end = begin + 1 + place + 1;
                break;
            }
            value.push(character);
        }
        values.push(value);
        rest = &rest[end..];
    }
    values
}

#[cfg(test)]
mod tests {
    use super::{allowed, event};

    /// O6: what shops call the states of an order.
    #[test]
    fn values_mean_events() {
        for (value, expected) in [
            ("pago", Some("order_paid")),
            ("PAGO", Some("order_paid")),
            ("producao", Some("order_in_preparation")),
            ("em_preparo", Some("order_in_preparation")),
            ("Em produção", Some("order_in_preparation")),
            ("preparing", Some("order_in_preparation")),
            ("pronto", Some("order_ready")),
            ("pronto_para_entrega", Some("order_ready")),
            ("saiu_entrega", Some("order_out_for_delivery")),
            ("out_for_delivery", Some("order_out_for_delivery")),
            ("em_rota", Some("order_out_for_delivery")),
            ("entregue", Some("order_delivered")),
            ("cancelado", Some("order_cancelled")),
            ("aceito", Some("order_accepted")),
            ("confirmado", Some("order_accepted")),
            ("pagamento_confirmado", Some("order_paid")),
            ("aguardando_pagamento", None),
            ("recebido", None),
            ("analise", None),
            ("3", None),
        ] {
            assert_eq!(event(value), expected, "{value}");
        }
    }

    #[test]
    fn values_of_a_check_are_read() {
        let check = "CHECK ((status = ANY (ARRAY['novo'::text, 'd''água'::text, 'pago'::text])))";
        assert_eq!(allowed(check), ["novo", "d'água", "pago"]);
        assert_eq!(allowed("CHECK ((total > 0)) 'open"), ["open"]);
    }
}
