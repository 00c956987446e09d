//! What the short way knows how to do. Whatever else somebody adds to the queue is for the executor.
use pgrx::pg_sys;

/// Whether nothing but its columns and indexes has a say: no trigger on INSERT, no rule, no check, no partition.
///
/// # Safety
/// `relation` must be open.
pub unsafe fn is_usual(relation: pg_sys::Relation) -> bool {
    // SAFETY: the caller's promise; what is absent is null.
    unsafe {
        let class = &*(*relation).rd_rel;
        let has_trigger = (*relation)
            .trigdesc
            .as_ref()
            .is_some_and(fires_when_inserted);
        let has_check = (*(*relation).rd_att)
            .constr
            .as_ref()
            .is_some_and(|constraints| constraints.num_check > 0);
        class.relkind.cast_unsigned() == pg_sys::RELKIND_RELATION
            && !class.relispartition
            && (*relation).rd_rules.is_null()
            && !has_trigger
            && !has_check
    }
}

fn fires_when_inserted(triggers: &pg_sys::TriggerDesc) -> bool {
    triggers.trig_insert_before_row
        || triggers.trig_insert_after_row
        || triggers.trig_insert_instead_row
        || triggers.trig_insert_before_statement
        || triggers.trig_insert_after_statement
}

/// Whether an index is a B-tree on columns: other kinds, and expressions, keep things of their own for as long as a statement.
///
/// # Safety
/// `index` must have been made by the server.
pub unsafe fn is_usual_index(index: &pg_sys::IndexInfo) -> bool {
    index.ii_Am == pg_sys::BTREE_AM_OID
        && index.ii_Expressions.is_null()
        && index.ii_ExclusionOps.is_null()
        // SAFETY: the caller's promise.
        && unsafe { is_built_in(index.ii_Predicate.cast()) }
}

/// Whether an expression calls the server's own functions only. Others can be replaced, of which nobody tells us, and those in SQL
/// would leave memory behind in each transaction: they expect to be looked up anew. Asked of a default before it is planned, which
/// can put what a function does in place of its call.
///
/// # Safety
/// `expression` must be an expression of the server's or a list of such; null is an empty list.
pub unsafe fn is_built_in(expression: *mut pg_sys::Node) -> bool {
    let (mut relations, mut others) = (std::ptr::null_mut(), std::ptr::null_mut());
    let mut has_row_security = false;
    // SAFETY: the caller's promise.
    unsafe {
        pg_sys::extract_query_dependencies(
            expression,
            &mut relations,
            &mut others,
            &mut has_row_security,
        );
    }
    others.is_null()
}
