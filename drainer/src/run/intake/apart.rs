//! Writes decisions so that one that the server refuses fails alone: the others must not wait for it.

use std::ops::Range;

use deadpool_postgres::Client;
use zapgres_core::error_text::presentable;

use super::batch::Batch;
use super::complaints::Complaints;
use super::decide::{self, Decision};
use super::others::{self, Other};
use super::outcome;
use super::write_back::write_back;

/// Writes the decisions of a batch, and who else is told, within the transaction that `client` is in. What is refused becomes
/// an error of its notification, which waits until it can be written or expires.
pub(crate) async fn write(
    client: &Client,
    batch: &Batch,
    decisions: &mut [Decision],
    others: &mut Vec<Other>,
    complaints: &mut Complaints,
) -> Result<(), tokio_postgres::Error> {
    let whole = 0..decisions.len();
    let mut ranges = vec![whole];
    while let Some(range) = ranges.pop() {
        if range.is_empty() {
            continue;
        }
        let part = &decisions[range.clone()];
        let Err(error) = attempt(client, batch, part, others, range.clone()).await else {
            continue;
        };
        let Some(refusal) = error.as_db_error().filter(|_| !client.is_closed()) else {
            return Err(error);
        };
        if range.len() > 1 {
            let middle = range.start + range.len() / 2;
            ranges.extend([range.start..middle, middle..range.end]);
            continue;
        }
        let row = &batch.captured[range.start];
        let cause = format!("{} ({})", refusal.message(), refusal.code().code());
        let refused = decide::refused(row, batch.source_of(row), presentable(&cause));
        if decisions[range.start] == refused {
            // Not this decision: nothing can be written.
            return Err(error);
        }
        complaints.about_writing(row, &cause);
        decisions[range.start] = refused;
        others.retain(|other| !other.is_beside(row));
        ranges.push(range);
    }
    Ok(())
}

async fn attempt(
    client: &Client,
    batch: &Batch,
    decisions: &[Decision],
    others: &[Other],
    range: Range<usize>,
) -> Result<(), tokio_postgres::Error> {
    let captured = &batch.captured[range];
    let (mut rows, mut logs) = (Vec::new(), Vec::new());
    for (row, decision) in captured.iter().zip(decisions) {
        let (written, log) = outcome::record(row, batch.source_of(row), decision.clone());
        rows.push(written);
        logs.extend(log);
    }
    let is_of_these = |other: &&Other| captured.iter().any(|row| other.is_beside(row));
    let others: Vec<Other> = others.iter().filter(is_of_these).cloned().collect();
    client.batch_execute("savepoint zap_write").await?;
    let written = match write_back(client, &rows, &logs).await {
        Ok(()) => others::tell(client, &others).await,
        refused => refused,
    };
    let leave = match written {
        Ok(()) => "release savepoint zap_write",
        Err(_) => "rollback to savepoint zap_write; release savepoint zap_write",
    };
    client.batch_execute(leave).await?;
    written
}
