//! The highest value of a column, for attaching: read as the table's owner, since planning alone can run code that the
//! owner put into an index.
use pgrx::pg_sys;
use pgrx::prelude::*;

use crate::readable::refuse_unless_readable;
use crate::role::ActingAs;
use crate::sql;

/// `zap.highest_value(relation, column)`: as text; null when the table is empty.
#[pg_extern(sql = false)]
fn highest_value(relation: pg_sys::Oid, column_name: &std::ffi::CStr) -> Option<String> {
    let statement = sql::statement(&[
        b"select pg_catalog.max(o.",
        &sql::identifier(column_name),
        b")::pg_catalog.text from ",
        &sql::relation(relation),
        b" as o",
    ]);
    refuse_unless_readable(relation);
    let _role = ActingAs::owner_of(relation);
    Spi::connect(|client| {
        client
            .select(statement.as_c_str(), Some(1), &[])
            .and_then(|rows| rows.first().get_one::<String>())
            .unwrap_or_else(|error| pgrx::error!("{error}"))
    })
}
