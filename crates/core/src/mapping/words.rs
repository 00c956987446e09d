//! Names of tables and columns as bags of words: `cliente_telefone`, `customerPhone`, `TELEFONE_CLI` are one.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::names;

/// The words of a name, each in one spelling, sorted; and the number at its end (`telefone2`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Sorted, each once.
    pub words: Vec<String>,
    /// Number that distinguishes it from others of the same words.
    pub number: Option<u32>,
}

/// Words that can stand run together, as in `codigopedido`.
static VOCABULARY: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let spellings = names::SPELLINGS.iter().flat_map(|(to, from)| {
        let words = from.split_whitespace().chain([*to]);
        words.filter(|word| word.len() >= 2)
    });
    let listed = names::all().flat_map(|(name, _)| name.split_whitespace());
    spellings.chain(listed).collect()
});

/// Reads a name.
#[must_use]
pub fn read(name: &str) -> Words {
    let mut number = None;
    let mut words = Vec::new();
    for piece in brands_joined(pieces(name)) {
        if let Ok(value) = piece.parse() {
            number = Some(value);
            continue;
        }
        for word in apart(&piece) {
            if !names::SILENT.contains(&word.as_str()) {
                words.push(spelled(&word));
            }
        }
    }
    words.sort();
    words.dedup();
    Words { words, number }
}

/// The words of a listed name.
pub(super) fn listed(name: &str) -> Vec<String> {
    let mut words: Vec<String> = name.split_whitespace().map(spelled).collect();
    words.sort();
    words.dedup();
    words
}

/// Cuts at what is no letter or digit, between letters and digits, and where a capital begins a word.
fn pieces(name: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let characters: Vec<char> = name.chars().collect();
    for (place, character) in characters.iter().copied().enumerate() {
        let before = place.checked_sub(1).map(|place| characters[place]);
        let after = characters.get(place + 1);
        let begins = before.is_some_and(|before| {
            character.is_numeric() != before.is_numeric()
                || character.is_uppercase()
                    && (before.is_lowercase()
                        || before.is_uppercase() && after.is_some_and(|c| c.is_lowercase()))
        });
        if begins || !character.is_alphanumeric() {
            pieces.push(String::new());
        }
        if character.is_alphanumeric() {
            let folded = character.to_lowercase().map(without_accent);
            pieces.last_mut().expect("one at least").extend(folded);
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// `whatsApp` is one word, however its capitals stand.
fn brands_joined(mut pieces: Vec<String>) -> Vec<String> {
    let brand = |pair: &[String]| pair[0] == "whats" && pair[1] == "app";
    if let Some(place) = pieces.windows(2).position(brand) {
        pieces.remove(place);
        "whatsapp".clone_into(&mut pieces[place]);
    }
    pieces
}

const fn without_accent(character: char) -> char {
    match character {
        'á' | 'à' | 'â' | 'ã' => 'a',
        'é' | 'ê' => 'e',
        'í' => 'i',
        'ó' | 'ô' | 'õ' => 'o',
        'ú' | 'ü' => 'u',
        'ç' => 'c',
        other => other,
    }
}

/// Two or three known words that stand run together, or the word itself.
fn apart(word: &str) -> Vec<String> {
    let known = |word: &str| VOCABULARY.contains(word) || VOCABULARY.contains(singular(word));
    if known(word) || !word.is_ascii() {
        return vec![word.to_owned()];
    }
    let cut = (2..word.len().saturating_sub(1)).rev().find(|cut| {
        let (first, second) = word.split_at(*cut);
        known(first) && known(second) && first.len() + second.len() > 5
    });
    match cut {
        Some(cut) => vec![word[..cut].to_owned(), word[cut..].to_owned()],
        None => vec![word.to_owned()],
    }
}

/// One spelling for a word, its plural and its translation.
fn spelled(word: &str) -> String {
    let same = |listed: &str| listed == word || listed == singular(word);
    let found = names::SPELLINGS
        .iter()
        .find(|(to, from)| same(to) || from.split_whitespace().any(same));
    match found {
        Some((to, _)) => (*to).to_owned(),
        None => singular(word).to_owned(),
    }
}

fn singular(word: &str) -> &str {
    match word.strip_suffix('s') {
        Some(stem) if stem.len() >= 3 => stem,
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    fn words(name: &str) -> String {
        read(name).words.join(" ")
    }

    /// O16: a brand has a capital in the middle, too.
    #[test]
    fn a_brand_is_one_word() {
        for name in ["whatsApp", "WhatsApp", "whats_app", "WHATSAPP", "wpp"] {
            assert_eq!(words(name), "whatsapp", "{name}");
        }
        assert_eq!(words("clienteWhatsApp"), "cliente whatsapp");
    }

    /// O16: the same in every spelling.
    #[test]
    fn spellings_of_a_name_are_one() {
        for name in [
            "cliente_telefone",
            "telefoneCliente",
            "customerPhone",
            "CUSTOMER_PHONE",
            "tel_cli",
            "fone do cliente",
            "telefonecliente",
            "Customer Phones",
        ] {
            assert_eq!(words(name), "cliente telefone", "{name}");
        }
        for name in [
            "pedido_id",
            "id_pedido",
            "codigopedido",
            "orderId",
            "tb_pedidos_cod",
        ] {
            assert_eq!(words(name), "id pedido", "{name}");
        }
        assert_eq!(words("nm_produto"), words("productName"));
        assert_eq!(words("vl_total_centavos"), words("total_amount_cents"));
        assert_eq!(words("observações"), words("obs"));
    }

    #[test]
    fn a_number_at_the_end_is_no_word() {
        assert_eq!(read("telefone2").number, Some(2));
        assert_eq!(words("telefone_2"), "telefone");
    }
}
