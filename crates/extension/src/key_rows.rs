//! The rows of one order, for `zap.why`: read as the table's owner, since views, row security and index expressions are
//! code that the owner wrote.
use std::ffi::CStr;

use pgrx::datum::TimestampWithTimeZone;
use pgrx::pg_sys;
use pgrx::prelude::*;

use crate::readable::refuse_unless_readable;
use crate::role::ActingAs;
use crate::sql;

/// More rows say nothing more about why an order was not captured.
const ROWS_CAP: i64 = 1000;

/// `zap.key_rows(relation, key, key_values, created)`: rows of the relation whose columns of these numbers have these values:
/// the low half of the transaction that wrote each, and its time of creation (column number 0: not asked for).
#[pg_extern(sql = false)]
fn key_rows(
    relation: pg_sys::Oid,
    key: Vec<i16>,
    key_values: Vec<String>,
    created: i16,
) -> TableIterator<
    'static,
    (
        name!(writer, Option<i64>),
        name!(created_at, Option<TimestampWithTimeZone>),
    ),
> {
    let statement = statement(relation, &key, created);
    refuse_unless_readable(relation);
    let _role = ActingAs::owner_of(relation);
    let rows = Spi::connect(|client| {
        let found = client.select(statement.as_c_str(), Some(ROWS_CAP), &[key_values.into()])?;
        found
            .map(|row| Ok((row.get(1)?, row.get(2)?)))
            .collect::<Result<Vec<_>, spi::SpiError>>()
    });
    TableIterator::new(rows.unwrap_or_else(|error| pgrx::error!("{error}")))
}

fn statement(relation: pg_sys::Oid, key: &[i16], created: i16) -> std::ffi::CString {
    let created_at = match created {
        0 => b"null".to_vec(),
        number => [b"o.".to_vec(), column(relation, number)].concat(),
    };
    let mut pieces = vec![
        b"select ".to_vec(),
        writer(relation).to_vec(),
        b", (".to_vec(),
        created_at,
        b")::pg_catalog.timestamptz from ".to_vec(),
        sql::relation(relation),
        b" as o where true".to_vec(),
    ];
    for (place, number) in key.iter().enumerate() {
        pieces.push(b" and o.".to_vec());
        pieces.push(column(relation, *number));
        pieces.push(format!(" operator(pg_catalog.=) $1[{}]::", place + 1).into_bytes());
        pieces.push(type_name(relation, *number));
    }
    let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
    sql::statement(&pieces)
}

/// Only tables tell which transaction wrote a row.
fn writer(relation: pg_sys::Oid) -> &'static [u8] {
    // SAFETY: asks the catalogue.
    let kind = u8::try_from(unsafe { pg_sys::get_rel_relkind(relation) });
    match kind {
        Ok(pg_sys::RELKIND_RELATION | pg_sys::RELKIND_PARTITIONED_TABLE) => {
            b"o.xmin::pg_catalog.text::pg_catalog.int8"
        }
        _ => b"null::pg_catalog.int8",
    }
}

fn column(relation: pg_sys::Oid, number: i16) -> Vec<u8> {
    // SAFETY: asks the catalogue; an ERROR when there is no such column.
    let name = unsafe { CStr::from_ptr(pg_sys::get_attname(relation, number, false)) };
    sql::identifier(name)
}

fn type_name(relation: pg_sys::Oid, number: i16) -> Vec<u8> {
    // SAFETY: asks the catalogue.
    sql::type_name(unsafe { pg_sys::get_atttype(relation, number) })
}
