//! What capture has written.

use crate::session::Session;

/// Subjects in the queue, sorted as text.
pub async fn queued(session: &Session) -> Vec<String> {
    session
        .column("select subject from zap.notification_queue order by subject collate \"C\"")
        .await
}

/// Subjects that could not be enqueued, sorted as text.
pub async fn missed(session: &Session) -> Vec<String> {
    session
        .column("select subject from zap.missed order by subject collate \"C\"")
        .await
}

/// Subjects in either, each once, sorted as text.
pub async fn announced(session: &Session) -> Vec<String> {
    session
        .column(
            "select subject collate \"C\" from zap.notification_queue
             union select subject from zap.missed order by 1",
        )
        .await
}

/// How many transactions of how many sources were silent on purpose.
pub async fn gaps(session: &Session) -> usize {
    session
        .column("select transaction from zap.capture_gap")
        .await
        .len()
}

/// Subjects in the queue for which the context statement of the only source finds an order, sorted as text.
pub async fn resolvable(session: &Session) -> Vec<String> {
    let statement = session
        .value("select zap.context_statement(id) from zap.source")
        .await;
    let subjects = "array(select subject from zap.notification_queue)";
    let statement = statement.replace("$1", subjects);
    session
        .column(&format!(
            "select q.subject from ({statement}) as q order by q.subject collate \"C\""
        ))
        .await
}
