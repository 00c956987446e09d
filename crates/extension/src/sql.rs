//! Names as SQL needs them, in bytes of the server's encoding: old databases are LATIN1, and have accents in names.
use std::ffi::{CStr, CString};

use pgrx::pg_sys;

/// A quoted identifier, where it needs quotes.
pub fn identifier(name: &CStr) -> Vec<u8> {
    // SAFETY: returns the name itself or a palloc'd string.
    unsafe { owned(pg_sys::quote_identifier(name.as_ptr())) }
}

/// Joins pieces of a statement.
pub fn statement(pieces: &[&[u8]]) -> CString {
    CString::new(pieces.concat()).unwrap_or_default()
}

/// A relation's qualified, quoted name; an ERROR when it is gone.
pub fn relation(oid: pg_sys::Oid) -> Vec<u8> {
    // SAFETY: catalogue look-ups that return palloc'd strings or null.
    unsafe {
        let name = pg_sys::get_rel_name(oid);
        let schema = pg_sys::get_namespace_name(pg_sys::get_rel_namespace(oid));
        if name.is_null() || schema.is_null() {
            pgrx::ereport!(
                ERROR,
                pgrx::PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE,
                format!("relation with oid {} does not exist", oid.to_u32())
            );
        }
        owned(pg_sys::quote_qualified_identifier(schema, name))
    }
}

/// A type's qualified, quoted name, for any length: the standard says that "character" means character(1).
pub fn type_name(oid: pg_sys::Oid) -> Vec<u8> {
    const ANY_LENGTH: i32 = -1;
    #[expect(clippy::cast_possible_truncation, reason = "two flags")]
    let flags = (pg_sys::FORMAT_TYPE_FORCE_QUALIFY | pg_sys::FORMAT_TYPE_TYPEMOD_GIVEN) as u16;
    // SAFETY: a catalogue look-up that returns a palloc'd string.
    unsafe { owned(pg_sys::format_type_extended(oid, ANY_LENGTH, flags)) }
}

/// Oid of a relation of schema `zap`, if it exists.
pub fn relation_of_zap(name: &str) -> Option<pg_sys::Oid> {
    let name = CString::new(name).ok()?;
    // SAFETY: catalogue look-ups by NUL-terminated names.
    let oid = unsafe {
        let schema = pg_sys::get_namespace_oid(c"zap".as_ptr(), true);
        pg_sys::get_relname_relid(name.as_ptr(), schema)
    };
    (oid != pg_sys::InvalidOid).then_some(oid)
}

/// # Safety
/// `text` must be a NUL-terminated string.
unsafe fn owned(text: *const std::ffi::c_char) -> Vec<u8> {
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_bytes().to_vec()
}
