//! The short way into the queue, for the table as it was installed: below the executor, with what the executor looks up for
//! every statement (indexes, their predicates, the columns' defaults) looked up once per session.
//!
//! A row costs a few microseconds, and the executor's start four times as much.
mod inserter;
mod kept;
mod row;
mod usual;

use std::cell::{Cell, RefCell};

use pgrx::{pg_guard, pg_sys};

use crate::relation::Source;
use kept::KeptTable;

thread_local! {
    static KEPT: RefCell<Option<KeptTable>> = const { RefCell::new(None) };
    static STALE: Cell<bool> = const { Cell::new(false) };
}

#[expect(clippy::cast_possible_wrap, reason = "small constants")]
const LOCK: pg_sys::LOCKMODE = pg_sys::RowExclusiveLock as pg_sys::LOCKMODE;
#[expect(clippy::cast_possible_wrap, reason = "small constants")]
const KEEP_LOCK: pg_sys::LOCKMODE = pg_sys::NoLock as pg_sys::LOCKMODE;

/// Asks the server to be told when the queue or one of its indexes changes.
pub fn register() {
    // SAFETY: a callback that lives as long as the process and can't fail.
    unsafe { pg_sys::CacheRegisterRelcacheCallback(Some(invalidate), pg_sys::Datum::from(0)) };
}

#[pg_guard]
unsafe extern "C-unwind" fn invalidate(_argument: pg_sys::Datum, relation: pg_sys::Oid) {
    let concerns_us = KEPT.with(|kept| {
        // In use: it is being looked up right now, so look again.
        kept.try_borrow().map_or(true, |kept| {
            kept.as_ref()
                .is_none_or(|kept| relation == pg_sys::InvalidOid || kept.concerns(relation))
        })
    });
    if concerns_us {
        STALE.set(true);
    }
}

/// Inserts subjects that are expected to be new, an ERROR (unique violation) when one is queued already; none when the
/// table is not as it was installed: then the executor has to do it.
pub fn insert(table: pg_sys::Oid, source: &Source, subjects: &[Vec<u8>]) -> Option<u64> {
    // SAFETY: opens the table of an oid; an ERROR when it is gone.
    let relation = unsafe { pg_sys::table_open(table, LOCK) };
    // Taken out while in use: an ERROR in between leaves nothing half done behind, and it is made anew.
    let known = KEPT.take().filter(|kept| !STALE.get() && kept.is_of(table));
    let kept = known.unwrap_or_else(|| {
        STALE.set(false);
        // SAFETY: the table is open.
        unsafe { KeptTable::look_up(relation) }
    });
    // SAFETY: `kept` was made of this table, under the lock or unchanged until it was granted. What the lock lets through, such
    // as an index that is being built, waits for the end of all transactions that hold it.
    let inserted = unsafe { kept.insert(relation, source, subjects) };
    // SAFETY: opened above; the lock is kept until the transaction ends, as the executor does.
    unsafe { pg_sys::table_close(relation, KEEP_LOCK) };
    KEPT.set(Some(kept));
    inserted
}
