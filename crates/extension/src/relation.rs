//! What a trigger needs to know about its table, looked up once per session and table.
mod arguments;
mod row_event;
mod source;

use std::cell::{Cell, OnceCell, RefCell};
use std::ffi::CStr;
use std::rc::Rc;

use pgrx::{pg_guard, pg_sys};
use zapgres_core::pending::SourceIndex;

use crate::key::{Key, KeyPart, KeyReader};
use crate::{server, sql};
pub use arguments::Captures;
use arguments::{Arguments, Events};
use row_event::{ByValue, RowEvent};
pub use source::{KeyColumn, Source};

/// How to read event and key in the rows of one table or partition, whose columns may be in an order of its own.
#[derive(Debug)]
pub struct CapturedRelation {
    relation: pg_sys::Oid,
    root: pg_sys::Oid,
    trigger: pg_sys::Oid,
    event: RowEvent,
    columns: Vec<(i32, KeyReader)>,
}

impl CapturedRelation {
    /// The event of a row, as a source; none when its status has none.
    ///
    /// # Safety
    /// As [`CapturedRelation::key_of`].
    pub unsafe fn event_of(
        &self,
        row: pg_sys::HeapTuple,
        description: pg_sys::TupleDesc,
    ) -> Option<SourceIndex> {
        // SAFETY: the caller's promise.
        unsafe { self.event.of(row, description) }
    }

    /// The source under which it is noted that an event was left out on purpose.
    pub fn silent(&self, event: SourceIndex) -> SourceIndex {
        self.event.silent(event)
    }

    /// The key of a row; none when a part of it is null.
    ///
    /// # Safety
    /// `row` must be a row of this relation, described by `description`.
    pub unsafe fn key_of(
        &self,
        row: pg_sys::HeapTuple,
        description: pg_sys::TupleDesc,
    ) -> Option<Key> {
        let part = |(attribute, reader): &(i32, KeyReader)| -> Option<KeyPart> {
            let mut is_null = false;
            // SAFETY: the caller's promise; attribute and reader were looked up in this relation's catalogue entry.
            unsafe {
                let datum = pg_sys::heap_getattr(row, *attribute, description, &mut is_null);
                (!is_null).then(|| reader.read(datum))
            }
        };
        match self.columns.as_slice() {
            [column] => part(column).map(Key::Single),
            columns => columns
                .iter()
                .map(part)
                .collect::<Option<_>>()
                .map(Key::Composite),
        }
    }
}

thread_local! {
    /// Never shrinks: what is pending refers to sources by position.
    static SOURCES: RefCell<Vec<Rc<Source>>> = const { RefCell::new(Vec::new()) };
    static RELATIONS: RefCell<Vec<Rc<CapturedRelation>>> = const { RefCell::new(Vec::new()) };
    static STALE: Cell<bool> = const { Cell::new(false) };
}

/// Asks the server to be told when a table changes.
pub fn register() {
    // SAFETY: a callback that lives as long as the process and can't fail.
    unsafe {
        let nothing = pg_sys::Datum::from(0);
        pg_sys::CacheRegisterRelcacheCallback(Some(invalidate), nothing);
        #[expect(clippy::cast_possible_wrap, reason = "a small enumeration")]
        let schemas = pg_sys::SysCacheIdentifier::NAMESPACEOID as i32;
        pg_sys::CacheRegisterSyscacheCallback(schemas, Some(invalidate_names), nothing);
    }
}

/// A schema may have been renamed, and the kept plans contain its name.
#[pg_guard]
unsafe extern "C-unwind" fn invalidate_names(_argument: pg_sys::Datum, _cache: i32, _hash: u32) {
    STALE.set(true);
}

#[pg_guard]
unsafe extern "C-unwind" fn invalidate(_argument: pg_sys::Datum, relation: pg_sys::Oid) {
    let concerns_us = RELATIONS.with(|relations| {
        // In use: it is being looked up right now, so look again.
        relations.try_borrow().map_or(true, |relations| {
            relation == pg_sys::InvalidOid
                || relations
                    .iter()
                    .any(|captured| relation == captured.relation || relation == captured.root)
        })
    });
    if concerns_us {
        STALE.set(true);
    }
}

/// The source at a position.
pub fn source(index: SourceIndex) -> Option<Rc<Source>> {
    SOURCES.with_borrow(|sources| sources.get(index).cloned())
}

/// What is known of the table that a trigger fired on.
///
/// # Safety
/// `relation` must be the open table and `trigger` its trigger, as the server gives them to a trigger function.
pub unsafe fn captured(
    relation: &pg_sys::RelationData,
    trigger: &pg_sys::Trigger,
    captures: Captures,
) -> Result<Rc<CapturedRelation>, String> {
    if STALE.replace(false) {
        RELATIONS.with_borrow_mut(Vec::clear);
    }
    let known = RELATIONS.with_borrow(|relations| {
        let is_this = |captured: &&Rc<CapturedRelation>| {
            captured.relation == relation.rd_id && captured.trigger == trigger.tgoid
        };
        relations.iter().find(is_this).cloned()
    });
    if let Some(captured) = known {
        return Ok(captured);
    }
    // SAFETY: the caller's promise.
    let captured = Rc::new(unsafe { look_up(relation, trigger, captures) }?);
    RELATIONS.with_borrow_mut(|relations| relations.push(Rc::clone(&captured)));
    Ok(captured)
}

/// # Safety
/// As [`captured`].
unsafe fn look_up(
    relation: &pg_sys::RelationData,
    trigger: &pg_sys::Trigger,
    captures: Captures,
) -> Result<CapturedRelation, String> {
    // SAFETY: the caller's promise.
    let texts = unsafe { arguments::read(trigger) };
    let arguments = arguments::parse(captures, &texts)?;
    let root = server::partition_root(relation.rd_id);
    let maker = SourceMaker {
        relation: relation.rd_id,
        root,
        only_new_keys: match captures {
            Captures::FirstItem => true,
            // To move a row to another partition is to insert it there. An UPDATE in place moves nothing.
            Captures::Insert | Captures::Status => root != relation.rd_id && is_on_insert(trigger),
        },
        arguments: &arguments,
    };
    Ok(CapturedRelation {
        relation: relation.rd_id,
        root,
        trigger: trigger.tgoid,
        event: maker.row_event()?,
        columns: maker.columns()?.iter().map(KeyColumn::reader).collect(),
    })
}

fn is_on_insert(trigger: &pg_sys::Trigger) -> bool {
    u32::from(trigger.tgtype.cast_unsigned()) & pg_sys::TRIGGER_TYPE_INSERT != 0
}

/// What is looked up once for all events of a trigger.
struct SourceMaker<'a> {
    relation: pg_sys::Oid,
    root: pg_sys::Oid,
    only_new_keys: bool,
    arguments: &'a Arguments<'a>,
}

impl SourceMaker<'_> {
    fn columns(&self) -> Result<Vec<KeyColumn>, String> {
        let names = self.arguments.key.iter();
        names
            .map(|name| source::key_column(self.relation, name))
            .collect()
    }

    fn row_event(&self) -> Result<RowEvent, String> {
        let (column, events) = match &self.arguments.events {
            Events::Always(event) => return Ok(RowEvent::Always(self.source(event)?)),
            Events::ByValue(column, events) => (*column, events),
        };
        let (attribute, type_oid) = source::column_of(self.relation, column)?;
        let event = |(value, event): &(&CStr, &CStr)| {
            Ok((Box::from(value.to_bytes()), self.source(event)?))
        };
        Ok(RowEvent::ByValue(ByValue {
            attribute: i32::from(attribute),
            reader: KeyReader::of_type(type_oid),
            // SAFETY: a catalogue look-up by oid.
            is_boolean: unsafe { pg_sys::getBaseType(type_oid) } == pg_sys::BOOLOID,
            events: events.iter().map(event).collect::<Result<_, String>>()?,
        }))
    }

    fn source(&self, event: &CStr) -> Result<SourceIndex, String> {
        Ok(remember(Source {
            id: self.arguments.source,
            event: event.to_owned(),
            only_new_keys: self.only_new_keys,
            root: self.root,
            root_name: sql::relation(self.root),
            columns: self.columns()?,
            first_item_of_one: OnceCell::new(),
            first_item_of_many: OnceCell::new(),
        }))
    }
}

fn remember(source: Source) -> SourceIndex {
    SOURCES.with_borrow_mut(|sources| {
        sources
            .iter()
            .position(|known| known.is_same(&source))
            .unwrap_or_else(|| {
                sources.push(Rc::new(source));
                sources.len() - 1
            })
    })
}
