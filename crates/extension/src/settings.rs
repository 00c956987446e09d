//! The extension's settings (GUCs): what capture must know without reading a table.
use std::ffi::CString;
use std::time::Duration;

use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting, PostgresGucEnum};

/// How the daemon learns that there is work.
#[derive(Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
pub enum Wake {
    /// The notifier where it runs, else `NOTIFY` in the transaction.
    #[name = c"auto"]
    Auto,
    /// `NOTIFY` in the transaction, always.
    #[name = c"notify"]
    Notify,
    /// Nothing: the daemon's timer finds the work.
    #[name = c"poll"]
    Poll,
}

static ENABLED: GucSetting<bool> = GucSetting::<bool>::new(true);
static WAKE: GucSetting<Wake> = GucSetting::<Wake>::new(Wake::Auto);
static LOCK_TIMEOUT_MS: GucSetting<i32> = GucSetting::<i32>::new(200);
static DATABASES: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);

/// `zap.enabled`: off leaves new orders unannounced.
pub fn enabled() -> bool {
    ENABLED.get()
}

/// `zap.wake`.
pub fn wake() -> Wake {
    WAKE.get()
}

/// `zap.lock_timeout`: how long capture may hold a transaction up.
pub fn lock_timeout() -> Duration {
    Duration::from_millis(u64::try_from(LOCK_TIMEOUT_MS.get()).unwrap_or(1))
}

/// `zap.databases`: names of the databases that get a notifier.
pub fn databases() -> Vec<String> {
    let names = DATABASES.get().unwrap_or_default();
    let names = names.to_string_lossy();
    names
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Registers the settings with the server.
pub fn define() {
    GucRegistry::define_bool_guc(
        c"zap.enabled",
        c"Announce new orders.",
        c"Turn off for bulk loads and restores: what is inserted meanwhile is never announced.",
        &ENABLED,
        GucContext::Userset,
        GucFlags::default(),
    );
    GucRegistry::define_enum_guc(
        c"zap.wake",
        c"How the daemon learns of work: auto, notify or poll.",
        c"auto: by the notifier worker where it runs, else by NOTIFY in the transaction.",
        &WAKE,
        GucContext::Userset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"zap.lock_timeout",
        c"Longest time that capture may hold a transaction up.",
        c"After it the order is kept in zap.missed and announced later.",
        &LOCK_TIMEOUT_MS,
        1,
        60_000,
        GucContext::Userset,
        GucFlags::UNIT_MS,
    );
    define_databases();
    // SAFETY: a constant string; marks typing errors such as zap.enable as errors.
    unsafe { pgrx::pg_sys::MarkGUCPrefixReserved(c"zap".as_ptr()) };
}

fn define_databases() {
    // A setting of the postmaster can only be defined while it starts; without preloading it has no effect.
    // SAFETY: reads a plain flag.
    let preloading = unsafe { pgrx::pg_sys::process_shared_preload_libraries_in_progress };
    let context = if preloading {
        GucContext::Postmaster
    } else {
        GucContext::Sighup
    };
    GucRegistry::define_string_guc(
        c"zap.databases",
        c"Databases that get a notifier worker, separated by commas.",
        c"Needs shared_preload_libraries = 'zapgres'.",
        &DATABASES,
        context,
        GucFlags::default(),
    );
}
