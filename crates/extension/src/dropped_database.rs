//! `DROP DATABASE` must not fail because of our own notifier: it is sent away first.
//!
//! The hook of object access is called for a database after its owner was checked, and before the server looks for
//! sessions in it. It wraps nobody's statement.
use std::cell::Cell;
use std::ffi::c_void;
use std::time::Duration;

use pgrx::{pg_guard, pg_sys};

use crate::notifier::now_seconds;
use crate::shared;

/// How long the notifier stays away from a database that somebody tried to drop.
const AWAY_SECONDS: u64 = 10;

/// Longest wait for it to leave, in steps.
const STEPS: u32 = 200;
const STEP: Duration = Duration::from_millis(10);

thread_local! {
    static PREVIOUS: Cell<pg_sys::object_access_hook_type> = const { Cell::new(None) };
}

/// Registers the hook; while the server starts only.
pub fn register() {
    // SAFETY: hooks are set by the postmaster before it has any children.
    unsafe {
        PREVIOUS.set(pg_sys::object_access_hook);
        pg_sys::object_access_hook = Some(on_access);
    }
}

// Not guarded, and nothing in this frame has a destructor: an ERROR of the next hook passes through as it is.
unsafe extern "C-unwind" fn on_access(
    access: pg_sys::ObjectAccessType::Type,
    class: pg_sys::Oid,
    object: pg_sys::Oid,
    part: i32,
    argument: *mut c_void,
) {
    // SAFETY: everything is handed on unchanged to whoever was here before.
    unsafe {
        if let Some(next) = PREVIOUS.get() {
            next(access, class, object, part, argument);
        }
        if access == pg_sys::ObjectAccessType::OAT_DROP && class == pg_sys::DatabaseRelationId {
            send_notifier_away(object);
        }
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn send_notifier_away(database: pg_sys::Oid) {
    let Some(slot) = shared::slot_of(database) else {
        return;
    };
    slot.send_away(now_seconds() + AWAY_SECONDS);
    for _ in 0..STEPS {
        if !slot.is_running() {
            break;
        }
        std::thread::sleep(STEP);
        // The user may lose patience.
        pg_sys::check_for_interrupts!();
    }
}
