//! Background workers: one notifier per database of `zap.databases`, and the launcher that starts them.
//!
//! The launcher is connected to no database. It looks for the names now and then, so that a database may be created
//! later, or not at all.
use std::cell::Cell;
use std::ffi::CStr;
use std::time::Duration;

use pgrx::bgworkers::{
    BackgroundWorker, BackgroundWorkerBuilder, BackgroundWorkerStatus, BgWorkerStartTime,
    DynamicBackgroundWorker, SignalWakeFlags,
};
use pgrx::{FromDatum, IntoDatum, pg_guard, pg_sys};

use crate::{settings, shared, wake};

const LIBRARY: &str = "zapgres";

/// Time between two looks for databases.
const LOOK_EVERY: Duration = Duration::from_secs(2);

#[expect(clippy::cast_possible_wrap, reason = "a small enumeration")]
const LOCK: pg_sys::LOCKMODE = pg_sys::AccessShareLock as pg_sys::LOCKMODE;

/// After a NOTIFY: what is committed meanwhile is announced together. The first order after a quiet time is announced at once;
/// at thousands of commits per second, one NOTIFY after the other cost 5 % of what two cores could do.
const PAUSE: Duration = Duration::from_millis(2);

/// After a crash of the launcher.
const RESTART_AFTER: Duration = Duration::from_secs(5);

/// Registers the launcher; while the server starts only.
pub fn register() {
    // SAFETY: a plain flag. During pg_upgrade nobody else may be connected.
    let is_upgrade = unsafe { pg_sys::IsBinaryUpgrade };
    if is_upgrade || settings::databases().is_empty() {
        return;
    }
    BackgroundWorkerBuilder::new("zapgres launcher")
        .set_library(LIBRARY)
        .set_function("zapgres_launcher_main")
        .enable_spi_access()
        .set_start_time(BgWorkerStartTime::RecoveryFinished)
        .set_restart_time(Some(RESTART_AFTER))
        .load();
}

thread_local! {
    /// Once is enough for the log.
    static HAS_COMPLAINED: Cell<bool> = const { Cell::new(false) };
}

struct Launched {
    database: pg_sys::Oid,
    worker: DynamicBackgroundWorker,
}

/// Main function of the launcher.
#[pg_guard]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn zapgres_launcher_main(_argument: pg_sys::Datum) {
    BackgroundWorker::attach_signal_handlers(SignalWakeFlags::SIGHUP | SignalWakeFlags::SIGTERM);
    BackgroundWorker::connect_worker_to_spi(None, None);
    let mut launched: Vec<Launched> = Vec::new();
    loop {
        let databases = BackgroundWorker::transaction(existing_databases);
        free_slots_except(&databases);
        launched.retain(|notifier| !has_ended(&notifier.worker));
        for database in databases {
            if !launched
                .iter()
                .any(|notifier| notifier.database == database)
                && let Some(worker) = launch(database)
            {
                launched.push(Launched { database, worker });
            }
        }
        if !BackgroundWorker::wait_latch(Some(LOOK_EVERY)) {
            break;
        }
        // As any loop of the server: accepts what other processes ask of all.
        pg_sys::check_for_interrupts!();
    }
    // Code 1 asks for a restart, in case only the launcher was told to end; when the server ends nothing is restarted.
    // SAFETY: ends this process as the server's own workers do.
    unsafe { pg_sys::proc_exit(1) };
}

fn has_ended(worker: &DynamicBackgroundWorker) -> bool {
    matches!(
        worker.pid(),
        Err(BackgroundWorkerStatus::Stopped | BackgroundWorkerStatus::PostmasterDied)
    )
}

/// Reads all of `pg_database`: without a database of its own, a process has no index to look a name up with.
fn existing_databases() -> Vec<pg_sys::Oid> {
    let wanted = settings::databases();
    let mut found = Vec::new();
    // SAFETY: a scan of a shared catalogue within a transaction; each row is read before the next is fetched.
    unsafe {
        let table = pg_sys::table_open(pg_sys::DatabaseRelationId, LOCK);
        let scan = pg_sys::systable_beginscan(
            table,
            pg_sys::InvalidOid,
            false,
            std::ptr::null_mut(),
            0,
            std::ptr::null_mut(),
        );
        loop {
            let row = pg_sys::systable_getnext(scan);
            if row.is_null() {
                break;
            }
            let database = &*pg_sys::GETSTRUCT(row).cast::<pg_sys::FormData_pg_database>();
            let name = CStr::from_ptr(database.datname.data.as_ptr()).to_string_lossy();
            if database.datallowconn && wanted.iter().any(|wanted| *wanted == name) {
                found.push(database.oid);
            }
        }
        pg_sys::systable_endscan(scan);
        pg_sys::table_close(table, LOCK);
    }
    found
}

fn free_slots_except(databases: &[pg_sys::Oid]) {
    for slot in shared::slots().into_iter().flatten() {
        let database = slot.database();
        if database != pg_sys::InvalidOid && !databases.contains(&database) && !slot.is_running() {
            shared::free_slot(slot);
        }
    }
}

fn launch(database: pg_sys::Oid) -> Option<DynamicBackgroundWorker> {
    let (position, slot) = shared::claim_slot(database)?;
    if slot.is_running() || slot.is_away(now_seconds()) {
        return None;
    }
    let launched = BackgroundWorkerBuilder::new("zapgres notifier")
        .set_library(LIBRARY)
        .set_function("zapgres_notifier_main")
        .set_argument(i32::try_from(position).ok().and_then(IntoDatum::into_datum))
        .enable_spi_access()
        .set_start_time(BgWorkerStartTime::RecoveryFinished)
        .set_restart_time(None)
        .load_dynamic();
    if let Err(error) = &launched {
        // Without a slot the database's transactions send their NOTIFY themselves.
        shared::free_slot(slot);
        if !HAS_COMPLAINED.replace(true) {
            pgrx::log!(
                "zapgres: could not start a notifier, so transactions send NOTIFY themselves; \
                 is max_worker_processes too low? {error:?}"
            );
        }
    }
    launched.ok()
}

/// Main function of a notifier. Ends when asked to, when the database is to be dropped, and with the server.
#[pg_guard]
#[unsafe(no_mangle)]
pub extern "C-unwind" fn zapgres_notifier_main(argument: pg_sys::Datum) {
    // SAFETY: the launcher passes the slot's position as an integer.
    let position =
        unsafe { i32::from_datum(argument, false) }.and_then(|p| usize::try_from(p).ok());
    let Some(slot) = position.and_then(|position| shared::slots()?.get(position)) else {
        return;
    };
    BackgroundWorker::attach_signal_handlers(SignalWakeFlags::SIGHUP | SignalWakeFlags::SIGTERM);
    BackgroundWorker::connect_worker_to_spi_by_oid(Some(slot.database()), None);
    // SAFETY: runs once when this process ends, also by an error; then nobody sets a latch that is no longer ours.
    unsafe { pg_sys::before_shmem_exit(Some(withdraw_latch), argument) };
    // SAFETY: our own latch; in the process array, hence in shared memory.
    if !slot.publish_latch(unsafe { pg_sys::MyLatch }) {
        return;
    }
    // The flag is looked at before the first wait: word may have been left while no notifier ran.
    loop {
        if slot.take_announcement() {
            BackgroundWorker::transaction(notify);
            std::thread::sleep(PAUSE);
        }
        if slot.is_away(now_seconds()) || !BackgroundWorker::wait_latch(None) {
            break;
        }
        pg_sys::check_for_interrupts!();
    }
}

fn notify() {
    // Not worth a flush to disk: after a crash the daemon looks by itself.
    let off = c"off".as_ptr();
    // SAFETY: sets a setting of this transaction.
    unsafe {
        pg_sys::set_config_option(
            c"synchronous_commit".as_ptr(),
            off,
            pg_sys::GucContext::PGC_USERSET,
            pg_sys::GucSource::PGC_S_SESSION,
            pg_sys::GucAction::GUC_ACTION_LOCAL,
            true,
            0,
            false,
        );
    }
    crate::server::notify_at_commit(wake::CHANNEL);
}

#[pg_guard]
unsafe extern "C-unwind" fn withdraw_latch(_code: i32, argument: pg_sys::Datum) {
    // SAFETY: the slot's position, as in the main function.
    let position =
        unsafe { i32::from_datum(argument, false) }.and_then(|p| usize::try_from(p).ok());
    if let Some(slot) = position.and_then(|position| shared::slots()?.get(position)) {
        // SAFETY: our own latch, as in the main function.
        slot.withdraw_latch(unsafe { pg_sys::MyLatch });
    }
}

/// The server's clock, in seconds since 2000.
pub fn now_seconds() -> u64 {
    // SAFETY: reads the clock.
    let microseconds = unsafe { pg_sys::GetCurrentTimestamp() };
    u64::try_from(microseconds / 1_000_000).unwrap_or(0)
}
