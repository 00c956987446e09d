//! Tells the daemon that there is work.
//!
//! `NOTIFY` inside the user's transaction takes a lock of the whole cluster until the commit is on disk. Where a notifier
//! runs, the transaction only leaves word for it, after it has committed.
use pgrx::pg_sys;

use crate::settings::{self, Wake};
use crate::{server, shared};

/// Channel that the daemon listens on.
pub const CHANNEL: &std::ffi::CStr = c"zapgres";

/// Before COMMIT: queues a `NOTIFY` where no notifier does it.
pub fn before_commit() {
    let in_transaction = match settings::wake() {
        Wake::Auto => notifier().is_none(),
        Wake::Notify => true,
        Wake::Poll => false,
    };
    if in_transaction {
        server::notify_at_commit(CHANNEL);
    }
}

/// After COMMIT: leaves word for the notifier. Cannot fail.
pub fn after_commit() {
    if settings::wake() == Wake::Auto
        && let Some(slot) = notifier()
    {
        slot.announce();
    }
}

fn notifier() -> Option<&'static shared::Slot> {
    // SAFETY: oid of this session's database.
    shared::slot_of(unsafe { pg_sys::MyDatabaseId })
}
