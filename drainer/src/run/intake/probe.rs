//! Asks a source about one order as intake would, and changes nothing.

use std::time::Duration;

use deadpool_postgres::{Client, GenericClient};
use serde_json::Value;
use tokio::time::Instant;

use super::context::{Answer, Asking, MAY_BECOME_DAEMON, Statements};
use super::source;

/// What the context query says about one order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Probe {
    /// One row.
    Found {
        recipient: Option<String>,
        values: Value,
        took: Duration,
        /// How it would be found without reading a table whole, if the server can.
        plan: Option<Value>,
    },
    /// No row.
    Absent,
    /// Why the row or the query cannot be used.
    Failed(String),
}

/// Asks the source about `subject`: as the role, read-only and with the time limit of intake. None: there is no such source.
pub(crate) async fn probe(
    client: &Client,
    source_id: i64,
    subject: &str,
) -> Result<Option<Probe>, tokio_postgres::Error> {
    let sources = source::load_sources(client).await?;
    let Some(source) = sources.get(&source_id) else {
        return Ok(None);
    };
    let least_privileged = client.query_one(MAY_BECOME_DAEMON, &[]).await?.try_get(0)?;
    let asking = Asking {
        client,
        source,
        least_privileged,
    };
    client.batch_execute("begin").await?;
    let begin = Instant::now();
    let asked = asking
        .ask_quietly(&mut Statements::default(), subject)
        .await;
    let took = begin.elapsed();
    let plan = match asked {
        Ok(Answer::Found(_)) => asking.plan(subject).await,
        _ => Ok(None),
    };
    client.batch_execute("rollback").await?;
    let plan = plan?;
    Ok(Some(match asked? {
        Answer::Found(context) => Probe::Found {
            recipient: context.recipient,
            values: context.values,
            took,
            plan,
        },
        Answer::Absent => Probe::Absent,
        Answer::Failed(cause) => Probe::Failed(cause),
    }))
}
