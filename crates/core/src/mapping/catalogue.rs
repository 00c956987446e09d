//! What the database says about its tables: the JSON that `zap.describe` returns.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::sample::Sample;

/// A table, and the tables around it.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Catalogue {
    /// The table that was asked for, as SQL needs it.
    pub relation: String,
    /// The columns that name the order.
    #[serde(default)]
    pub key: Key,
    /// Everything around it, itself included.
    #[serde(default)]
    pub tables: Vec<Table>,
}

/// Which columns name the order, and which table it is.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Key {
    /// Columns of the table that was asked for.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Their types, as SQL needs them.
    #[serde(default)]
    pub types: Vec<String>,
    /// The order table; the table itself when that is one; none: unknown.
    #[serde(default)]
    pub order_relation: Option<String>,
    /// Columns of the order table, in the order of `columns`.
    #[serde(default)]
    pub order_key: Vec<String>,
}

/// A table or view.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Table {
    /// Qualified name, as SQL needs it.
    pub name: String,
    /// Its own name, as it is.
    pub plain_name: String,
    /// Whether it is a view of some kind, or foreign: nothing to count on but its columns.
    #[serde(default)]
    pub is_view: bool,
    /// Its columns, in their order.
    #[serde(default)]
    pub columns: Vec<Column>,
    /// Columns of its primary key.
    #[serde(default)]
    pub primary_key: Vec<String>,
    /// Columns of each of its unique keys.
    #[serde(default)]
    pub unique_keys: Vec<Vec<String>>,
    /// What it refers to.
    #[serde(default)]
    pub foreign_keys: Vec<ForeignKey>,
    /// Columns that an index begins with.
    #[serde(default)]
    pub indexed: Vec<String>,
}

/// A column.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Column {
    /// Its name, as it is.
    pub name: String,
    /// Its name, as SQL needs it.
    pub sql: String,
    /// Its type, the one under domains, as the server prints it.
    #[serde(rename = "type", default)]
    pub type_name: String,
    /// Values of its enum.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Values that a check allows.
    #[serde(default)]
    pub allowed: Vec<String>,
    /// What people wrote about it.
    #[serde(default)]
    pub comment: Option<String>,
    /// What its newest values look like.
    #[serde(default)]
    pub sample: Option<Sample>,
}

/// A foreign key.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ForeignKey {
    /// Columns that refer.
    pub columns: Vec<String>,
    /// The table referred to, as SQL needs it.
    pub target: String,
    /// Its columns.
    pub target_columns: Vec<String>,
}

impl Catalogue {
    /// A table by its name as SQL needs it.
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }
}

impl Table {
    /// A column by its name as it is.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// A column's name as SQL needs it.
    #[must_use]
    pub fn sql<'a>(&'a self, name: &'a str) -> &'a str {
        self.column(name).map_or(name, |column| &column.sql)
    }

    /// Whether at most one row has a given value in `column`.
    #[must_use]
    pub fn is_unique(&self, column: &str) -> bool {
        let alone = |key: &[String]| key.len() == 1 && key[0] == column;
        alone(&self.primary_key) || self.unique_keys.iter().any(|key| alone(key))
    }

    /// Whether an index begins with one of `columns`; of a view nobody can say.
    #[must_use]
    pub fn is_indexed(&self, columns: &[String]) -> bool {
        self.is_view || self.indexed.iter().any(|column| columns.contains(column))
    }

    /// The single-column foreign key of `column`.
    #[must_use]
    pub fn reference(&self, column: &str) -> Option<&ForeignKey> {
        let alone = |key: &&ForeignKey| key.columns.len() == 1 && key.columns[0] == column;
        self.foreign_keys.iter().find(alone)
    }
}

/// What a type is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Text.
    Text,
    /// A value of an enum.
    Enum,
    /// Whole numbers.
    Whole,
    /// Exact decimals.
    Decimal,
    /// Floating point.
    Float,
    /// The type money.
    Money,
    /// A time with a date.
    Time,
    /// JSON of either kind.
    Json,
    /// An array of texts.
    TextArray,
    /// `uuid`.
    Uuid,
    /// Anything else.
    Other,
}

impl Column {
    /// What its type is good for.
    #[must_use]
    pub fn shape(&self) -> Shape {
        if !self.labels.is_empty() {
            return Shape::Enum;
        }
        match self.type_name.as_str() {
            "text" | "character varying" | "character" | "bpchar" | "citext" | "public.citext"
            | "name" => Shape::Text,
            "smallint" | "integer" | "bigint" => Shape::Whole,
            "numeric" => Shape::Decimal,
            "real" | "double precision" => Shape::Float,
            "money" => Shape::Money,
            "timestamp with time zone" | "timestamp without time zone" => Shape::Time,
            "json" | "jsonb" => Shape::Json,
            "text[]" | "character varying[]" => Shape::TextArray,
            "uuid" => Shape::Uuid,
            _ => Shape::Other,
        }
    }

    /// Keys of the objects in its JSON, each with the kind of its values; none: not seen.
    #[must_use]
    pub fn json_keys(&self) -> Option<&BTreeMap<String, String>> {
        let keys = &self.sample.as_ref()?.keys;
        (!keys.is_empty()).then_some(keys)
    }
}
