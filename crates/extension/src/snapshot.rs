//! The snapshot that tells what *others* committed.
use pgrx::pg_sys;

/// A registered copy of the newest snapshot, whatever the isolation level. Its command id is 0, which hides everything
/// that this transaction wrote, and still shows rows of others that this transaction deleted, updated or moved.
#[derive(Debug)]
pub struct OthersSnapshot(pg_sys::Snapshot);

impl OthersSnapshot {
    /// Takes one, within a transaction.
    pub fn take() -> Self {
        // SAFETY: RegisterSnapshot copies the static snapshot; the copy is ours alone until it is unregistered.
        unsafe {
            let copy = pg_sys::RegisterSnapshot(pg_sys::GetLatestSnapshot());
            (*copy).curcid = 0;
            Self(copy)
        }
    }

    /// For SPI.
    pub fn as_raw(&self) -> pg_sys::Snapshot {
        self.0
    }

    /// Gives it back. Not done by `drop`: after an error the subtransaction's resource owner has done it already.
    pub fn release(self) {
        // SAFETY: registered by `take`, unregistered once.
        unsafe { pg_sys::UnregisterSnapshot(self.0) };
    }
}

/// While it lives, the transaction has an active snapshot, without which SPI refuses to run before COMMIT.
#[derive(Debug)]
pub struct ActiveSnapshot(());

impl ActiveSnapshot {
    /// Pushes the transaction's snapshot.
    pub fn push() -> Self {
        // SAFETY: within a transaction; popped by `release`, or by the abort that an error leads to.
        unsafe { pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot()) };
        Self(())
    }

    /// Pops it.
    pub fn release(self) {
        // SAFETY: the topmost one is ours: what ran in between has popped its own.
        unsafe { pg_sys::PopActiveSnapshot() };
    }
}
