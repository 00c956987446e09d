//! The items of an order as a part of FROM.

use super::compose::{Line, written};
use super::draft::Draft;
use super::value::Value;

/// A JSON expression; none: an empty list.
pub type Entry = Option<String>;

/// What the context says of an item.
#[derive(Debug, Default)]
pub struct Lines {
    /// What it is.
    pub name: Option<Value>,
    /// How many.
    pub quantity: Option<Value>,
    /// What one costs.
    pub price: Option<Value>,
    /// What all of them cost.
    pub total: Option<Value>,
    /// What the customer remarked.
    pub notes: Option<Value>,
    /// Add-ons.
    pub addons: Entry,
    /// Flavours.
    pub flavors: Entry,
}

/// Where the items are, and what is said of each.
#[derive(Debug)]
pub struct ItemList {
    /// Of each item.
    pub lines: Lines,
    /// FROM and WHERE, indented.
    pub from: String,
    /// ORDER BY.
    pub order_by: String,
    /// Whether an order without items is none.
    pub must_exist: bool,
}

impl ItemList {
    /// As a part of FROM, with the sum of the items where that is `needed`.
    pub fn sql(&self, draft: &Draft<'_>, needed: bool) -> String {
        let text = |value: &Option<Value>| {
            value
                .as_ref()
                .map_or_else(|| "null".to_owned(), |value| value.text.clone())
        };
        let list = |entry: &Entry| entry.clone().unwrap_or_else(|| "'[]'::jsonb".to_owned());
        let lines = [
            Line::field("name", text(&self.lines.name), "item.name"),
            Line::field("quantity", text(&self.lines.quantity), "item.quantity"),
            Line::field("price", text(&self.lines.price), "item.price"),
            Line::field("total", text(&self.lines.total), "item.total"),
            Line::field("notes", text(&self.lines.notes), "item.notes"),
            Line::field("addons", list(&self.lines.addons), "item.addons"),
            Line::field("flavors", list(&self.lines.flavors), "item.flavors"),
        ];
        let number = self
            .lines
            .total
            .as_ref()
            .and_then(|total| total.number.as_ref());
        let amount = match number.filter(|_| needed) {
            Some(number) => format!(",\n        pg_catalog.sum({number}) as amount"),
            None if needed => ",\n        null::numeric as amount".to_owned(),
            None => String::new(),
        };
        format!(
            "cross join lateral (\n    select\n        pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(\n{}        ) order by {}) \
             as list{amount}\n{}) as items\n",
            written(&lines, "            ", draft),
            self.order_by,
            self.from
        )
    }
}
