//! What the newest rows of a table look like: counts, never the values of persons.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::candidate;
use super::names::Concept;
use crate::money;

/// Most values that a status is taken to have.
const VALUES_CAP: usize = 20;
/// Longest of them, in characters.
const VALUE_LENGTH_CAP: usize = 40;
/// Most keys that are kept of a column's objects.
const KEYS_CAP: usize = 60;

/// What the sampled values of a column look like.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sample {
    /// Rows looked at.
    pub rows: usize,
    /// Of those, with a value that is not empty.
    pub filled: usize,
    /// Different values.
    pub distinct: usize,
    /// How many look like a phone number.
    pub phones: usize,
    /// Mean length in characters.
    pub mean_length: usize,
    /// Columns with the same number in every row.
    pub equals: Vec<String>,
    /// The values, of a column that by its name is a status.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<String>,
    /// Keys of the objects in its JSON arrays: text, number, list, object or other.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<String, String>,
}

/// Samples of the columns of `rows`, each an object of values by column.
#[must_use]
pub fn summarize(rows: &[Map<String, Value>]) -> BTreeMap<String, Sample> {
    let rows: Vec<Row> = rows.iter().map(texts).collect();
    let columns: HashSet<&String> = rows.iter().flat_map(Row::keys).collect();
    let mut samples: BTreeMap<String, Sample> = columns
        .into_iter()
        .map(|column| (column.clone(), of_column(&rows, column)))
        .collect();
    let equal = equal_columns(&rows, &samples);
    for (column, equals) in equal {
        if let Some(sample) = samples.get_mut(&column) {
            sample.equals = equals;
        }
    }
    samples
}

/// Values of a row as texts; none: null.
type Row = HashMap<String, Option<String>>;

fn texts(row: &Map<String, Value>) -> Row {
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    row.iter()
        .map(|(column, value)| (column.clone(), text(value)))
        .collect()
}

fn of_column(rows: &[Row], column: &str) -> Sample {
    let texts: Vec<&str> = rows
        .iter()
        .filter_map(|row| row.get(column)?.as_deref())
        .filter(|text| !text.trim().is_empty())
        .collect();
    let distinct: HashSet<&str> = texts.iter().copied().collect();
    let characters: usize = texts.iter().map(|text| text.chars().count()).sum();
    Sample {
        rows: rows.len(),
        filled: texts.len(),
        distinct: distinct.len(),
        phones: texts.iter().filter(|text| looks_like_phone(text)).count(),
        mean_length: characters.checked_div(texts.len()).unwrap_or(0),
        equals: Vec::new(),
        values: values(column, &distinct),
        keys: keys(&texts),
    }
}

/// Digits as of a phone number, with nothing between them but what people write there.
fn looks_like_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let others = |c: char| c.is_ascii_digit() || " ()+-./".contains(c);
    (10..=14).contains(&digits) && text.trim().chars().all(others)
}

/// The values of a status, which say nothing about anybody.
fn values(column: &str, distinct: &HashSet<&str>) -> Vec<String> {
    let short = |value: &&str| value.chars().count() <= VALUE_LENGTH_CAP;
    let is_status = candidate::fits_name(column, Concept::Status) >= 60;
    if !is_status || distinct.len() > VALUES_CAP || !distinct.iter().all(short) {
        return Vec::new();
    }
    let mut values: Vec<String> = distinct.iter().map(|value| (*value).to_owned()).collect();
    values.sort();
    values
}

/// Keys of the objects in JSON arrays, those that a program wrote and not a person.
fn keys(texts: &[&str]) -> BTreeMap<String, String> {
    let arrays = texts
        .iter()
        .filter(|text| text.starts_with('['))
        .filter_map(|text| serde_json::from_str::<Vec<Value>>(text).ok());
    let mut keys = BTreeMap::new();
    for (key, value) in arrays.flatten().filter_map(as_object).flatten() {
        if keys.len() < KEYS_CAP
            && is_program_name(&key)
            && (!value.is_null() || !keys.contains_key(&key))
        {
            keys.insert(key, kind(&value).to_owned());
        }
    }
    keys
}

fn as_object(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

fn is_program_name(key: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    (1..=40).contains(&key.len()) && key.chars().all(allowed) && !looks_like_phone(key)
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "text",
        Value::Number(_) => "number",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
        _ => "other",
    }
}

/// Which columns hold the same numbers, of those that hold numbers in three rows at least.
fn equal_columns(rows: &[Row], samples: &BTreeMap<String, Sample>) -> Vec<(String, Vec<String>)> {
    let numbers = |column: &String| -> Option<Vec<_>> {
        let number = |row: &Row| match row.get(column) {
            Some(Some(text)) => money::parse_decimal(text).map(Some),
            _ => Some(None),
        };
        rows.iter().map(number).collect()
    };
    let columns: Vec<_> = samples
        .iter()
        .filter(|(_, sample)| sample.filled >= 3)
        .filter_map(|(column, _)| Some((column, numbers(column)?)))
        .collect();
    let equals = |of: usize| {
        let same = columns.iter().enumerate();
        let same = same.filter(|(place, (_, numbers))| *place != of && *numbers == columns[of].1);
        same.map(|(_, (column, _))| (*column).clone()).collect()
    };
    (0..columns.len())
        .map(|of| (columns[of].0.clone(), equals(of)))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows(values: &[Value]) -> Vec<Map<String, Value>> {
        values.iter().cloned().filter_map(as_object).collect()
    }

    #[test]
    fn a_sample_counts_and_keeps_no_values_of_persons() {
        let samples = summarize(&rows(&[
            json!({"fone": "(11) 98765-4321", "status": "pago", "total": "45.00"}),
            json!({"fone": "11987654321", "status": "novo", "total": "1.5"}),
            json!({"fone": " ", "status": "pago", "total": null}),
        ]));
        let phone = &samples["fone"];
        assert_eq!((phone.rows, phone.filled, phone.phones), (3, 2, 2));
        assert_eq!(samples["status"].values, ["novo", "pago"]);
        let all = serde_json::to_string(&samples).unwrap();
        assert!(!all.contains("98765"), "{all}");
    }

    #[test]
    fn keys_of_items_are_found() {
        let samples = summarize(&rows(&[
            json!({"itens": r#"[{"nome": "X", "qtd": 2, "adicionais": []}, {"nome": null}, 5]"#}),
            json!({"itens": "[broken"}),
        ]));
        let keys: Vec<_> = samples["itens"].keys.iter().collect();
        let expected = [("adicionais", "list"), ("nome", "text"), ("qtd", "number")];
        let expected = expected.map(|(key, kind)| (key.to_owned(), kind.to_owned()));
        assert_eq!(
            keys,
            expected.iter().map(|(k, v)| (k, v)).collect::<Vec<_>>()
        );
    }

    #[test]
    fn columns_of_the_same_numbers_are_found() {
        let row = |total: &str, final_total: &str, fee: &str| json!({"total": total, "final": final_total, "taxa": fee});
        let samples = summarize(&rows(&[
            row("1.0", "1", "0"),
            row("2", "2", "1"),
            row("3", "3", "2"),
        ]));
        assert_eq!(samples["total"].equals, ["final"]);
        assert_eq!(samples["taxa"].equals, [""; 0]);
    }
}
