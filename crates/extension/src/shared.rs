//! Shared memory: where a committing transaction leaves word for the notifier of its database.
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering};

use pgrx::{PGRXSharedMemory, PgAtomic, pg_guard, pg_shmem_init, pg_sys};

/// Databases of one server that can have a notifier.
pub const SLOTS: usize = 64;

/// One database's notifier. All fields are atomics: a transaction that has committed can neither wait nor fail.
#[derive(Debug, Default)]
pub struct Slot {
    /// Oid of the database; 0: free.
    database: AtomicU32,
    /// Latch of the running notifier, in the server's shared memory; null: none runs.
    latch: AtomicPtr<pg_sys::Latch>,
    /// Something was committed that the notifier has not announced.
    pending: AtomicBool,
    /// Seconds since 2000 until which no notifier may run, because somebody wants to drop the database.
    away_until: AtomicU64,
}

impl Slot {
    /// Leaves word and wakes the notifier. Cannot fail.
    pub fn announce(&self) {
        if self.pending.swap(true, Ordering::AcqRel) {
            return;
        }
        self.wake();
    }

    /// Sets the notifier's latch. One that has just ended leaves a latch that somebody else uses: a needless wake-up.
    pub fn wake(&self) {
        let latch = self.latch.load(Ordering::Acquire);
        if !latch.is_null() {
            // SAFETY: latches of the server's process array live as long as the server.
            unsafe { pg_sys::SetLatch(latch) };
        }
    }

    /// Takes the word that was left, if any.
    pub fn take_announcement(&self) -> bool {
        self.pending.swap(false, Ordering::AcqRel)
    }

    /// A notifier calls this before it first looks; false: another one is there already.
    pub fn publish_latch(&self, latch: *mut pg_sys::Latch) -> bool {
        self.latch
            .compare_exchange(ptr::null_mut(), latch, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// A notifier calls this when it ends.
    pub fn withdraw_latch(&self, latch: *mut pg_sys::Latch) {
        // Fails when the slot is another one's.
        let _ = self.latch.compare_exchange(
            latch,
            ptr::null_mut(),
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
    }

    /// True while a notifier is connected to the database.
    pub fn is_running(&self) -> bool {
        !self.latch.load(Ordering::Acquire).is_null()
    }

    /// Oid of the database.
    pub fn database(&self) -> pg_sys::Oid {
        pg_sys::Oid::from(self.database.load(Ordering::Acquire))
    }

    /// Keeps the notifier away from the database for a while.
    pub fn send_away(&self, until_seconds: u64) {
        self.away_until.store(until_seconds, Ordering::Release);
        self.wake();
    }

    /// True while the notifier is to stay away.
    pub fn is_away(&self, now_seconds: u64) -> bool {
        now_seconds < self.away_until.load(Ordering::Acquire)
    }
}

/// The slots of all databases.
#[derive(Debug)]
pub struct Slots([Slot; SLOTS]);

impl Default for Slots {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Slot::default()))
    }
}

// SAFETY: only atomics, and a pointer into shared memory that is mapped at the same address in all processes.
unsafe impl PGRXSharedMemory for Slots {}

// SAFETY: the only shared memory of this name.
static NOTIFIERS: PgAtomic<Slots> = unsafe { PgAtomic::new(c"zapgres notifiers") };
static IS_RESERVED: AtomicBool = AtomicBool::new(false);

/// Asks the server for the memory; while it starts only.
pub fn request() {
    pg_shmem_init!(NOTIFIERS);
    IS_RESERVED.store(true, Ordering::Relaxed);
}

/// All slots; none when the library was not preloaded.
pub fn slots() -> Option<&'static [Slot; SLOTS]> {
    IS_RESERVED
        .load(Ordering::Relaxed)
        .then(|| &NOTIFIERS.get().0)
}

/// The slot of a database that has or had a notifier.
pub fn slot_of(database: pg_sys::Oid) -> Option<&'static Slot> {
    slots()?.iter().find(|slot| slot.database() == database)
}

/// The slot of a database, taken if it has none yet, and its position; none when all are taken.
pub fn claim_slot(database: pg_sys::Oid) -> Option<(usize, &'static Slot)> {
    let slots = slots()?;
    let position = slots
        .iter()
        .position(|slot| slot.database() == database)
        .or_else(|| {
            slots
                .iter()
                .position(|slot| slot.database() == pg_sys::InvalidOid)
        })?;
    // The launcher alone takes slots.
    slots[position]
        .database
        .store(database.to_u32(), Ordering::Release);
    Some((position, &slots[position]))
}

/// Frees the slot of a database that is gone.
pub fn free_slot(slot: &Slot) {
    slot.pending.store(false, Ordering::Release);
    slot.away_until.store(0, Ordering::Release);
    slot.database.store(0, Ordering::Release);
}
