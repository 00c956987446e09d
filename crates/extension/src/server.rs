//! Server functions that pgrx has no binding for.
use std::ffi::{CStr, c_char};

use pgrx::pg_sys;

unsafe extern "C-unwind" {
    // commands/async.h
    fn Async_Notify(channel: *const c_char, payload: *const c_char);
    // catalog/partition.h
    fn get_partition_ancestors(relation: pg_sys::Oid) -> *mut pg_sys::List;
}

/// Queues a `NOTIFY` without payload that the current transaction sends when it commits.
pub fn notify_at_commit(channel: &CStr) {
    // SAFETY: both strings are NUL-terminated and copied by the callee; an ERROR becomes a panic at the boundary.
    unsafe {
        pg_sys::ffi::pg_guard_ffi_boundary(|| Async_Notify(channel.as_ptr(), c"".as_ptr()));
    }
}

/// The topmost partitioned table above `relation`, or `relation` itself when it is not a partition.
pub fn partition_root(relation: pg_sys::Oid) -> pg_sys::Oid {
    // SAFETY: catalogue look-ups by oid; the list is palloc'd in the current context and only read here.
    unsafe {
        if !pg_sys::get_rel_relispartition(relation) {
            return relation;
        }
        let ancestors = pg_sys::ffi::pg_guard_ffi_boundary(|| get_partition_ancestors(relation));
        match ancestors.as_ref() {
            Some(list) if list.length > 0 => {
                // From the nearest to the topmost.
                let last = usize::try_from(list.length - 1).unwrap_or(0);
                (*list.elements.add(last)).oid_value
            }
            _ => relation,
        }
    }
}

/// The 64-bit form of a transaction id of a transaction that is still running, hence of the last 2³¹.
pub fn full_transaction_id(id: u32) -> u64 {
    // SAFETY: reads a counter in shared memory.
    let next = unsafe { pg_sys::ReadNextFullTransactionId() }.value;
    let full = (next & !u64::from(u32::MAX)) | u64::from(id);
    if full < next { full } else { full - (1 << 32) }
}
