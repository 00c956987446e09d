//! `DROP DATABASE` must not fail because of our own notifier: it is sent away first.
use std::cell::Cell;
use std::time::Duration;

use pgrx::{PgBox, pg_guard, pg_sys};

use crate::notifier::now_seconds;
use crate::shared;

/// How long the notifier stays away from a database that somebody tried to drop.
const AWAY_SECONDS: u64 = 10;

/// Longest wait for it to leave, in steps.
const STEPS: u32 = 200;
const STEP: Duration = Duration::from_millis(10);

thread_local! {
    static PREVIOUS: Cell<pg_sys::ProcessUtility_hook_type> = const { Cell::new(None) };
}

/// Registers the hook; while the server starts only.
pub fn register() {
    // SAFETY: hooks are set by the postmaster before it has any children.
    unsafe {
        PREVIOUS.set(pg_sys::ProcessUtility_hook);
        pg_sys::ProcessUtility_hook = Some(on_utility);
    }
}

#[pg_guard]
#[expect(clippy::too_many_arguments, reason = "the server's signature")]
unsafe extern "C-unwind" fn on_utility(
    statement: *mut pg_sys::PlannedStmt,
    query: *const std::ffi::c_char,
    read_only_tree: bool,
    context: pg_sys::ProcessUtilityContext::Type,
    parameters: pg_sys::ParamListInfo,
    environment: *mut pg_sys::QueryEnvironment,
    destination: *mut pg_sys::DestReceiver,
    completion: *mut pg_sys::QueryCompletion,
) {
    // SAFETY: the server passes a statement; everything is handed on unchanged to whoever was here before.
    unsafe {
        let node = (*statement).utilityStmt;
        if pgrx::is_a(node, pg_sys::NodeTag::T_DropdbStmt) {
            let drop = PgBox::from_pg(node.cast::<pg_sys::DropdbStmt>());
            send_notifier_away(drop.dbname);
        }
        let (s, q, r, c) = (statement, query, read_only_tree, context);
        let (p, e, d, done) = (parameters, environment, destination, completion);
        match PREVIOUS.get() {
            Some(next) => pg_sys::ffi::pg_guard_ffi_boundary(|| next(s, q, r, c, p, e, d, done)),
            None => pg_sys::standard_ProcessUtility(s, q, r, c, p, e, d, done),
        }
    }
}

/// # Safety
/// `name` must be a NUL-terminated string.
unsafe fn send_notifier_away(name: *const std::ffi::c_char) {
    // SAFETY: looks the name up in the shared catalogue, within the statement's transaction.
    let database = unsafe { pg_sys::get_database_oid(name, true) };
    let Some(slot) = shared::slot_of(database).filter(|_| database != pg_sys::InvalidOid) else {
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
