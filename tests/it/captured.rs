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
