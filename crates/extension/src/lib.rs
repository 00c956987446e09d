//! The PostgreSQL extension: notices new orders inside the transaction that makes them, and wakes the daemon after it.
//!
//! The row trigger only collects ([`trigger`], [`pending`]); everything that can wait or fail happens once, right before
//! COMMIT ([`flush`]), inside a subtransaction whose failure the user's transaction never sees.
#![expect(unsafe_code, reason = "the server's C interface")]

mod array;
mod ask;
mod budget;
mod dropped_database;
mod enqueue;
mod first_item;
mod flush;
mod highest;
mod install_script;
mod key;
mod key_index;
mod key_rows;
mod mapping;
mod notifier;
mod plan;
mod queue_table;
mod readable;
mod relation;
mod role;
mod server;
mod settings;
mod shared;
mod snapshot;
mod sql;
mod subtransaction;
mod template;
#[cfg(any(test, feature = "pg_test"))]
mod tests;
mod transaction;
mod trigger;
mod wake;

pgrx::pg_module_magic!();

/// Called once when the library is loaded: by the postmaster if preloaded, else by the first backend that needs it.
#[pgrx::pg_guard]
pub extern "C-unwind" fn _PG_init() {
    settings::define();
    transaction::register();
    relation::register();
    queue_table::register();
    // SAFETY: a plain flag that only the postmaster's start-up changes.
    if unsafe { pgrx::pg_sys::process_shared_preload_libraries_in_progress } {
        shared::request();
        notifier::register();
        dropped_database::register();
    }
}

/// Settings of the clusters that run the in-database tests.
#[cfg(test)]
pub mod pg_test {
    /// Called once before the first test.
    pub fn setup(_options: Vec<&str>) {}

    /// The lines of the one settings file that all test clusters share.
    #[must_use]
    pub fn postgresql_conf_options() -> Vec<&'static str> {
        include_str!("../../../pg_test.conf")
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect()
    }
}
