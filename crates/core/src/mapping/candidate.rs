//! Which columns can be a concept, and how sure that is.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::catalogue::{Column, Shape, Table};
use super::names::{Concept, NAMES};
use super::words::{self, Words};

/// Below this, a column is not taken.
pub const CERTAIN_ENOUGH: u8 = 50;
/// Two columns nearer to each other than this are equally good.
const TIE: u8 = 2;
/// Sampled rows that say something.
const ROWS_THAT_TELL: usize = 5;

static LISTED: LazyLock<HashMap<(Concept, String), u8>> = LazyLock::new(|| {
    let listed = |(concept, names): &(Concept, &[(&str, u8)])| {
        let concept = *concept;
        let entry =
            move |(name, sure): &(&str, u8)| ((concept, words::listed(name).join(" ")), *sure);
        names.iter().map(entry).collect::<Vec<_>>()
    };
    NAMES.iter().flat_map(listed).collect()
});

/// A column that can be a concept.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    /// The column.
    pub column: &'a Column,
    /// How sure that is, in percent.
    pub confidence: u8,
    /// Whole cents.
    pub in_cents: bool,
    /// What speaks for or against it beside the name.
    pub remark: Option<String>,
}

/// How well a name alone fits.
#[must_use]
pub fn fits_name(name: &str, concept: Concept) -> u8 {
    fits_words(&words::read(name), concept, &[]).0
}

/// How well a name fits, and whether it says that the amount is in cents. `own` are words of the table's own name, which
/// its columns may repeat.
pub fn fits_words(name: &Words, concept: Concept, own: &[String]) -> (u8, bool) {
    let in_cents = name.words.iter().any(|word| word == "centavos");
    let said: Vec<String> = name
        .words
        .iter()
        .filter(|word| *word != "centavos")
        .cloned()
        .collect();
    let whole = listed(concept, &said);
    let rest: Vec<String> = said
        .iter()
        .filter(|word| !own.contains(word))
        .cloned()
        .collect();
    let shortened = if rest.len() < said.len() {
        listed(concept, &rest).saturating_sub(2)
    } else {
        0
    };
    let numbered = match name.number {
        None | Some(0) => 0,
        Some(1) => 1,
        Some(_) => 8,
    };
    (whole.max(shortened).saturating_sub(numbered), in_cents)
}

fn listed(concept: Concept, words: &[String]) -> u8 {
    LISTED
        .get(&(concept, words.join(" ")))
        .copied()
        .unwrap_or(0)
}

/// The columns of `table` that can be `concept`, best first.
pub fn candidates<'a>(table: &'a Table, concept: Concept) -> Vec<Candidate<'a>> {
    let own = words::read(&table.plain_name).words;
    let mut found: Vec<Candidate<'a>> = table
        .columns
        .iter()
        .filter_map(|column| candidate(table, column, concept, &own))
        .collect();
    found.sort_by_key(|candidate| std::cmp::Reverse(candidate.confidence));
    found
}

fn candidate<'a>(
    table: &Table,
    column: &'a Column,
    concept: Concept,
    own: &[String],
) -> Option<Candidate<'a>> {
    let (by_name, in_cents) = fits_words(&words::read(&column.name), concept, own);
    let by_comment = column.comment.as_deref().map_or(0, |comment| {
        let name = words::read(comment);
        fits_words(&name, concept, own).0.saturating_sub(10)
    });
    let sure = by_name.max(by_comment);
    if sure == 0 || !fits_shape(column.shape(), concept) {
        return None;
    }
    let (sure, remark) = after_sample(column, concept, sure);
    Some(Candidate {
        column,
        confidence: sure.saturating_sub(doubt(table, column, concept)),
        in_cents: in_cents && is_amount(concept) && column.shape() == Shape::Whole,
        remark,
    })
}

/// Whether `concept` is an amount of money.
pub const fn is_amount(concept: Concept) -> bool {
    use Concept as C;
    matches!(
        concept,
        C::Total
            | C::Subtotal
            | C::DeliveryFee
            | C::Discount
            | C::UnitPrice
            | C::LineTotal
            | C::CrustPrice
            | C::PartPrice
    )
}

fn fits_shape(shape: Shape, concept: Concept) -> bool {
    use Concept as C;
    let text = matches!(shape, Shape::Text | Shape::Enum);
    let number = matches!(shape, Shape::Whole | Shape::Decimal | Shape::Float);
    match concept {
        _ if is_amount(concept) => number || matches!(shape, Shape::Money | Shape::Text),
        C::Quantity => number || shape == Shape::Text,
        C::Created => shape == Shape::Time,
        C::Items => shape == Shape::Json,
        C::Addons | C::Flavors => matches!(shape, Shape::Json | Shape::TextArray),
        C::Phone => text || matches!(shape, Shape::Whole | Shape::Decimal),
        C::Number | C::House | C::Status => text || number,
        C::Tenant | C::CustomerKey | C::ProductKey => {
            text || number || shape == Shape::Uuid || shape == Shape::Other
        }
        C::Position => number || shape == Shape::Time,
        _ => text,
    }
}

/// What the newest rows say to it.
fn after_sample(column: &Column, concept: Concept, sure: u8) -> (u8, Option<String>) {
    let Some(sample) = column.sample.as_ref().filter(|sample| sample.rows > 0) else {
        return (sure, None);
    };
    let (rows, filled) = (sample.rows, sample.filled);
    if rows >= ROWS_THAT_TELL
        && filled == 0
        && !matches!(
            concept,
            Concept::Notes | Concept::ItemNotes | Concept::Discount
        )
    {
        return (sure.saturating_sub(30), Some("always empty".to_owned()));
    }
    if concept == Concept::Phone && filled > 0 {
        let phones = sample.phones;
        let remark = Some(format!("{phones} of {filled} look like phone numbers"));
        return match phones * 5 {
            few if filled >= ROWS_THAT_TELL && few < filled => (sure.saturating_sub(45), remark),
            most if most >= filled * 4 && filled >= ROWS_THAT_TELL => {
                (sure.saturating_add(2).min(99), remark)
            }
            _ => (sure, remark),
        };
    }
    (sure, None)
}

/// Names that mean something else beside certain others.
fn doubt(table: &Table, column: &Column, concept: Concept) -> u8 {
    let named = |word: &str| {
        let has = |column: &Column| {
            words::read(&column.name)
                .words
                .iter()
                .any(|found| found == word)
        };
        table.columns.iter().any(has)
    };
    let name = words::read(&column.name).words.join(" ");
    match (concept, name.as_str()) {
        // The number of a house, beside street and quarter.
        (Concept::Number, "numero")
            if named("bairro")
                && column.shape() == Shape::Text
                && !table.is_unique(&column.name) =>
        {
            60
        }
        // Of 27 states of the country.
        (Concept::Status, "estado") if named("cidade") => 40,
        (Concept::Total | Concept::UnitPrice | Concept::LineTotal, _)
            if column.shape() == Shape::Text =>
        {
            15
        }
        (Concept::Status, _) if column.shape() == Shape::Whole => 10,
        _ => 0,
    }
}

/// Those of `candidates` that are as good as the first, itself included.
pub fn tied<'c, 'a>(candidates: &'c [Candidate<'a>]) -> &'c [Candidate<'a>] {
    let Some(best) = candidates.first() else {
        return candidates;
    };
    let near = |other: &&Candidate<'_>| {
        let equal = best
            .column
            .sample
            .as_ref()
            .is_some_and(|sample| sample.equals.contains(&other.column.name));
        best.confidence - other.confidence < TIE && !equal
    };
    // The first is as good as itself.
    let count = 1 + candidates[1..].iter().take_while(near).count();
    &candidates[..count]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// O16: names of the matrix.
    #[test]
    fn names_of_the_matrix_are_recognized() {
        for (concept, names) in [
            (
                Concept::Phone,
                &[
                    "telefone",
                    "phone",
                    "cliente_telefone",
                    "cliente_whatsapp",
                    "whatsapp_cliente",
                    "cliente_contato",
                    "celular",
                    "customer_phone",
                    "customerPhone",
                    "cli_telefone",
                ][..],
            ),
            (
                Concept::Number,
                &["numero_pedido", "numero", "numero_dia", "protocolo", "num"],
            ),
            (
                Concept::Tenant,
                &[
                    "company_id",
                    "empresa_id",
                    "tenant_id",
                    "estabelecimento_id",
                    "loja_id",
                    "filial_id",
                ],
            ),
            (
                Concept::CustomerName,
                &["nome", "cliente", "cliente_nome", "customer_name", "name"],
            ),
            (
                Concept::Total,
                &[
                    "total",
                    "valor_total",
                    "valor_final",
                    "total_calculado",
                    "total_centavos",
                    "total_cents",
                ],
            ),
            (
                Concept::ItemName,
                &[
                    "nome_produto",
                    "produto_nome",
                    "nome",
                    "nome_snapshot",
                    "descricao",
                    "product_name",
                ],
            ),
            (
                Concept::Quantity,
                &["quantidade", "qtde", "qty", "quantity"],
            ),
            (
                Concept::UnitPrice,
                &[
                    "valor_unitario",
                    "preco_unitario",
                    "preco",
                    "preco_unitario_calculado",
                    "unit_price",
                    "preco_centavos",
                ],
            ),
            (
                Concept::LineTotal,
                &["valor_total", "total_item", "subtotal"],
            ),
            (
                Concept::Created,
                &[
                    "created_at",
                    "criado_em",
                    "data",
                    "data_pedido",
                    "data_hora",
                    "createdAt",
                ],
            ),
            (Concept::Status, &["status", "situacao", "estado"]),
        ] {
            for name in names {
                assert!(
                    fits_name(name, concept) >= CERTAIN_ENOUGH,
                    "{name} as {concept:?}"
                );
            }
        }
    }

    #[test]
    fn the_tables_own_name_may_be_repeated() {
        let own = words::read("tb_pedidos").words;
        let (sure, _) = fits_words(&words::read("ped_total"), Concept::Total, &own);
        assert!(sure >= 90, "{sure}");
    }
}
