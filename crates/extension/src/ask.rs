//! Users' queries, asked with the rights of another role: what views and functions of a table's owner do must not come back
//! to the rights of whoever asks, as they could after SET ROLE.
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys;
use pgrx::prelude::*;

use crate::role::ActingAs;
use crate::{array, sql};

/// `zap.ask_as(role, statement, subject)`: the rows as JSON. All texts in the bytes of the server's encoding.
#[pg_extern(sql = false)]
fn ask_as(role: pg_sys::Oid, statement: &[u8], subject: &[u8]) -> Option<Vec<u8>> {
    let statement = sql::statement(&[
        b"select pg_catalog.convert_to(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(q))::pg_catalog.text, \
          pg_catalog.getdatabaseencoding()) from (",
        statement,
        b"\n) as q",
    ]);
    let subjects = array::text_array(std::iter::once(subject));
    // SAFETY: a text array, made here.
    let subjects = unsafe { DatumWithOid::new(subjects, pg_sys::TEXTARRAYOID) };
    refuse_unless_member(role);
    let _role = ActingAs::role(role);
    Spi::connect(|client| {
        client
            .select(statement.as_c_str(), Some(1), &[subjects])
            .and_then(|rows| rows.first().get_one::<Vec<u8>>())
            .unwrap_or_else(|error| pgrx::error!("{error}"))
    })
}

fn refuse_unless_member(role: pg_sys::Oid) {
    // SAFETY: asks the catalogue for the roles of the current role.
    if !unsafe { pg_sys::is_member_of_role(pg_sys::GetUserId(), role) } {
        ereport!(
            ERROR,
            PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE,
            "permission denied to act as another role"
        );
    }
}
