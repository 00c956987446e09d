//! Writes to `zap.*`: fixed, fully qualified statements that run as the owner of the table and reach no user code.
use std::cell::OnceCell;
use std::ffi::CStr;

use pgrx::pg_sys;
use zapgres_core::pending::TransactionId;

use crate::plan::KeptPlan;
use crate::relation::Source;
use crate::role::ActingAs;
use crate::{array, queue_table, server, sql};

/// Keys per statement: bounds what one statement does between two looks at the budget.
pub const CHUNK: usize = 2_000;

const ENQUEUE_NEW: &CStr = c"-- enqueue_new
insert into zap.notification_queue (source_id, event, subject, dedup_key)
select $1, $2, s.subject, $2 operator(pg_catalog.||) ':'::text operator(pg_catalog.||) s.subject
from pg_catalog.unnest($3) as s(subject)";

const ENQUEUE_TOLERANTLY: &CStr = c"-- enqueue_tolerantly
insert into zap.notification_queue (source_id, event, subject, dedup_key)
select $1, $2, s.subject, $2 operator(pg_catalog.||) ':'::text operator(pg_catalog.||) s.subject
from pg_catalog.unnest($3) as s(subject)
on conflict (source_id, dedup_key) do nothing";

const WRITE_MISSED: &CStr = c"-- write_missed
insert into zap.missed (source_id, event, subject, first_item_known, reason)
select $1, $2, s.subject, $4, $5 from pg_catalog.unnest($3) as s(subject)";

const WRITE_GAPS: &CStr = c"-- write_gaps
insert into zap.capture_gap (source_id, transaction)
select $1, s.transaction::pg_catalog.xid8 from pg_catalog.unnest($2) as s(transaction)";

thread_local! {
    static ENQUEUE_NEW_PLAN: OnceCell<KeptPlan> = const { OnceCell::new() };
    static ENQUEUE_TOLERANTLY_PLAN: OnceCell<KeptPlan> = const { OnceCell::new() };
    static WRITE_MISSED_PLAN: OnceCell<KeptPlan> = const { OnceCell::new() };
    static WRITE_GAPS_PLAN: OnceCell<KeptPlan> = const { OnceCell::new() };
}

/// Enqueues subjects that are expected to be new: a unique violation when one is queued already. Nearly every order is new, and
/// ON CONFLICT looks twice and logs twice.
pub fn enqueue_new(source: &Source, subjects: &[Vec<u8>], snapshot: pg_sys::Snapshot) -> u64 {
    let table = table_of_ours("notification_queue");
    let role = ActingAs::owner_of_ours(table);
    let inserted = queue_table::insert(table, source, subjects);
    drop(role);
    inserted.unwrap_or_else(|| enqueue(&ENQUEUE_NEW_PLAN, ENQUEUE_NEW, source, subjects, snapshot))
}

/// Enqueues those subjects of a source that are not queued yet; returns how many were new.
pub fn enqueue_tolerantly(
    source: &Source,
    subjects: &[Vec<u8>],
    snapshot: pg_sys::Snapshot,
) -> u64 {
    let plan = &ENQUEUE_TOLERANTLY_PLAN;
    enqueue(plan, ENQUEUE_TOLERANTLY, source, subjects, snapshot)
}

fn enqueue(
    plan: &'static std::thread::LocalKey<OnceCell<KeptPlan>>,
    statement: &CStr,
    source: &Source,
    subjects: &[Vec<u8>],
    snapshot: pg_sys::Snapshot,
) -> u64 {
    let mut values = common_values(source);
    values.push(array::text_array(subjects.iter().map(Vec::as_slice)));
    let types = [pg_sys::INT8OID, pg_sys::TEXTOID, pg_sys::TEXTARRAYOID];
    write(
        "notification_queue",
        plan,
        (statement, &types),
        &mut values,
        snapshot,
    )
}

/// Notes subjects that could not be enqueued, and why.
pub fn write_missed(
    source: &Source,
    subjects: &[Vec<u8>],
    first_item_known: bool,
    reason: &str,
    snapshot: pg_sys::Snapshot,
) -> u64 {
    let mut values = common_values(source);
    values.push(array::text_array(subjects.iter().map(Vec::as_slice)));
    values.push(pg_sys::Datum::from(first_item_known));
    values.push(array::text(reason.as_bytes()));
    let types = [
        pg_sys::INT8OID,
        pg_sys::TEXTOID,
        pg_sys::TEXTARRAYOID,
        pg_sys::BOOLOID,
        pg_sys::TEXTOID,
    ];
    write(
        "missed",
        &WRITE_MISSED_PLAN,
        (WRITE_MISSED, &types),
        &mut values,
        snapshot,
    )
}

/// Notes under which transaction ids the source's orders were left out on purpose.
pub fn write_gaps(
    source: &Source,
    transactions: &[TransactionId],
    snapshot: pg_sys::Snapshot,
) -> u64 {
    let texts: Vec<String> = transactions
        .iter()
        .map(|id| server::full_transaction_id(*id).to_string())
        .collect();
    let mut values = vec![
        pg_sys::Datum::from(source.id),
        array::text_array(texts.iter().map(String::as_bytes)),
    ];
    let types = [pg_sys::INT8OID, pg_sys::TEXTARRAYOID];
    write(
        "capture_gap",
        &WRITE_GAPS_PLAN,
        (WRITE_GAPS, &types),
        &mut values,
        snapshot,
    )
}

fn common_values(source: &Source) -> Vec<pg_sys::Datum> {
    vec![
        pg_sys::Datum::from(source.id),
        array::text(source.event.to_bytes()),
    ]
}

fn write(
    table: &str,
    plan: &'static std::thread::LocalKey<OnceCell<KeptPlan>>,
    (statement, types): (&CStr, &[pg_sys::Oid]),
    values: &mut [pg_sys::Datum],
    snapshot: pg_sys::Snapshot,
) -> u64 {
    let _role = ActingAs::owner_of_ours(table_of_ours(table));
    let plan = plan.with(|plan| *plan.get_or_init(|| KeptPlan::prepare(statement, types)));
    plan.write(values, snapshot)
}

/// Oid of a table of schema `zap`; an ERROR when there is none.
fn table_of_ours(name: &str) -> pg_sys::Oid {
    sql::relation_of_zap(name).unwrap_or_else(|| {
        pgrx::ereport!(
            ERROR,
            pgrx::PgSqlErrorCode::ERRCODE_UNDEFINED_TABLE,
            format!("table zap.{name} does not exist")
        );
    })
}
