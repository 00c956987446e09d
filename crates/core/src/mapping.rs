//! What an unknown order schema means: from what the catalogue says of tables to the query that fills messages.
//!
//! Every choice has a confidence and a reason; where two are equally good, none is made: a person decides.

mod candidate;
mod catalogue;
mod compose;
mod draft;
mod item_list;
mod items;
mod json_items;
mod names;
mod order;
mod overrides;
mod parts;
mod proposal;
mod sample;
mod status;
#[cfg(test)]
mod tests;
mod value;
mod words;

pub use catalogue::{Catalogue, Column, ForeignKey, Key, Table};
pub use overrides::{FIELDS, Overrides};
pub use proposal::{Field, MissingIndex, Problem, Proposal, Status};
pub use sample::{Sample, summarize};
pub use status::{allowed, event};

use draft::Draft;
use names::Concept;

/// Proposes how messages about the orders of `catalogue` are filled.
#[must_use]
pub fn propose(catalogue: &Catalogue, overrides: &Overrides) -> Proposal {
    let order = catalogue
        .key
        .order_relation
        .as_deref()
        .and_then(|name| catalogue.table(name));
    let Some(order) = order.filter(|_| !catalogue.key.order_key.is_empty()) else {
        return nothing(overrides);
    };
    let mut draft = Draft {
        catalogue,
        order,
        overrides,
        fields: Vec::new(),
        problems: misunderstood(overrides),
        indexes: Vec::new(),
    };
    let mut chosen = order::choose(&mut draft);
    let table = items::table_of(&draft);
    let column = if table.is_none() {
        json_items::column_of(&mut draft)
    } else {
        None
    };
    let list = match (&table, column) {
        (Some((table, key)), _) => Some(items::choose(&mut draft, table, key)),
        (None, Some(column)) => Some(json_items::choose(&mut draft, column)),
        (None, None) => None,
    };
    if list.is_some() {
        order::total_of_items(&mut draft, &mut chosen);
    }
    draft.needs_index(order, &catalogue.key.order_key);
    let query = compose::compose(&draft, &chosen, list.as_ref());
    Proposal {
        query: Some(query),
        has_phone: chosen.phone.is_some(),
        order_relation: Some(order.name.clone()),
        items_relation: table.map(|(table, _)| table.name.clone()),
        items_column: column.map(|column| column.name.clone()),
        status: status_of(order),
        fields: draft.fields,
        problems: draft.problems,
        indexes: draft.indexes,
    }
}

fn nothing(overrides: &Overrides) -> Proposal {
    Proposal {
        query: None,
        fields: Vec::new(),
        problems: misunderstood(overrides),
        indexes: Vec::new(),
        has_phone: false,
        order_relation: None,
        items_relation: None,
        items_column: None,
        status: None,
    }
}

fn misunderstood(overrides: &Overrides) -> Vec<Problem> {
    let problem = |name: &String| Problem {
        field: name.clone(),
        message: format!(
            "\"{}\" is no field, or its value is no text; fields are {}",
            draft::one_line(name),
            FIELDS.join(", ")
        ),
        candidates: Vec::new(),
    };
    overrides.misunderstood.iter().map(problem).collect()
}

/// The status column of an order table, and what its values mean.
fn status_of(order: &Table) -> Option<Status> {
    let found = candidate::candidates(order, Concept::Status);
    let best = found
        .first()
        .filter(|best| best.confidence >= candidate::CERTAIN_ENOUGH)?;
    Some(status_events(best.column))
}

/// What the values of a status column mean: those of its type, those that a check allows, and those that are there.
#[must_use]
pub fn status_events(column: &Column) -> Status {
    let sampled = column.sample.iter().flat_map(|sample| &sample.values);
    let mut values: Vec<&String> = Vec::new();
    for value in column.labels.iter().chain(&column.allowed).chain(sampled) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    let mut status = Status {
        column: column.name.clone(),
        events: Vec::new(),
        others: Vec::new(),
    };
    for value in values {
        match event(value) {
            Some(event) => status.events.push((value.clone(), event.to_owned())),
            None => status.others.push(value.clone()),
        }
    }
    status
}
