//! A source: what its events are called, and the key that says what they are about.
use std::cell::OnceCell;
use std::ffi::{CStr, CString};

use pgrx::pg_sys;

use crate::key::KeyReader;
use crate::plan::KeptPlan;
use crate::sql;

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

/// A row of `zap.source`, as the trigger's arguments name it, and one of its events.
#[derive(Debug)]
pub struct Source {
    /// `zap.source.id`.
    pub id: i64,
    /// The event.
    pub event: CString,
    /// Only a key of which others have committed no row is an event: an order's first item, or a row that did not merely
    /// move to another partition.
    pub only_new_keys: bool,
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
    /// Whether both are the same event of the same source and table.
    pub fn is_same(&self, other: &Self) -> bool {
        let identity = |source: &Self| (source.id, source.root, source.only_new_keys);
        identity(self) == identity(other)
            && (&self.root_name, &self.event, &self.columns)
                == (&other.root_name, &other.event, &other.columns)
    }
}

/// Column of a relation by name, and its type.
pub fn column_of(relation: pg_sys::Oid, name: &CStr) -> Result<(i16, pg_sys::Oid), String> {
    // SAFETY: catalogue look-ups; 0 means that there is no such column, negative ones are the system's.
    let found = unsafe {
        let attribute = pg_sys::get_attnum(relation, name.as_ptr());
        (attribute > 0).then(|| (attribute, pg_sys::get_atttype(relation, attribute)))
    };
    found.ok_or_else(|| {
        let name = name.to_string_lossy();
        format!("there is no column \"{name}\": attach the table again")
    })
}

/// A key column for SQL.
pub fn key_column(relation: pg_sys::Oid, name: &CStr) -> Result<KeyColumn, String> {
    let (attribute, type_oid) = column_of(relation, name)?;
    Ok(KeyColumn {
        identifier: sql::identifier(name),
        type_name: sql::type_name(type_oid),
        attribute,
        type_oid,
    })
}

impl KeyColumn {
    /// How to read it in a row.
    pub fn reader(&self) -> (i32, KeyReader) {
        (i32::from(self.attribute), KeyReader::of_type(self.type_oid))
    }
}
