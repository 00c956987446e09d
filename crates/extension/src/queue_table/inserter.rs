//! How a row gets into the table and its indexes.
use pgrx::pg_sys;

use super::LOCK;
use super::row::RowMaker;
use super::usual;
use crate::relation::Source;

/// The executor's view of the table, without a statement.
pub struct Inserter {
    state: *mut pg_sys::EState,
    target: *mut pg_sys::ResultRelInfo,
    /// The indexes that a captured row enters.
    indexes: Vec<pg_sys::Oid>,
    slot: *mut pg_sys::TupleTableSlot,
    row: RowMaker,
}

impl Inserter {
    /// Looks at an open table; none when it is not as it was installed. All is kept in the current memory context.
    ///
    /// # Safety
    /// `relation` must be open, with a lock that inserting takes.
    pub unsafe fn look_up(relation: pg_sys::Relation) -> Option<Self> {
        // SAFETY: the caller's promise; the node is as large as its kind.
        unsafe {
            let state = pg_sys::CreateExecutorState();
            pg_sys::MakePerTupleExprContext(state);
            let target: *mut pg_sys::ResultRelInfo =
                pg_sys::palloc0(size_of::<pg_sys::ResultRelInfo>()).cast();
            (*target).type_ = pg_sys::NodeTag::T_ResultRelInfo;
            pg_sys::InitResultRelInfo(target, relation, 0, std::ptr::null_mut(), 0);
            let columns = pg_sys::CreateTupleDescCopy((*relation).rd_att);
            let mut inserter = Self {
                state,
                target,
                indexes: Vec::new(),
                slot: pg_sys::MakeSingleTupleTableSlot(columns, &raw const pg_sys::TTSOpsVirtual),
                row: RowMaker::look_up(relation)?,
            };
            (usual::is_usual(relation) && inserter.look_up_indexes()).then_some(inserter)
        }
    }

    /// False: there are indexes of other kinds.
    ///
    /// # Safety
    /// The target's table must be open.
    unsafe fn look_up_indexes(&mut self) -> bool {
        // SAFETY: the caller's promise; opened indexes are closed, and the arrays are as long as there are indexes.
        unsafe {
            pg_sys::ExecOpenIndices(self.target, false);
            let opened = usize::try_from((*self.target).ri_NumIndices).unwrap_or(0);
            let oids: Vec<_> = (0..opened)
                .map(|position| (**(*self.target).ri_IndexRelationDescs.add(position)).rd_id)
                .collect();
            pg_sys::ExecCloseIndices(self.target);
            let information = (*self.target).ri_IndexRelationInfo;
            for (position, oid) in oids.into_iter().enumerate() {
                let index = *information.add(position);
                if !usual::is_usual_index(&*index) {
                    return false;
                }
                if self.can_enter(&*index) {
                    *information.add(self.indexes.len()) = index;
                    self.indexes.push(oid);
                }
            }
            (*self.target).ri_NumIndices = i32::try_from(self.indexes.len()).unwrap_or(0);
        }
        true
    }

    /// Whether captured rows enter an index: not when its predicate is only about columns that have the same value in all of
    /// them, and is not true of those. Most of the queue's indexes are for later states.
    ///
    /// # Safety
    /// `index` must describe one of the table's.
    unsafe fn can_enter(&self, index: &pg_sys::IndexInfo) -> bool {
        if index.ii_Predicate.is_null() {
            return true;
        }
        // SAFETY: the caller's promise; a predicate is immutable, so that one answer holds for all rows.
        unsafe {
            let mut columns = std::ptr::null_mut();
            pg_sys::pull_varattnos(index.ii_Predicate.cast(), 1, &mut columns);
            if !self.row.is_constant(columns) {
                return true;
            }
            let context = (*self.state).es_per_tuple_exprcontext;
            self.row.store_constants(self.slot);
            (*context).ecxt_scantuple = self.slot;
            let predicate = pg_sys::ExecPrepareQual(index.ii_Predicate, self.state);
            let holds = pg_sys::ExecQual(predicate, context);
            pg_sys::ExecClearTuple(self.slot);
            holds
        }
    }

    /// Whether captured rows enter this index.
    pub fn enters(&self, index: pg_sys::Oid) -> bool {
        self.indexes.contains(&index)
    }

    /// # Safety
    /// `relation` must be the table, open and unchanged since it was looked up.
    pub unsafe fn open(&self, relation: pg_sys::Relation) {
        // SAFETY: the caller's promise: there is a place for each index.
        unsafe {
            (*self.target).ri_RelationDesc = relation;
            for (position, index) in self.indexes.iter().enumerate() {
                *(*self.target).ri_IndexRelationDescs.add(position) =
                    pg_sys::index_open(*index, LOCK);
            }
        }
    }

    /// # Safety
    /// Between [`Inserter::open`] and [`Inserter::close`].
    pub unsafe fn insert(&self, source: &Source, subject: &[u8]) {
        // Nothing below looks whether somebody has cancelled a large transaction.
        pgrx::check_for_interrupts!();
        // SAFETY: the caller's promise. What a row takes is allocated in the memory for one row, which is emptied.
        unsafe {
            let context = (*self.state).es_per_tuple_exprcontext;
            let caller = pg_sys::MemoryContextSwitchTo((*context).ecxt_per_tuple_memory);
            self.row.store(self.slot, context, source, subject);
            pg_sys::ExecSimpleRelationInsert(self.target, self.state, self.slot);
            pg_sys::ExecClearTuple(self.slot);
            pg_sys::MemoryContextSwitchTo(caller);
            pg_sys::MemoryContextReset((*context).ecxt_per_tuple_memory);
        }
    }

    /// Ends what [`Inserter::open`] began, and makes the rows visible to this transaction's next command.
    ///
    /// # Safety
    /// After [`Inserter::open`].
    pub unsafe fn close(&self) {
        // SAFETY: the caller's promise.
        unsafe {
            pg_sys::ExecCloseIndices(self.target);
            pg_sys::CommandCounterIncrement();
        }
    }
}
