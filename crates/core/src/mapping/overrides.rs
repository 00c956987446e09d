//! What somebody says about fields instead of the names.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::catalogue::Table;
use super::value::Value;
use super::words;

/// Fields that can be given.
pub const FIELDS: &[&str] = &[
    "number",
    "tenant",
    "phone",
    "total",
    "subtotal",
    "delivery_fee",
    "discount",
    "status",
    "type",
    "payment",
    "address",
    "notes",
    "created_at",
    "customer.name",
    "company.name",
    "company.phone",
    "items",
    "item.name",
    "item.quantity",
    "item.price",
    "item.total",
    "item.notes",
    "item.addons",
    "item.flavors",
];

/// Given fields: a column, `table.column`, or an SQL expression; none: nothing.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    given: BTreeMap<&'static str, Option<String>>,
    /// Names that are no fields, or values that are no texts.
    pub misunderstood: Vec<String>,
}

impl Overrides {
    /// Reads `{"phone": "celular", …}`.
    #[must_use]
    pub fn read(json: &Json) -> Self {
        let mut overrides = Self::default();
        for (name, value) in json.as_object().into_iter().flatten() {
            let text = match value {
                Json::String(text) => Some(Some(text.clone())),
                Json::Null => Some(None),
                _ => None,
            };
            match (field(name), text) {
                (Some(field), Some(text)) => {
                    overrides.given.insert(field, text);
                }
                _ => overrides.misunderstood.push(name.clone()),
            }
        }
        overrides
    }

    /// What is given for `field`; the inner none: that it has nothing.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Option<String>> {
        self.given.get(field)
    }
}

/// The field of this name, or of one of the names of the context.
fn field(name: &str) -> Option<&'static str> {
    let short = match name {
        "recipient" | "customer.phone" => "phone",
        "name" => "customer.name",
        _ => name.strip_prefix("order.").unwrap_or(name),
    };
    FIELDS.iter().copied().find(|field| *field == short)
}

/// What a given text means over tables with aliases.
pub enum Given {
    /// A column of one of them.
    Column(Value),
    /// An expression.
    Expression(Value),
    /// A name that nothing has.
    Unknown,
}

/// Understands `text` over `tables`, each with its alias; the first is meant where none is said.
pub fn understand(text: &str, tables: &[(&str, &Table)]) -> Given {
    let text = text.trim();
    let of_column = |alias: &str, table: &Table, name: &str| {
        let column = table
            .columns
            .iter()
            .find(|column| column.name == name || column.sql == name)?;
        let in_cents = words::read(&column.name)
            .words
            .iter()
            .any(|word| word == "centavos");
        Some(Value::column(
            alias,
            column,
            in_cents && column.shape() == super::catalogue::Shape::Whole,
        ))
    };
    if let Some(value) = tables
        .first()
        .and_then(|(alias, table)| of_column(alias, table, text))
    {
        return Given::Column(value);
    }
    if let Some((table_name, column)) = text.rsplit_once('.') {
        let named = |(alias, table): &&(&str, &Table)| {
            *alias == table_name || table.plain_name == table_name || table.name == table_name
        };
        if let Some(value) = tables
            .iter()
            .filter(named)
            .find_map(|(alias, table)| of_column(alias, table, column))
        {
            return Given::Column(value);
        }
        if is_name(column) && table_name.split('.').all(is_name) {
            return Given::Unknown;
        }
    }
    if text.is_empty() || is_name(text) && !text.chars().all(|c| c.is_ascii_digit()) {
        return Given::Unknown;
    }
    Given::Expression(Value::given(text))
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}
