//! The row trigger: it collects, and does nothing else.
use std::panic::AssertUnwindSafe;

use pgrx::{PgTryBuilder, pg_sys};

use crate::subtransaction::Failure;
use crate::{relation, settings, transaction};

/// AFTER INSERT … FOR EACH ROW. Arguments: id of the source, event, key columns.
#[pgrx::pg_trigger(sql = false)]
fn send_whatsapp_notification_after_items<'a>(
    trigger: &'a pgrx::PgTrigger<'a>,
) -> Result<
    Option<pgrx::heap_tuple::PgHeapTuple<'a, pgrx::AllocatedByPostgres>>,
    std::convert::Infallible,
> {
    PgTryBuilder::new(AssertUnwindSafe(|| collect(trigger)))
        .catch_rust_panic(|cause| {
            let message = Failure::of(cause).message;
            pgrx::warning!("zapgres: a row was not captured: {message}");
        })
        .execute();
    Ok(None)
}

fn collect(trigger: &pgrx::PgTrigger) {
    if let Err(reason) = collect_row(trigger.trigger_data()) {
        pgrx::warning!("zapgres: a row was not captured: {reason}");
    }
}

fn collect_row(data: &pg_sys::TriggerData) -> Result<(), String> {
    if !is_row_insert(data) {
        return Err(
            "the trigger must be AFTER INSERT … FOR EACH ROW: attach the table with zap.attach"
                .to_owned(),
        );
    }
    // SAFETY: the server hands a row trigger its open table, its trigger and the inserted row.
    unsafe {
        let table = &*data.tg_relation;
        let captured = relation::captured(table, &*data.tg_trigger)?;
        if !settings::enabled() {
            // In a savepoint rows carry an id of their own, and that is what the sweep compares.
            let written_under = (*(*data.tg_trigtuple).t_data).t_choice.t_heap.t_xmin;
            transaction::collect_gap(captured.source, written_under.into_inner());
        } else if let Some(key) = captured.key_of(data.tg_trigtuple, table.rd_att) {
            transaction::collect(captured.source, key);
        }
    }
    Ok(())
}

fn is_row_insert(data: &pg_sys::TriggerData) -> bool {
    let has = |bits: u32, value: u32| data.tg_event & bits == value;
    has(pg_sys::TRIGGER_EVENT_OPMASK, pg_sys::TRIGGER_EVENT_INSERT)
        && has(pg_sys::TRIGGER_EVENT_ROW, pg_sys::TRIGGER_EVENT_ROW)
        && has(
            pg_sys::TRIGGER_EVENT_TIMINGMASK,
            pg_sys::TRIGGER_EVENT_AFTER,
        )
}

/// `zap.flush()`: writes what this transaction captured so far, so that it can be seen before COMMIT.
#[pgrx::pg_extern(sql = false)]
fn flush() -> i32 {
    i32::try_from(transaction::flush_now()).unwrap_or(i32::MAX)
}

/// `zap.request_wake()`: wakes the daemon after COMMIT, as an order does.
#[pgrx::pg_extern(sql = false)]
fn request_wake() {
    transaction::request_wake();
}
