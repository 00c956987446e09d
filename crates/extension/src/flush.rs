//! Writes what a transaction captured, once, right before it commits.
//!
//! Being last means that we hold our queue keys only while the server commits, never while the user's transaction waits
//! for somebody: no deadlock can involve us.
use std::cell::Cell;
use std::time::{Duration, Instant};

use pgrx::{PgSqlErrorCode, pg_sys};
use zapgres_core::pending::{Batch, TransactionId};

use crate::budget::Budget;
use crate::key::Key;
use crate::relation::{self, Source};
use crate::snapshot::OthersSnapshot;
use crate::subtransaction::{self, Failure};
use crate::{enqueue, first_item, plan};

/// After a lock timeout, this session does not try the queue again for so long: whoever has it locked would make every
/// transaction wait.
const AVOID_QUEUE_FOR: Duration = Duration::from_secs(5);

/// Another transaction may enqueue the same order between our snapshot and our insert. REPEATABLE READ calls that a
/// serialization failure; a newer snapshot settles it.
const SNAPSHOT_ATTEMPTS: usize = 3;

thread_local! {
    static AVOID_QUEUE_UNTIL: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// What is known of one source's batch, kept outside the subtransaction so that a failure does not lose it.
struct Work {
    source: std::rc::Rc<Source>,
    keys: Vec<Key>,
    gaps: Vec<TransactionId>,
    /// The subjects to announce, once it is established which are new.
    subjects: Option<Vec<Vec<u8>>>,
}

/// Writes `batches`; returns the number of orders newly enqueued or noted as missed. Raises an error only for a cancel, a
/// shutdown, and a serialization failure of a SERIALIZABLE transaction.
pub fn write(batches: Vec<Batch<Key>>) -> u64 {
    let mut work: Vec<Work> = batches.into_iter().filter_map(work_of).collect();
    if work.is_empty() {
        return 0;
    }
    // In the same order in all sessions, whichever table each saw first: else two flushes could wait for each other. The
    // events of one source stay in the order of the changes: whoever changes the same row waits for us there already.
    work.sort_by_key(|item| item.source.id);
    let budget = Budget::start();
    let queueing = if avoids_queue() {
        Queueing::Avoided
    } else {
        Queueing::Optimistic
    };
    match attempt_all(&mut work, &budget, queueing) {
        Ok(written) if queueing != Queueing::Avoided => written,
        Ok(_) => note_missed(
            &work,
            &budget,
            "55P03: zap.notification_queue was locked a moment ago",
        ),
        Err(failure) => {
            let failure = ours(failure);
            let has_read = work.iter().all(|item| item.subjects.is_some());
            if has_read && failure.code == PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE {
                AVOID_QUEUE_UNTIL.set(Some(Instant::now() + AVOID_QUEUE_FOR));
            }
            note_gaps(&work, &budget);
            note_missed(
                &work,
                &budget,
                &format!("{}: {}", failure.sqlstate(), failure.message),
            )
        }
    }
}

fn work_of(batch: Batch<Key>) -> Option<Work> {
    let source = relation::source(batch.source)?;
    let subjects = (!source.only_new_keys).then(|| subjects_of(&batch.keys));
    Some(Work {
        source,
        keys: batch.keys,
        gaps: batch.gaps,
        subjects,
    })
}

fn subjects_of(keys: &[Key]) -> Vec<Vec<u8>> {
    keys.iter().map(Key::to_subject).collect()
}

/// How to write to the queue.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Queueing {
    /// Not at all: it was locked a moment ago.
    Avoided,
    /// All are expected to be new.
    Optimistic,
    /// Orders that are queued already are passed over.
    Tolerant,
}

fn attempt_all(work: &mut [Work], budget: &Budget, mut queueing: Queueing) -> Result<u64, Failure> {
    let mut attempts = 0;
    loop {
        let result =
            subtransaction::attempt(|| plan::connected(|| enqueue_all(work, budget, queueing)));
        let Err(failure) = &result else {
            return result;
        };
        attempts += 1;
        if queueing == Queueing::Optimistic
            && failure.code == PgSqlErrorCode::ERRCODE_UNIQUE_VIOLATION
        {
            queueing = Queueing::Tolerant;
        } else if attempts >= SNAPSHOT_ATTEMPTS || !is_settled_by_newer_snapshot(failure) {
            return result;
        }
    }
}

fn enqueue_all(work: &mut [Work], budget: &Budget, queueing: Queueing) -> u64 {
    let others = OthersSnapshot::take();
    for item in work.iter_mut() {
        budget.limit_queue_waits();
        if !item.gaps.is_empty() {
            enqueue::write_gaps(&item.source, &item.gaps, others.as_raw());
        }
        if item.source.only_new_keys {
            let new = first_item::among(&item.source, &item.keys, others.as_raw());
            item.subjects = Some(subjects_of(&new));
        }
    }
    let mut written = 0;
    for item in work.iter().filter(|_| queueing != Queueing::Avoided) {
        for subjects in item
            .subjects
            .as_deref()
            .unwrap_or_default()
            .chunks(enqueue::CHUNK)
        {
            budget.limit_queue_waits();
            let write = if queueing == Queueing::Optimistic {
                enqueue::enqueue_new
            } else {
                enqueue::enqueue_tolerantly
            };
            written += write(&item.source, subjects, others.as_raw());
        }
    }
    others.release();
    written
}

/// A failure has undone the note that the transaction was silent; it is written by itself.
fn note_gaps(work: &[Work], budget: &Budget) {
    budget.limit_gap_waits();
    if let Err(message) = attempt_notes(|| work.iter().map(note_gap_of).sum()) {
        pgrx::warning!(
            "zapgres: that this transaction was silent (zap.enabled = off) could not be noted: {message}; \
             the sweep may announce its orders"
        );
    }
}

/// The second line: `zap.missed` has nothing to wait for but a lock on itself. If even that fails, the sweep is left.
fn note_missed(work: &[Work], budget: &Budget, reason: &str) -> u64 {
    budget.limit_last_waits();
    match attempt_notes(|| work.iter().map(|item| note_missed_of(item, reason)).sum()) {
        Ok(0) => 0,
        Ok(count) => {
            pgrx::warning!(
                "zapgres: {count} order(s) could not be enqueued and are kept in zap.missed: {reason}"
            );
            count
        }
        Err(message) => {
            pgrx::warning!(
                "zapgres: orders of this transaction could not be enqueued: {reason}; nor kept in zap.missed: {message}; \
                 the sweep finds them"
            );
            0
        }
    }
}

fn attempt_notes(write: impl FnOnce() -> u64) -> Result<u64, String> {
    subtransaction::attempt(|| plan::connected(write)).map_err(|failure| ours(failure).message)
}

fn note_gap_of(item: &Work) -> u64 {
    if item.gaps.is_empty() {
        return 0;
    }
    let snapshot = OthersSnapshot::take();
    let count = enqueue::write_gaps(&item.source, &item.gaps, snapshot.as_raw());
    snapshot.release();
    count
}

fn note_missed_of(item: &Work, reason: &str) -> u64 {
    let known = item.subjects.is_some();
    let subjects = item
        .subjects
        .clone()
        .unwrap_or_else(|| subjects_of(&item.keys));
    if subjects.is_empty() {
        return 0;
    }
    let snapshot = OthersSnapshot::take();
    let count = enqueue::write_missed(&item.source, &subjects, known, reason, snapshot.as_raw());
    snapshot.release();
    count
}

fn avoids_queue() -> bool {
    AVOID_QUEUE_UNTIL
        .get()
        .is_some_and(|until| Instant::now() < until)
}

fn is_settled_by_newer_snapshot(failure: &Failure) -> bool {
    failure.code == PgSqlErrorCode::ERRCODE_T_R_SERIALIZATION_FAILURE && !is_serializable()
}

fn is_serializable() -> bool {
    // SAFETY: reads the transaction's isolation level.
    let level = unsafe { pg_sys::XactIsoLevel };
    u32::try_from(level) == Ok(pg_sys::XACT_SERIALIZABLE)
}

/// The failure, if it is ours to deal with. A cancel or shutdown is the user's or the operator's wish, and a SERIALIZABLE
/// transaction that failed must not commit: those are raised again.
fn ours(failure: Failure) -> Failure {
    let is_theirs = match failure.code {
        PgSqlErrorCode::ERRCODE_QUERY_CANCELED
        | PgSqlErrorCode::ERRCODE_ADMIN_SHUTDOWN
        | PgSqlErrorCode::ERRCODE_CRASH_SHUTDOWN
        | PgSqlErrorCode::ERRCODE_CANNOT_CONNECT_NOW
        | PgSqlErrorCode::ERRCODE_DATABASE_DROPPED => true,
        PgSqlErrorCode::ERRCODE_T_R_SERIALIZATION_FAILURE => is_serializable(),
        _ => false,
    };
    if is_theirs {
        failure.rethrow()
    } else {
        failure
    }
}
