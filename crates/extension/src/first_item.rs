//! Is this the first item of its order? The answer is about what others committed, and is read with the rights of the
//! user's table's owner.
use std::ffi::CString;

use pgrx::pg_sys;

use crate::key::Key;
use crate::plan::{KeptPlan, result_bigint};
use crate::relation::Source;
use crate::role::ActingAs;
use crate::{array, key_index, sql};

/// The keys among `keys` of which others have committed no row.
pub fn among(source: &Source, keys: &[Key], others: pg_sys::Snapshot) -> Vec<Key> {
    let _role = ActingAs::owner_of(source.root);
    match keys {
        [] => Vec::new(),
        [key] => {
            let is_old = key_index::has_row(source, key, others)
                .unwrap_or_else(|| has_row_by_plan(source, key, others));
            if is_old {
                Vec::new()
            } else {
                vec![key.clone()]
            }
        }
        keys => of_many(source, keys, others),
    }
}

fn has_row_by_plan(source: &Source, key: &Key, others: pg_sys::Snapshot) -> bool {
    let plan = *source.first_item_of_one.get_or_init(|| {
        KeptPlan::prepare(
            &statement_of_one(source),
            &vec![pg_sys::TEXTOID; source.columns.len()],
        )
    });
    let mut values: Vec<_> = key
        .parts()
        .iter()
        .map(|part| array::text(&part.to_text()))
        .collect();
    plan.read(&mut values, others, 1) > 0
}

fn of_many(source: &Source, keys: &[Key], others: pg_sys::Snapshot) -> Vec<Key> {
    let plan = *source.first_item_of_many.get_or_init(|| {
        KeptPlan::prepare(
            &statement_of_many(source),
            &vec![pg_sys::TEXTARRAYOID; source.columns.len()],
        )
    });
    let mut values: Vec<_> = (0..source.columns.len())
        .map(|column| {
            let texts: Vec<_> = keys
                .iter()
                .map(|key| key.parts()[column].to_text())
                .collect();
            array::text_array(texts.iter().map(Vec::as_slice))
        })
        .collect();
    let found = usize::try_from(plan.read(&mut values, others, 0)).unwrap_or(usize::MAX);
    (0..found)
        .filter_map(|row| usize::try_from(result_bigint(row)).ok())
        .filter_map(|position| keys.get(position - 1).cloned())
        .collect()
}

fn statement_of_one(source: &Source) -> CString {
    let same = same_key(source, |number| format!("${number}"));
    sql::statement(&[b"select 1 from ", &source.root_name, b" as t where ", &same])
}

fn statement_of_many(source: &Source) -> CString {
    let numbers = 1..=source.columns.len();
    let arrays: Vec<String> = numbers
        .clone()
        .map(|number| format!("pg_catalog.unnest(${number})"))
        .collect();
    let keys: Vec<String> = numbers.map(|number| format!("k{number}")).collect();
    let same = same_key(source, |number| format!("s.k{number}"));
    sql::statement(&[
        b"select s.position from rows from (",
        arrays.join(", ").as_bytes(),
        b") with ordinality as s(",
        keys.join(", ").as_bytes(),
        b", position) where not exists (select 1 from ",
        &source.root_name,
        b" as t where ",
        &same,
        b") order by s.position",
    ])
}

/// Compares the key columns of `t` with the values that `value` names.
fn same_key(source: &Source, value: impl Fn(usize) -> String) -> Vec<u8> {
    let mut same = Vec::new();
    for (number, column) in (1..).zip(&source.columns) {
        if number > 1 {
            same.extend_from_slice(b" and ");
        }
        same.extend_from_slice(b"t.");
        same.extend_from_slice(&column.identifier);
        same.extend_from_slice(b" operator(pg_catalog.=) ");
        same.extend_from_slice(value(number).as_bytes());
        same.extend_from_slice(b"::");
        same.extend_from_slice(&column.type_name);
    }
    same
}
