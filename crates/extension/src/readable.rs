//! What the owner of a table may read is not for everybody to see.
use pgrx::pg_sys;
use pgrx::prelude::*;

/// An ERROR when the current role may not read the relation.
pub fn refuse_unless_readable(relation: pg_sys::Oid) {
    // SAFETY: asks the catalogue for the rights of the current role.
    let may_read =
        unsafe { pg_sys::pg_class_aclcheck(relation, pg_sys::GetUserId(), pg_sys::ACL_SELECT) };
    if may_read != pg_sys::AclResult::ACLCHECK_OK {
        ereport!(
            ERROR,
            PgSqlErrorCode::ERRCODE_INSUFFICIENT_PRIVILEGE,
            "permission denied for the table that was asked about"
        );
    }
}
