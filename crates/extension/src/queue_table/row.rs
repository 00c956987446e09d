//! A captured row: four values of ours, the columns' defaults for the rest.
use std::ffi::CStr;

use pgrx::pg_sys;

use super::usual;
use crate::array;
use crate::relation::Source;

/// The columns that capture fills, and their types.
const FILLED: [(&CStr, pg_sys::Oid); 4] = [
    (c"source_id", pg_sys::INT8OID),
    (c"event", pg_sys::TEXTOID),
    (c"subject", pg_sys::TEXTOID),
    (c"dedup_key", pg_sys::TEXTOID),
];

/// What a column gets.
enum Value {
    /// The same in every row, null among it.
    Constant(pg_sys::Datum, bool),
    /// Computed for each row: the next number, the time.
    Computed(*mut pg_sys::ExprState),
    /// One of [`FILLED`], by position.
    Filled(usize),
}

/// How to make a row of the queue.
pub struct RowMaker {
    values: Vec<Value>,
}

impl RowMaker {
    /// Looks up the defaults, and keeps them in the current memory context. None when the columns are not ours.
    ///
    /// # Safety
    /// `relation` must be open.
    pub unsafe fn look_up(relation: pg_sys::Relation) -> Option<Self> {
        // SAFETY: the caller's promise.
        let values = unsafe {
            let columns = pgrx::PgTupleDesc::from_pg_unchecked((*relation).rd_att);
            (1..)
                .zip(columns.iter())
                .map(|(number, column)| value_of(relation, number, column))
                .collect::<Option<Vec<_>>>()
        }?;
        let is_complete = (0..FILLED.len()).all(|position| {
            values
                .iter()
                .any(|value| matches!(value, Value::Filled(filled) if *filled == position))
        });
        is_complete.then_some(Self { values })
    }

    /// Whether all of these columns have the same value in every row.
    ///
    /// # Safety
    /// `columns` must be a set of column numbers as the server's `pull_varattnos` makes it.
    pub unsafe fn is_constant(&self, columns: *const pg_sys::Bitmapset) -> bool {
        let mut member = -1;
        loop {
            // SAFETY: the caller's promise.
            member = unsafe { pg_sys::bms_next_member(columns, member) };
            if member < 0 {
                return true;
            }
            let number = member + pg_sys::FirstLowInvalidHeapAttributeNumber;
            let value = usize::try_from(number - 1)
                .ok()
                .and_then(|place| self.values.get(place));
            if !matches!(value, Some(Value::Constant(..))) {
                return false;
            }
        }
    }

    /// Puts what all rows have in common into `slot`.
    ///
    /// # Safety
    /// `slot` must be empty and of the table's columns.
    pub unsafe fn store_constants(&self, slot: *mut pg_sys::TupleTableSlot) {
        for (position, value) in self.values.iter().enumerate() {
            let (datum, is_null) = match value {
                Value::Constant(datum, is_null) => (*datum, *is_null),
                Value::Computed(_) | Value::Filled(_) => (pg_sys::Datum::null(), true),
            };
            // SAFETY: the slot has as many places as the table has columns.
            unsafe {
                *(*slot).tts_values.add(position) = datum;
                *(*slot).tts_isnull.add(position) = is_null;
            }
        }
        // SAFETY: all of its values are set.
        unsafe { pg_sys::ExecStoreVirtualTuple(slot) };
    }

    /// Puts the row of a subject into `slot`, allocating in the current memory context.
    ///
    /// # Safety
    /// `slot` must be empty and of the table's columns; `context` must be the executor's for one row.
    pub unsafe fn store(
        &self,
        slot: *mut pg_sys::TupleTableSlot,
        context: *mut pg_sys::ExprContext,
        source: &Source,
        subject: &[u8],
    ) {
        let event = source.event.to_bytes();
        let filled = [
            pg_sys::Datum::from(source.id),
            array::text(event),
            array::text(subject),
            array::text(&[event, b":", subject].concat()),
        ];
        for (position, value) in self.values.iter().enumerate() {
            let mut is_null = false;
            // SAFETY: the slot has as many places as the table has columns; the expressions were made for them.
            unsafe {
                let datum = match value {
                    Value::Constant(datum, null) => {
                        is_null = *null;
                        *datum
                    }
                    Value::Computed(state) => pg_sys::ExecEvalExpr(*state, context, &mut is_null),
                    Value::Filled(number) => filled[*number],
                };
                *(*slot).tts_values.add(position) = datum;
                *(*slot).tts_isnull.add(position) = is_null;
            }
        }
        // SAFETY: all of its values are set.
        unsafe { pg_sys::ExecStoreVirtualTuple(slot) };
    }
}

/// What column `number` gets; none when it needs what we do not have.
///
/// # Safety
/// `relation` must be open, and `column` its column of that number.
unsafe fn value_of(
    relation: pg_sys::Relation,
    number: i32,
    column: &pg_sys::FormData_pg_attribute,
) -> Option<Value> {
    // SAFETY: the caller's promise; expressions are made in, and stay in, the current memory context.
    unsafe {
        let absent = Value::Constant(pg_sys::Datum::null(), true);
        if column.attisdropped {
            return Some(absent);
        }
        if column.attgenerated != 0 {
            return None;
        }
        let name = CStr::from_ptr(column.attname.data.as_ptr());
        if let Some(position) = FILLED.iter().position(|(filled, _)| *filled == name) {
            return (column.atttypid == FILLED[position].1).then_some(Value::Filled(position));
        }
        let default = pg_sys::build_column_default(relation, number);
        if default.is_null() {
            // No domain is asked: as long as functions take rows of the queue, the server refuses domains with checks in it.
            return (!column.attnotnull).then_some(absent);
        }
        if !usual::is_built_in(default) {
            return None;
        }
        let expression = pg_sys::expression_planner(default.cast());
        if (*expression).type_ == pg_sys::NodeTag::T_Const {
            let constant = &*expression.cast::<pg_sys::Const>();
            return (!(constant.constisnull && column.attnotnull))
                .then_some(Value::Constant(constant.constvalue, constant.constisnull));
        }
        Some(Value::Computed(pg_sys::ExecInitExpr(
            expression,
            std::ptr::null_mut(),
        )))
    }
}
