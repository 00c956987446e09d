//! The row triggers: they collect, and do nothing else.
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;

use pgrx::heap_tuple::PgHeapTuple;
use pgrx::{AllocatedByPostgres, PgTrigger, PgTryBuilder, pg_sys};

use crate::relation::Captures;
use crate::subtransaction::Failure;
use crate::{relation, settings, transaction};

/// What an AFTER trigger answers is not looked at.
type Ignored<'a> = Result<Option<PgHeapTuple<'a, AllocatedByPostgres>>, Infallible>;

/// AFTER INSERT … FOR EACH ROW. Arguments: id of the source, event, key columns.
#[pgrx::pg_trigger(sql = false)]
fn send_whatsapp_notification_after_items<'a>(trigger: &'a PgTrigger<'a>) -> Ignored<'a> {
    collect(trigger, Captures::FirstItem);
    Ok(None)
}

/// AFTER INSERT … FOR EACH ROW: every new row is an event. Arguments: id of the source, event, key columns.
#[pgrx::pg_trigger(sql = false)]
fn capture_insert<'a>(trigger: &'a PgTrigger<'a>) -> Ignored<'a> {
    collect(trigger, Captures::Insert);
    Ok(None)
}

/// AFTER UPDATE … FOR EACH ROW WHEN the status changes, and AFTER INSERT. Arguments: id of the source, status column, number of
/// key columns, key columns, values and their events.
#[pgrx::pg_trigger(sql = false)]
fn capture_status<'a>(trigger: &'a PgTrigger<'a>) -> Ignored<'a> {
    collect(trigger, Captures::Status);
    Ok(None)
}

fn collect(trigger: &PgTrigger, captures: Captures) {
    let work = || {
        if let Err(reason) = collect_row(trigger.trigger_data(), captures) {
            pgrx::warning!("zapgres: a row was not captured: {reason}");
        }
    };
    PgTryBuilder::new(AssertUnwindSafe(work))
        .catch_rust_panic(|cause| {
            let message = Failure::of(cause).message;
            pgrx::warning!("zapgres: a row was not captured: {message}");
        })
        .execute();
}

fn collect_row(data: &pg_sys::TriggerData, captures: Captures) -> Result<(), String> {
    let row = new_row(data, captures).ok_or_else(|| {
        let events = match captures {
            Captures::FirstItem | Captures::Insert => "INSERT",
            Captures::Status => "INSERT or UPDATE",
        };
        format!(
            "the trigger must be AFTER {events} … FOR EACH ROW: attach the table with zap.attach"
        )
    })?;
    // SAFETY: the server hands a row trigger its open table, its trigger and the row.
    unsafe {
        let table = &*data.tg_relation;
        let captured = relation::captured(table, &*data.tg_trigger, captures)?;
        let Some(event) = captured.event_of(row, table.rd_att) else {
            return Ok(());
        };
        if !settings::enabled() {
            // In a savepoint rows carry an id of their own, and that is what the sweep compares.
            let written_under = (*(*row).t_data).t_choice.t_heap.t_xmin;
            transaction::collect_gap(captured.silent(event), written_under.into_inner());
        } else if let Some(key) = captured.key_of(row, table.rd_att) {
            transaction::collect(event, key, command_of(row));
        }
    }
    Ok(())
}

/// The command that wrote a row.
///
/// # Safety
/// `row` must be a row that this transaction wrote.
unsafe fn command_of(row: pg_sys::HeapTuple) -> pg_sys::CommandId {
    // SAFETY: the caller's promise; the server is asked only where it knows a number of its own for two commands.
    unsafe {
        let header = (*row).t_data;
        if u32::from((*header).t_infomask) & pg_sys::HEAP_COMBOCID == 0 {
            return (*header).t_choice.t_heap.t_field3.t_cid;
        }
        pg_sys::HeapTupleHeaderGetCmin(header)
    }
}

/// The row as the statement left it, when the trigger is of the kind that it must be.
fn new_row(data: &pg_sys::TriggerData, captures: Captures) -> Option<pg_sys::HeapTuple> {
    let has = |bits: u32, value: u32| data.tg_event & bits == value;
    if !has(pg_sys::TRIGGER_EVENT_ROW, pg_sys::TRIGGER_EVENT_ROW)
        || !has(
            pg_sys::TRIGGER_EVENT_TIMINGMASK,
            pg_sys::TRIGGER_EVENT_AFTER,
        )
    {
        return None;
    }
    match data.tg_event & pg_sys::TRIGGER_EVENT_OPMASK {
        pg_sys::TRIGGER_EVENT_INSERT => Some(data.tg_trigtuple),
        pg_sys::TRIGGER_EVENT_UPDATE if captures == Captures::Status => Some(data.tg_newtuple),
        _ => None,
    }
}

/// `zap.flush()`: writes what this transaction captured so far, so that it can be seen before COMMIT.
#[pgrx::pg_extern(sql = false)]
fn flush() -> i32 {
    i32::try_from(transaction::flush_now()).unwrap_or(i32::MAX)
}

/// `zap.request_wake()`: the daemon is woken after COMMIT, as after a capture.
#[pgrx::pg_extern(sql = false)]
fn request_wake() {
    transaction::request_wake();
}
