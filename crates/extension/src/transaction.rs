//! Where capture meets the transaction: collects, flushes before COMMIT or PREPARE, wakes after COMMIT, forgets on abort.
use std::cell::RefCell;

use pgrx::{pg_guard, pg_sys};
use zapgres_core::pending::{CommandNumber, FLUSH_EARLY_AT, Pending, SourceIndex, TransactionId};

use crate::key::Key;
use crate::{flush, wake};

/// A flush can fire triggers on the queue that insert further items; a trigger that does so for ever is cut off.
const FLUSH_ROUNDS: usize = 16;

thread_local! {
    static PENDING: RefCell<Pending<Key>> = RefCell::new(Pending::default());
}

/// Registers the callbacks, once in the life of a process (backends inherit those of the postmaster).
pub fn register() {
    // SAFETY: callbacks that live as long as the process.
    unsafe {
        pg_sys::RegisterXactCallback(Some(on_transaction), std::ptr::null_mut());
        pg_sys::RegisterSubXactCallback(Some(on_subtransaction), std::ptr::null_mut());
    }
}

/// Remembers an order of this transaction, a row of which `command` wrote.
pub fn collect(source: SourceIndex, key: Key, command: CommandNumber) {
    let is_full = PENDING.with_borrow_mut(|pending| {
        pending.add(source, key, command, current()) && pending.unflushed() >= FLUSH_EARLY_AT
    });
    if is_full {
        flush_now();
        // SAFETY: asks for the nesting level.
        let is_in_savepoint = unsafe { pg_sys::GetCurrentTransactionNestLevel() } > 1;
        PENDING.with_borrow_mut(|pending| pending.forget_flushed(is_in_savepoint));
    }
}

/// Remembers that a source is silent about a row written under `transaction`.
pub fn collect_gap(source: SourceIndex, transaction: TransactionId) {
    PENDING.with_borrow_mut(|pending| pending.add_gap(source, transaction, current()));
}

/// Writes what was captured so far; returns the number of orders written.
pub fn flush_now() -> u64 {
    let mut written = 0;
    for _ in 0..FLUSH_ROUNDS {
        let batches = PENDING.with_borrow_mut(|pending| {
            if pending.unflushed() == 0 {
                Vec::new()
            } else {
                pending.take_unflushed(current())
            }
        });
        if batches.is_empty() {
            break;
        }
        written += flush::write(batches);
    }
    if PENDING.with_borrow(|pending| pending.unflushed() > 0) {
        pgrx::warning!(
            "zapgres: a trigger on zap.notification_queue goes on inserting items; the sweep finds the last of them"
        );
    }
    if written > 0 {
        PENDING.with_borrow_mut(|pending| pending.wake = true);
    }
    written
}

/// Has the daemon woken after COMMIT.
pub fn request_wake() {
    PENDING.with_borrow_mut(|pending| pending.wake = true);
}

fn current() -> pg_sys::SubTransactionId {
    // SAFETY: asks for a number, within a transaction.
    unsafe { pg_sys::GetCurrentSubTransactionId() }
}

fn is_untouched() -> bool {
    PENDING.with(|pending| {
        pending
            .try_borrow()
            .is_ok_and(|pending| pending.is_untouched())
    })
}

#[pg_guard]
unsafe extern "C-unwind" fn on_transaction(
    event: pg_sys::XactEvent::Type,
    _argument: *mut std::ffi::c_void,
) {
    use pg_sys::XactEvent;

    if is_untouched() {
        return;
    }
    match event {
        XactEvent::XACT_EVENT_PRE_COMMIT => {
            flush_now();
            if PENDING.with_borrow(|pending| pending.wake) {
                wake::before_commit();
            }
        }
        XactEvent::XACT_EVENT_PRE_PREPARE => {
            flush_now();
        }
        // From here on nothing may fail: the transaction is over, and an error would stop the whole server.
        XactEvent::XACT_EVENT_COMMIT => wake_after_commit(),
        // Whoever sends COMMIT PREPARED knows nothing of us: the daemon's timer finds those.
        XactEvent::XACT_EVENT_PREPARE | XactEvent::XACT_EVENT_ABORT => {
            forget();
        }
        _ => {}
    }
}

fn wake_after_commit() {
    if forget() {
        wake::after_commit();
    }
}

/// Starts the next transaction clean; true when the daemon was to be woken.
fn forget() -> bool {
    PENDING.with(|pending| {
        pending
            .try_borrow_mut()
            .is_ok_and(|mut pending| std::mem::take(&mut *pending).wake)
    })
}

#[pg_guard]
unsafe extern "C-unwind" fn on_subtransaction(
    event: pg_sys::SubXactEvent::Type,
    subtransaction: pg_sys::SubTransactionId,
    _parent: pg_sys::SubTransactionId,
    _argument: *mut std::ffi::c_void,
) {
    if event != pg_sys::SubXactEvent::SUBXACT_EVENT_ABORT_SUB || is_untouched() {
        return;
    }
    PENDING.with(|pending| {
        if let Ok(mut pending) = pending.try_borrow_mut() {
            pending.roll_back(subtransaction);
        }
    });
}
