//! Which event a row is: always the same one, or the one that its status has.
use pgrx::pg_sys;
use zapgres_core::pending::SourceIndex;

use crate::key::KeyReader;

/// How to tell the event of a row.
#[derive(Debug)]
pub enum RowEvent {
    /// Every row is this one.
    Always(SourceIndex),
    /// By the value of a column.
    ByValue(ByValue),
}

/// The column, and the events of its values.
#[derive(Debug)]
pub struct ByValue {
    /// Its number in this relation.
    pub attribute: i32,
    /// How to read it.
    pub reader: KeyReader,
    /// Its output is `t` or `f`, and a cast to text writes `true` or `false`.
    pub is_boolean: bool,
    /// Values as a cast to text writes them.
    pub events: Vec<(Box<[u8]>, SourceIndex)>,
}

impl RowEvent {
    /// The event of a row; none when its status is null or has none.
    ///
    /// # Safety
    /// `row` must be a row of the relation that this was made for, described by `description`.
    pub unsafe fn of(
        &self,
        row: pg_sys::HeapTuple,
        description: pg_sys::TupleDesc,
    ) -> Option<SourceIndex> {
        match self {
            Self::Always(source) => Some(*source),
            // SAFETY: the caller's promise.
            Self::ByValue(status) => unsafe { status.event_of(row, description) },
        }
    }

    /// The source under which silence is noted: one for all values.
    pub fn silent(&self, event: SourceIndex) -> SourceIndex {
        match self {
            Self::Always(source) => *source,
            Self::ByValue(status) => status.events.first().map_or(event, |(_, first)| *first),
        }
    }
}

impl ByValue {
    /// # Safety
    /// As [`RowEvent::of`].
    unsafe fn event_of(
        &self,
        row: pg_sys::HeapTuple,
        description: pg_sys::TupleDesc,
    ) -> Option<SourceIndex> {
        let mut is_null = false;
        // SAFETY: the caller's promise; attribute and reader were looked up in this relation's catalogue entry.
        let text = unsafe {
            let datum = pg_sys::heap_getattr(row, self.attribute, description, &mut is_null);
            (!is_null).then(|| self.reader.read(datum).to_text())
        }?;
        let text = match text.as_slice() {
            b"t" if self.is_boolean => &b"true"[..],
            b"f" if self.is_boolean => &b"false"[..],
            text => text,
        };
        let known = self.events.iter().find(|(value, _)| **value == *text);
        known.map(|(_, source)| *source)
    }
}
