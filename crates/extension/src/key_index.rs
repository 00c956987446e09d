//! The short way to ask for rows of one order, for the usual table: not partitioned, one integer key column, and a plain index
//! on it. Reading that index takes neither a plan nor any code of the table's owner.
use pgrx::pg_sys;

use crate::key::{Key, KeyPart};
use crate::relation::Source;

#[expect(clippy::cast_possible_wrap, reason = "small constants")]
const LOCK: pg_sys::LOCKMODE = pg_sys::AccessShareLock as pg_sys::LOCKMODE;
#[expect(clippy::cast_possible_wrap, reason = "small constants")]
const KEEP_LOCK: pg_sys::LOCKMODE = pg_sys::NoLock as pg_sys::LOCKMODE;

/// Whether `snapshot` shows a row of this order; none when the table is not of that kind.
pub fn has_row(source: &Source, key: &Key, snapshot: pg_sys::Snapshot) -> Option<bool> {
    let (Key::Single(KeyPart::Integer(value)), [column]) = (key, source.columns.as_slice()) else {
        return None;
    };
    let (equality, datum) = equality(column.type_oid, *value)?;
    // SAFETY: the table and its index are opened before and closed after their use; after an error the abort closes them.
    unsafe {
        let table = pg_sys::table_open(source.root, LOCK);
        let found = if (*(*table).rd_rel).relkind.cast_unsigned() == pg_sys::RELKIND_RELATION {
            index_on(table, column.attribute)
                .map(|index| is_found(table, index, column.attribute, (equality, datum), snapshot))
        } else {
            None
        };
        pg_sys::table_close(table, KEEP_LOCK);
        found
    }
}

/// The equality function of an integer type, and the value in it.
fn equality(type_oid: pg_sys::Oid, value: i64) -> Option<(u32, pg_sys::Datum)> {
    Some(match type_oid {
        pg_sys::INT2OID => (pg_sys::F_INT2EQ, i16::try_from(value).ok()?.into()),
        pg_sys::INT4OID => (pg_sys::F_INT4EQ, i32::try_from(value).ok()?.into()),
        pg_sys::INT8OID => (pg_sys::F_INT8EQ, value.into()),
        _ => return None,
    })
}

/// An index that begins with the column and holds every row.
///
/// # Safety
/// `table` must be open.
unsafe fn index_on(table: pg_sys::Relation, attribute: i16) -> Option<pg_sys::Oid> {
    // SAFETY: the caller's promise; the list is a copy in the current memory context.
    unsafe {
        let list = pg_sys::RelationGetIndexList(table).as_ref()?;
        let count = usize::try_from(list.length).unwrap_or(0);
        (0..count)
            .map(|position| (*list.elements.add(position)).oid_value)
            .find(|index| serves(*index, attribute))
    }
}

/// # Safety
/// `index` must be an index of an open table.
unsafe fn serves(index: pg_sys::Oid, attribute: i16) -> bool {
    #[expect(clippy::cast_possible_wrap, reason = "a small constant")]
    const PREDICATE: i32 = pg_sys::Anum_pg_index_indpred as i32;
    // SAFETY: an open index has a description and, one per key column, an operator family.
    unsafe {
        let index = pg_sys::index_open(index, LOCK);
        let described = &*(*index).rd_index;
        let serves = described.indisvalid
            && !described.indcheckxmin
            && described.indkey.values.as_slice(1)[0] == attribute
            && (*(*index).rd_rel).relam == pg_sys::BTREE_AM_OID
            && *(*index).rd_opfamily == pg_sys::INTEGER_BTREE_FAM_OID
            && pg_sys::heap_attisnull((*index).rd_indextuple, PREDICATE, std::ptr::null_mut());
        pg_sys::index_close(index, KEEP_LOCK);
        serves
    }
}

/// # Safety
/// `table` must be open and `index` one of its indexes, beginning with `attribute`.
unsafe fn is_found(
    table: pg_sys::Relation,
    index: pg_sys::Oid,
    attribute: i16,
    (equality, value): (u32, pg_sys::Datum),
    snapshot: pg_sys::Snapshot,
) -> bool {
    #[expect(clippy::cast_possible_truncation, reason = "a small constant")]
    const EQUAL: u16 = pg_sys::BTEqualStrategyNumber as u16;
    // SAFETY: the caller's promise; the key outlives the scan.
    unsafe {
        let mut key = pg_sys::ScanKeyData::default();
        pg_sys::ScanKeyInit(&mut key, attribute, EQUAL, equality.into(), value);
        let scan = pg_sys::systable_beginscan(table, index, true, snapshot, 1, &mut key);
        let found = !pg_sys::systable_getnext(scan).is_null();
        pg_sys::systable_endscan(scan);
        found
    }
}
