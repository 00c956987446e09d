//! Statements that SPI keeps for the life of the session.
use std::ffi::CStr;

use pgrx::pg_sys;

/// A kept plan. It is never freed: there are a few per source, and the session's end frees them.
#[derive(Debug, Clone, Copy)]
pub struct KeptPlan(pg_sys::SPIPlanPtr);

impl KeptPlan {
    /// Prepares a statement, to be planned once (the plans are simple, and planning costs more than running them).
    /// Within [`connected`].
    pub fn prepare(statement: &CStr, parameters: &[pg_sys::Oid]) -> Self {
        let mut types = parameters.to_vec();
        #[expect(
            clippy::cast_possible_wrap,
            reason = "a flag and a handful of parameters"
        )]
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a flag and a handful of parameters"
        )]
        // SAFETY: statement and types outlive the call; the kept plan is copied to memory of the session.
        unsafe {
            let plan = pg_sys::SPI_prepare_cursor(
                statement.as_ptr(),
                types.len() as i32,
                types.as_mut_ptr(),
                pg_sys::CURSOR_OPT_GENERIC_PLAN as i32,
            );
            if plan.is_null() || pg_sys::SPI_keepplan(plan) != 0 {
                pgrx::error!("could not prepare: {}", statement.to_string_lossy());
            }
            Self(plan)
        }
    }

    /// Reads with `snapshot`, at most `limit` rows (0: all), and returns their number. Within [`connected`].
    pub fn read(self, values: &mut [pg_sys::Datum], snapshot: pg_sys::Snapshot, limit: i64) -> u64 {
        self.execute(values, snapshot, true, limit)
    }

    /// Writes as seen by `snapshot`; returns the number of rows written. Within [`connected`].
    pub fn write(self, values: &mut [pg_sys::Datum], snapshot: pg_sys::Snapshot) -> u64 {
        self.execute(values, snapshot, false, 0)
    }

    fn execute(
        self,
        values: &mut [pg_sys::Datum],
        snapshot: pg_sys::Snapshot,
        read_only: bool,
        limit: i64,
    ) -> u64 {
        // SAFETY: the plan is kept, the values are of the types it was prepared with and none is null.
        unsafe {
            let status = pg_sys::SPI_execute_snapshot(
                self.0,
                values.as_mut_ptr(),
                std::ptr::null(),
                snapshot,
                std::ptr::null_mut(),
                read_only,
                true,
                limit,
            );
            if status < 0 {
                pgrx::error!("SPI_execute_snapshot failed with {status}");
            }
            pg_sys::SPI_processed
        }
    }
}

/// Runs `body` connected to SPI. After an error the surrounding subtransaction's abort disconnects.
pub fn connected<R>(body: impl FnOnce() -> R) -> R {
    // SAFETY: connect and finish are paired; an error in between leaves the finish to the abort.
    unsafe {
        if pg_sys::SPI_connect() < 0 {
            pgrx::error!("SPI_connect failed");
        }
        let result = body();
        pg_sys::SPI_finish();
        result
    }
}

/// The bigint in the first column of row `row` of the last result.
pub fn result_bigint(row: usize) -> i64 {
    let mut is_null = false;
    // SAFETY: called right after a read whose first column is a bigint that is never null, for a row that it returned.
    unsafe {
        let table = &*pg_sys::SPI_tuptable;
        let datum = pg_sys::SPI_getbinval(*table.vals.add(row), table.tupdesc, 1, &mut is_null);
        #[expect(
            clippy::cast_possible_wrap,
            reason = "the datum holds the signed value's bits"
        )]
        let value = datum.value() as i64;
        value
    }
}
