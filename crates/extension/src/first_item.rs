//! Is this the first item of its order? The answer is about what others committed, and is read with the rights of the
//! user's table's owner.
use std::fmt::Write as _;

use pgrx::pg_sys;

use crate::key::Key;
use crate::plan::{KeptPlan, result_bigint};
use crate::relation::Source;
use crate::role::ActingAs;
use crate::{array, sql};

/// The keys among `keys` of which others have committed no row.
pub fn among(source: &Source, keys: &[Key], others: pg_sys::Snapshot) -> Vec<Key> {
    let _role = ActingAs::owner_of(source.root);
    match keys {
        [] => Vec::new(),
        [key] => only_one(source, key, others).into_iter().collect(),
        keys => of_many(source, keys, others),
    }
}

fn only_one(source: &Source, key: &Key, others: pg_sys::Snapshot) -> Option<Key> {
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
    (plan.read(&mut values, others, 1) == 0).then(|| key.clone())
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

fn statement_of_one(source: &Source) -> String {
    let mut statement = format!("select 1 from {} as t where true", source.root_name);
    for (number, (column, type_name)) in (1..).zip(&source.columns) {
        let column = sql::identifier(column);
        let _ = write!(
            statement,
            " and t.{column} operator(pg_catalog.=) ${number}::{type_name}"
        );
    }
    statement
}

fn statement_of_many(source: &Source) -> String {
    let count = source.columns.len();
    let arrays: Vec<_> = (1..=count).map(|number| format!("${number}")).collect();
    let keys: Vec<_> = (1..=count).map(|number| format!("k{number}")).collect();
    let mut same = String::from("true");
    for (key, (column, type_name)) in keys.iter().zip(&source.columns) {
        let column = sql::identifier(column);
        let _ = write!(
            same,
            " and t.{column} operator(pg_catalog.=) s.{key}::{type_name}"
        );
    }
    format!(
        "select s.position from rows from (pg_catalog.unnest({})) with ordinality as s({}, position) \
         where not exists (select 1 from {} as t where {same}) order by s.position",
        arrays.join("), pg_catalog.unnest("),
        keys.join(", "),
        source.root_name,
    )
}
