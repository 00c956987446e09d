//! Whose rights a statement runs with.
use pgrx::pg_sys;

/// While it lives, the session acts as another role.
#[derive(Debug)]
pub struct ActingAs {
    saved_user: pg_sys::Oid,
    saved_context: i32,
    /// Settings made at this level or above are undone.
    settings_level: i32,
}

impl ActingAs {
    /// Acts as the owner of `relation`, restricted: what its owner attached to it (an index expression) can then do
    /// nothing that the owner could not, whoever inserts, and leave no setting behind in the session. Row security is not
    /// applied: all of an order's items count.
    pub fn owner_of(relation: pg_sys::Oid) -> Self {
        #[expect(clippy::cast_possible_wrap, reason = "three low bits")]
        let restrictions = (pg_sys::SECURITY_LOCAL_USERID_CHANGE
            | pg_sys::SECURITY_RESTRICTED_OPERATION
            | pg_sys::SECURITY_NOFORCE_RLS) as i32;
        Self::switch(owner(relation), restrictions)
    }

    /// Acts as this role, restricted as in [`Self::owner_of`]; row security holds.
    pub fn role(role: pg_sys::Oid) -> Self {
        #[expect(clippy::cast_possible_wrap, reason = "two low bits")]
        let restrictions =
            (pg_sys::SECURITY_LOCAL_USERID_CHANGE | pg_sys::SECURITY_RESTRICTED_OPERATION) as i32;
        Self::switch(role, restrictions)
    }

    /// Acts as the owner of our own `relation`.
    pub fn owner_of_ours(relation: pg_sys::Oid) -> Self {
        #[expect(clippy::cast_possible_wrap, reason = "two low bits")]
        let restrictions =
            (pg_sys::SECURITY_LOCAL_USERID_CHANGE | pg_sys::SECURITY_NOFORCE_RLS) as i32;
        Self::switch(owner(relation), restrictions)
    }

    fn switch(user: pg_sys::Oid, restrictions: i32) -> Self {
        let (mut saved_user, mut saved_context) = (pg_sys::InvalidOid, 0);
        // SAFETY: opens a level of settings and changes this session's role; `drop` puts both back, as an abort does.
        let settings_level = unsafe {
            pg_sys::GetUserIdAndSecContext(&mut saved_user, &mut saved_context);
            pg_sys::SetUserIdAndSecContext(user, saved_context | restrictions);
            pg_sys::NewGUCNestLevel()
        };
        Self {
            saved_user,
            saved_context,
            settings_level,
        }
    }
}

impl Drop for ActingAs {
    fn drop(&mut self) {
        // SAFETY: puts back what `switch` saved. After an error the abort of the transaction closes the level, and it must
        // not be closed twice.
        unsafe {
            if !std::thread::panicking() {
                pg_sys::AtEOXact_GUC(false, self.settings_level);
            }
            pg_sys::SetUserIdAndSecContext(self.saved_user, self.saved_context);
        }
    }
}

/// Owner of a relation; an ERROR when it is gone.
fn owner(relation: pg_sys::Oid) -> pg_sys::Oid {
    #[expect(clippy::cast_possible_wrap, reason = "a small enumeration")]
    const RELOID: i32 = pg_sys::SysCacheIdentifier::RELOID as i32;
    // SAFETY: a catalogue row that is read before it is released.
    unsafe {
        let tuple = pg_sys::SearchSysCache1(RELOID, pg_sys::Datum::from(relation));
        if tuple.is_null() {
            pgrx::ereport!(
                ERROR,
                pgrx::PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE,
                format!("relation with oid {} does not exist", relation.to_u32())
            );
        }
        let form = pg_sys::GETSTRUCT(tuple).cast::<pg_sys::FormData_pg_class>();
        let owner = (*form).relowner;
        pg_sys::ReleaseSysCache(tuple);
        owner
    }
}
