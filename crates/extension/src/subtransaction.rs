//! A subtransaction around work whose failure must not be the user's.
use std::panic::AssertUnwindSafe;

use pgrx::pg_sys::panic::CaughtError;
use pgrx::{PgTryBuilder, pg_sys};

/// Runs `body` in a subtransaction of its own: its effects stay when it returns, and are undone when it raises an error,
/// which is returned.
pub fn attempt<R>(body: impl FnOnce() -> R) -> Result<R, CaughtError> {
    // SAFETY: the pattern of the server's own procedural languages: begin, work, end, and put back the memory context
    // and resource owner, which both ends change.
    unsafe {
        let context = pg_sys::CurrentMemoryContext;
        let owner = pg_sys::CurrentResourceOwner;
        pg_sys::BeginInternalSubTransaction(std::ptr::null());
        pg_sys::MemoryContextSwitchTo(context);
        let result = PgTryBuilder::new(AssertUnwindSafe(|| Ok(body())))
            .catch_others(Err)
            .execute();
        match result {
            Ok(_) => pg_sys::ReleaseCurrentSubTransaction(),
            Err(_) => {
                pg_sys::MemoryContextSwitchTo(context);
                pg_sys::RollbackAndReleaseCurrentSubTransaction();
            }
        }
        pg_sys::MemoryContextSwitchTo(context);
        pg_sys::CurrentResourceOwner = owner;
        result
    }
}

/// SQLSTATE and message of an error.
pub fn describe(error: &CaughtError) -> (pgrx::PgSqlErrorCode, String) {
    let (CaughtError::PostgresError(report)
    | CaughtError::ErrorReport(report)
    | CaughtError::RustPanic {
        ereport: report, ..
    }) = error;
    (report.sql_error_code(), report.message().to_owned())
}
