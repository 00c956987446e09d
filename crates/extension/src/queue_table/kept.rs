//! What is kept of the queue between two transactions.
use pgrx::pg_sys;

use super::inserter::Inserter;
use crate::relation::Source;

/// The table, and, where it is as it was installed, what it takes to insert into it.
pub struct KeptTable {
    table: pg_sys::Oid,
    inserter: Option<Inserter>,
    /// Holds everything that the fields point to.
    context: pg_sys::MemoryContext,
}

impl Drop for KeptTable {
    fn drop(&mut self) {
        // SAFETY: made by `look_up`, and nothing else points into it. An error may have left us in it; then a transaction is open.
        unsafe {
            if std::thread::panicking() {
                pg_sys::MemoryContextSwitchTo(pg_sys::TopTransactionContext);
            }
            pg_sys::MemoryContextDelete(self.context);
        }
    }
}

impl KeptTable {
    /// Looks at an open table.
    ///
    /// # Safety
    /// `relation` must be open, with a lock that inserting takes.
    pub unsafe fn look_up(relation: pg_sys::Relation) -> Self {
        // SAFETY: a context of our own that outlives the transaction; the old one is put back.
        unsafe {
            let context = pg_sys::AllocSetContextCreateInternal(
                pg_sys::TopMemoryContext,
                c"zapgres queue".as_ptr(),
                pg_sys::ALLOCSET_DEFAULT_MINSIZE as usize,
                pg_sys::ALLOCSET_DEFAULT_INITSIZE as usize,
                pg_sys::ALLOCSET_DEFAULT_MAXSIZE as usize,
            );
            let mut kept = Self {
                table: (*relation).rd_id,
                inserter: None,
                context,
            };
            let caller = pg_sys::MemoryContextSwitchTo(context);
            kept.inserter = Inserter::look_up(relation);
            pg_sys::MemoryContextSwitchTo(caller);
            kept
        }
    }

    /// Whether it is about this table.
    pub fn is_of(&self, table: pg_sys::Oid) -> bool {
        self.table == table
    }

    /// Whether a change of this relation is one of the table's.
    pub fn concerns(&self, relation: pg_sys::Oid) -> bool {
        self.table == relation
            || self
                .inserter
                .as_ref()
                .is_some_and(|inserter| inserter.enters(relation))
    }

    /// Inserts a row per subject; none when the table is not as it was installed.
    ///
    /// # Safety
    /// `relation` must be the table, open and unchanged since it was looked up.
    pub unsafe fn insert(
        &self,
        relation: pg_sys::Relation,
        source: &Source,
        subjects: &[Vec<u8>],
    ) -> Option<u64> {
        let inserter = self.inserter.as_ref()?;
        // SAFETY: the caller's promise.
        unsafe {
            inserter.open(relation);
            for subject in subjects {
                inserter.insert(source, subject);
            }
            inserter.close();
        }
        u64::try_from(subjects.len()).ok()
    }
}
