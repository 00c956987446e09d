//! What a trigger needs to know about its table, looked up once per session and table.
use std::cell::{Cell, OnceCell, RefCell};
use std::ffi::{CStr, CString};
use std::rc::Rc;

use pgrx::{pg_guard, pg_sys};
use zapgres_core::pending::SourceIndex;

use crate::key::{Key, KeyPart, KeyReader};
use crate::plan::KeptPlan;
use crate::{server, sql};

/// A key column, as SQL needs it.
#[derive(Debug, PartialEq, Eq)]
pub struct KeyColumn {
    /// Its quoted name.
    pub identifier: Vec<u8>,
    /// Its qualified type.
    pub type_name: Vec<u8>,
    /// Its number in the table that the trigger fired on.
    pub attribute: i16,
    /// Its type.
    pub type_oid: pg_sys::Oid,
}

/// A row of `zap.source`, as the trigger's arguments name it.
#[derive(Debug)]
pub struct Source {
    /// `zap.source.id`.
    pub id: i64,
    /// Event that a first row produces.
    pub event: CString,
    /// The table, or the topmost table of which it is a partition: an order's items may be in several.
    pub root: pg_sys::Oid,
    /// Its name, ready for SQL: the kept plans contain it, so a renamed table is another source.
    pub root_name: Vec<u8>,
    /// Key columns.
    pub columns: Vec<KeyColumn>,
    /// Asks for one key.
    pub first_item_of_one: OnceCell<KeptPlan>,
    /// Asks for many keys.
    pub first_item_of_many: OnceCell<KeptPlan>,
}

impl Source {
    fn is_same(&self, other: &Self) -> bool {
        (
            self.id,
            self.root,
            &self.root_name,
            &self.event,
            &self.columns,
        ) == (
            other.id,
            other.root,
            &other.root_name,
            &other.event,
            &other.columns,
        )
    }
}

/// How to read the key in the rows of one table or partition, whose columns may be in an order of its own.
#[derive(Debug)]
pub struct CapturedRelation {
    relation: pg_sys::Oid,
    root: pg_sys::Oid,
    trigger: pg_sys::Oid,
    /// The source.
    pub source: SourceIndex,
    columns: Vec<(i32, KeyReader)>,
}

impl CapturedRelation {
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
    let captured = Rc::new(unsafe { look_up(relation, trigger) }?);
    RELATIONS.with_borrow_mut(|relations| relations.push(Rc::clone(&captured)));
    Ok(captured)
}

/// # Safety
/// As [`captured`].
unsafe fn look_up(
    relation: &pg_sys::RelationData,
    trigger: &pg_sys::Trigger,
) -> Result<CapturedRelation, String> {
    // SAFETY: the caller's promise.
    let arguments = unsafe { arguments_of(trigger) };
    let [id, event, key_columns @ ..] = arguments.as_slice() else {
        return Err("the trigger has no arguments: attach the table with zap.attach".to_owned());
    };
    let id = id.to_str().ok().and_then(|id| id.parse().ok());
    let id = id.ok_or("the trigger's first argument is not the id of a source")?;
    let mut readers = Vec::new();
    let mut columns = Vec::new();
    for name in key_columns {
        let Some((attribute, type_oid)) = column_of(relation.rd_id, name) else {
            let name = name.to_string_lossy();
            return Err(format!(
                "there is no column \"{name}\": attach the table again"
            ));
        };
        readers.push((i32::from(attribute), KeyReader::of_type(type_oid)));
        columns.push(KeyColumn {
            identifier: sql::identifier(name),
            type_name: sql::type_name(type_oid),
            attribute,
            type_oid,
        });
    }
    if columns.is_empty() {
        return Err("the trigger names no key column: attach the table with zap.attach".to_owned());
    }
    let root = server::partition_root(relation.rd_id);
    let source = remember(Source {
        id,
        event: event.clone(),
        root,
        root_name: sql::relation(root),
        columns,
        first_item_of_one: OnceCell::new(),
        first_item_of_many: OnceCell::new(),
    });
    Ok(CapturedRelation {
        relation: relation.rd_id,
        root,
        trigger: trigger.tgoid,
        source,
        columns: readers,
    })
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

fn column_of(relation: pg_sys::Oid, name: &CStr) -> Option<(i16, pg_sys::Oid)> {
    // SAFETY: catalogue look-ups; 0 means that there is no such column, negative ones are the system's.
    unsafe {
        let attribute = pg_sys::get_attnum(relation, name.as_ptr());
        (attribute > 0).then(|| (attribute, pg_sys::get_atttype(relation, attribute)))
    }
}

/// # Safety
/// As [`captured`].
unsafe fn arguments_of(trigger: &pg_sys::Trigger) -> Vec<CString> {
    let count = usize::try_from(trigger.tgnargs).unwrap_or(0);
    (0..count)
        // SAFETY: the server keeps `tgnargs` NUL-terminated strings at `tgargs`.
        .map(|index| unsafe { CStr::from_ptr(*trigger.tgargs.add(index)) }.to_owned())
        .collect()
}
