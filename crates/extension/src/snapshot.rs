//! The snapshot that tells what *others* committed.
use pgrx::pg_sys;

/// The newest snapshot, whatever the isolation level, made active: without an active one SPI refuses to run before COMMIT.
/// Its command id is 0, which hides everything that this transaction wrote, and still shows rows of others that this
/// transaction deleted, updated or moved.
#[derive(Debug)]
pub struct OthersSnapshot(pg_sys::Snapshot);

impl OthersSnapshot {
    /// Takes one, within a transaction.
    pub fn take() -> Self {
        // SAFETY: pushing copies the static snapshot; the copy is ours alone until it is popped.
        unsafe {
            pg_sys::PushActiveSnapshot(pg_sys::GetLatestSnapshot());
            let copy = pg_sys::GetActiveSnapshot();
            (*copy).curcid = 0;
            Self(copy)
        }
    }

    /// For SPI.
    pub fn as_raw(&self) -> pg_sys::Snapshot {
        self.0
    }

    /// Gives it back. Not done by `drop`: after an error the subtransaction's abort has done it already.
    pub fn release(self) {
        // SAFETY: the topmost one is ours: what ran in between has popped its own.
        unsafe { pg_sys::PopActiveSnapshot() };
    }
}
