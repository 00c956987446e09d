//! What is proposed: the fields, the query made of them, and what is left to decide.

use serde::Serialize;

/// Where one field of a message comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// Its name, as in `mapping`.
    pub field: String,
    /// SQL over the query's aliases; none: nothing was found.
    pub expression: Option<String>,
    /// How sure that is, in percent.
    pub confidence: u8,
    /// Why, in plain words.
    pub reason: String,
    /// What else it could be.
    pub alternatives: Vec<String>,
}

/// What has to be decided by a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The field.
    pub field: String,
    /// What is unclear.
    pub message: String,
    /// What it could be.
    pub candidates: Vec<String>,
}

/// An index that the query would read a whole table without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MissingIndex {
    /// The table.
    pub relation: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// What makes it.
    pub statement: String,
}

/// How a status column's values become events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The column.
    pub column: String,
    /// `[value, event]` of those that mean one.
    pub events: Vec<(String, String)>,
    /// Values that mean none.
    pub others: Vec<String>,
}

/// A proposal for a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    /// The context query; none: the order table is not known.
    pub query: Option<String>,
    /// Every field.
    pub fields: Vec<Field>,
    /// What has to be decided first.
    pub problems: Vec<Problem>,
    /// Indexes that are missing.
    pub indexes: Vec<MissingIndex>,
    /// Whether the order tells a phone.
    pub has_phone: bool,
    /// The table of orders; none: not known.
    pub order_relation: Option<String>,
    /// The table of items; none: JSON on the order, or no items.
    pub items_relation: Option<String>,
    /// Column of the order with the items as JSON.
    pub items_column: Option<String>,
    /// The order's status.
    pub status: Option<Status>,
}
