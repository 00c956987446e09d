//! A subtransaction around work whose failure must not be the user's.
use std::panic::AssertUnwindSafe;

use pgrx::pg_sys::panic::CaughtError;
use pgrx::{PgSqlErrorCode, PgTryBuilder, pg_sys};

/// An error that was caught.
pub struct Failure {
    /// SQLSTATE.
    pub code: PgSqlErrorCode,
    /// The primary message.
    pub message: String,
    cause: Box<CaughtError>,
}

impl Failure {
    /// Takes an error apart.
    pub fn of(cause: CaughtError) -> Self {
        let (CaughtError::PostgresError(report)
        | CaughtError::ErrorReport(report)
        | CaughtError::RustPanic {
            ereport: report, ..
        }) = &cause;
        Self {
            code: report.sql_error_code(),
            message: in_any_encoding(report.message()),
            cause: Box::new(cause),
        }
    }

    /// Raises it again.
    pub fn rethrow(self) -> ! {
        self.cause.rethrow()
    }

    /// The five characters of the code (the inverse of the server's macro `MAKE_SQLSTATE`: six bits each).
    #[must_use]
    pub fn sqlstate(&self) -> String {
        let bits = self.code as i32;
        (0..5)
            .map(|place| u8::try_from((bits >> (6 * place)) & 63).unwrap_or(0))
            .map(|offset| char::from(b'0' + offset))
            .collect()
    }
}

/// Messages reach Rust as UTF-8, whatever the database's encoding: where that is another one, only ASCII is safe to write.
pub fn in_any_encoding(message: &str) -> String {
    // SAFETY: asks for a number.
    let encoding = unsafe { pg_sys::GetDatabaseEncoding() };
    if i64::from(encoding) == i64::from(pg_sys::pg_enc::PG_UTF8) {
        return message.to_owned();
    }
    message
        .chars()
        .map(|letter| if letter.is_ascii() { letter } else { '?' })
        .collect()
}

/// Runs `body` in a subtransaction of its own: its effects stay when it returns, and are undone when it raises an error,
/// which is returned.
pub fn attempt<R>(body: impl FnOnce() -> R) -> Result<R, Failure> {
    // SAFETY: the pattern of the server's own procedural languages: begin, work, end, and put back the memory context
    // and resource owner, which both ends change.
    unsafe {
        let context = pg_sys::CurrentMemoryContext;
        let owner = pg_sys::CurrentResourceOwner;
        pg_sys::BeginInternalSubTransaction(std::ptr::null());
        pg_sys::MemoryContextSwitchTo(context);
        let result = PgTryBuilder::new(AssertUnwindSafe(|| Ok(body())))
            .catch_others(|cause| Err(Failure::of(cause)))
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
