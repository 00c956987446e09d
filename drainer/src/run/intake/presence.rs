//! An order without a row in the context query: is it gone, or is the query at fault?

use super::claim::Captured;
use super::complaints::Complaints;
use super::context::{Answer, Asking};
use super::decide::later;

/// Said of an order whose table still has it.
const QUERY_AT_FAULT: &str = "the context query has no row for this order, though its table has";

/// Makes of answers that would have their orders taken for gone a failure of the query, where the order is there: it waits
/// for the query to be mended. Not asked about what may only be too young to be seen.
pub(crate) async fn distinguish(
    asking: &Asking<'_>,
    complaints: &mut Complaints,
    rows: impl Iterator<Item = &Captured>,
    answers: &mut [Answer],
) -> Result<(), tokio_postgres::Error> {
    let deadline = asking.source.max_settle;
    let mut missing: Vec<(&str, &mut Answer)> = rows
        .zip(answers)
        .filter(|(row, answer)| {
            **answer == Answer::Absent && row.now >= later(row.created_at, deadline)
        })
        .map(|(row, answer)| (row.subject.as_str(), answer))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let subjects: Vec<&str> = missing.iter().map(|(subject, _)| *subject).collect();
    let present = asking.present(&subjects).await?;
    for (subject, answer) in &mut missing {
        if present.contains(*subject) {
            complaints.about_order(asking.source, subject, QUERY_AT_FAULT);
            **answer = Answer::Failed(QUERY_AT_FAULT.to_owned());
        }
    }
    Ok(())
}
