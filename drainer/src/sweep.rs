//! The search for orders that capture missed: a disabled trigger, rows applied by a replica, subjects that were written
//! down without knowing whether they were new.

mod gap;
mod mark;
mod source;
mod statement;

use std::time::Duration;

use tokio_postgres::{Client, IsolationLevel, Transaction};

use crate::config::Sweep;
use crate::database::DatabaseError;
use source::{Rule, Source};
use statement::compose;

pub(crate) use source::is_integer;
pub(crate) use statement::{quote, subject};

/// Larger tables take longer than other statements may; still, a sweep must end.
const BEGIN: &str = "set local statement_timeout = '5min'; set local lock_timeout = '2s'";
const BECOME_LEAST_PRIVILEGED: &str = "set local role zap_daemon";

/// What a sweep found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// One entry per source.
    pub sources: Vec<SourceReport>,
}

/// What a sweep found for one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceReport {
    /// The table.
    pub relation: String,
    /// What happened.
    pub result: SourceResult,
}

/// What happened to one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceResult {
    /// So many orders were enqueued.
    Swept(u64),
    /// No column tells which orders are recent.
    NoRule,
    /// Why it could not be swept.
    Failed(String),
}

impl SweepReport {
    /// Orders enqueued.
    pub fn enqueued(&self) -> u64 {
        let counts = self.sources.iter().map(|source| match source.result {
            SourceResult::Swept(count) => count,
            SourceResult::NoRule | SourceResult::Failed(_) => 0,
        });
        counts.sum()
    }
}

/// Sweeps every attached source that is not off, each in a transaction of its own; one that fails does not hold up
/// the others.
///
/// # Errors
/// When the sources can't be read, or the connection is lost.
pub async fn sweep_once(client: &mut Client, sweep: &Sweep) -> Result<SweepReport, DatabaseError> {
    let mut report = SweepReport::default();
    let least_privileged = source::may_become_daemon(client).await?;
    for source in source::load_sources(client, sweep.window).await? {
        let result = match sweep_source(client, &source, sweep.window, least_privileged).await {
            Ok(result) => result,
            Err(error) if client.is_closed() => return Err(error.into()),
            Err(error) => SourceResult::Failed(DatabaseError::from(error).to_string()),
        };
        report.sources.push(SourceReport {
            relation: source.relation,
            result,
        });
    }
    gap::forget_old(client, sweep.window).await?;
    Ok(report)
}

async fn sweep_source(
    client: &mut Client,
    source: &Source,
    window: Duration,
    least_privileged: bool,
) -> Result<SourceResult, tokio_postgres::Error> {
    let builder = client
        .build_transaction()
        .isolation_level(IsolationLevel::ReadCommitted);
    let transaction = builder.start().await?;
    transaction.batch_execute(BEGIN).await?;
    if least_privileged {
        transaction.batch_execute(BECOME_LEAST_PRIVILEGED).await?;
    }
    // Before the search, which then sees at least the orders of what is forgotten here.
    gap::forget_undecided(&transaction, source.id).await?;
    let result = search(&transaction, source, window).await?;
    transaction.commit().await?;
    Ok(result)
}

async fn search(
    transaction: &Transaction<'_>,
    source: &Source,
    window: Duration,
) -> Result<SourceResult, tokio_postgres::Error> {
    let Some(sql) = compose(source) else {
        return Ok(SourceResult::NoRule);
    };
    let (id, event) = (&source.id, &source.events());
    let found = match &source.rule {
        Rule::Created { after, .. } => transaction.execute(&sql, &[id, event, after]).await?,
        Rule::Key => {
            let found = match mark::lowest_key(transaction, source, window).await? {
                Some(above) => transaction.execute(&sql, &[id, event, &above]).await?,
                None => 0,
            };
            mark::set(transaction, source).await?;
            mark::trim(transaction, source.id, window).await?;
            found
        }
        Rule::None => return Ok(SourceResult::NoRule),
    };
    Ok(SourceResult::Swept(found))
}
