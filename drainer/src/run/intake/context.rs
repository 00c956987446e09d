//! Asks a source's context query about a batch of subjects: as the least-privileged role, read-only, with a time limit,
//! and so that one bad row fails alone.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use deadpool_postgres::Transaction;
use futures_util::future;
use serde_json::Value;
use tokio::time::Instant;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use zapgres_core::phone;

use super::source::Source;
use crate::run::statement;

/// Time that one source may take within a round, its retries for single rows included. Other sources wait meanwhile.
const BUDGET: Duration = Duration::from_secs(10);

/// `rollback to` undoes all of this, and whatever the query did, on success as after an error.
const ENTER: &str = "savepoint zap_context;
set local statement_timeout = '5s';
set local transaction_read_only = on;";
const BECOME_LEAST_PRIVILEGED: &str = "set local role zap_daemon;";
const LEAVE: &str = "rollback to savepoint zap_context; release savepoint zap_context;";

/// Said, because the server can't guess it from every query.
const PARAMETER_TYPES: [Type; 1] = [Type::TEXT_ARRAY];

const CONTEXT_STATEMENT: &str = "-- context_statement
select zap.context_statement($1)";

/// Whether the session is to switch to the daemon's role for queries that users write.
pub(crate) const MAY_BECOME_DAEMON: &str = "-- may_become_daemon
select exists (
    select from pg_catalog.pg_roles as r
    where r.rolname = 'zap_daemon'
        and r.rolname <> current_user
        and pg_catalog.pg_has_role(current_user, r.oid, 'member')
)";

/// What the context query says about one subject.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Context {
    /// The company; none: the database has no companies.
    pub tenant: Option<String>,
    /// Address as the user's tables have it.
    pub recipient: Option<String>,
    /// Values for the template.
    pub values: Value,
    /// When the order was created, where a column tells.
    pub created_at: Option<DateTime<Utc>>,
    /// Whether the source's `ready_when` holds.
    pub ready: bool,
}

/// What became of the question about one subject.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    Found(Context),
    /// No row: not visible yet, or gone.
    Absent,
    /// Why there is no usable row; numbers masked.
    Failed(String),
}

/// What is remembered of each source.
#[derive(Debug, Default)]
pub(crate) struct Statements {
    /// The composed statement, and the version of the source's row that it was composed from.
    composed: HashMap<i64, (String, String)>,
    /// What was last logged as wrong with it.
    said: HashMap<i64, String>,
}

impl Statements {
    fn complain(&mut self, source: &Source, cause: &str) {
        if self.said.get(&source.id).is_none_or(|said| said != cause) {
            tracing::error!(
                source_id = source.id,
                relation = source.relation,
                cause,
                "the context query does not work; its orders wait"
            );
            self.said.insert(source.id, cause.to_owned());
        }
    }
}

/// A failure of the query itself, or of the connection.
enum Failure {
    /// Concerns these subjects only, or can't be told apart.
    Rows(String),
    /// Every subject of the source would fail.
    Source(String),
    Connection(tokio_postgres::Error),
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(cause) = error.as_db_error() else {
            return unreadable(error);
        };
        let text = phone::mask(&format!("{} ({})", cause.message(), cause.code().code()));
        match cause.code().code() {
            // Syntax, missing objects and columns, missing rights, features.
            code if code.starts_with("42") || code.starts_with("0A") => Self::Source(text),
            code if code.starts_with("57P") || code.starts_with("08") => Self::Connection(error),
            _ => Self::Rows(text),
        }
    }
}

/// A value that does not fit its Rust type fails like a row; anything else is the connection.
fn unreadable(error: tokio_postgres::Error) -> Failure {
    if error.is_closed()
        || std::error::Error::source(&error).is_some_and(|cause| cause.is::<std::io::Error>())
    {
        return Failure::Connection(error);
    }
    Failure::Rows(error.to_string())
}

/// Asks about `subjects` of `source`; one answer per subject, in their order.
pub(crate) async fn ask(
    transaction: &Transaction<'_>,
    statements: &mut Statements,
    source: &Source,
    subjects: &[&str],
    least_privileged: bool,
) -> Result<Vec<Answer>, tokio_postgres::Error> {
    let deadline = Instant::now() + BUDGET;
    let mut answers = vec![Answer::Absent; subjects.len()];
    let mut ranges = vec![0..subjects.len()];
    while let Some(range) = ranges.pop() {
        if Instant::now() > deadline {
            fail(&mut answers[range], "the context query takes too long");
            continue;
        }
        let part = &subjects[range.clone()];
        let asked = ask_at_once(transaction, statements, source, part, least_privileged).await;
        transaction.batch_execute(LEAVE).await?;
        match asked {
            Ok(found) => {
                statements.said.remove(&source.id);
                answers[range].clone_from_slice(&found);
            }
            Err(Failure::Connection(error)) => return Err(error),
            Err(Failure::Rows(_)) if range.len() > 1 => {
                let middle = range.start + range.len() / 2;
                ranges.extend([range.start..middle, middle..range.end]);
            }
            Err(Failure::Source(cause)) => {
                statements.composed.remove(&source.id);
                statements.complain(source, &cause);
                fail(&mut answers, &cause);
                break;
            }
            Err(Failure::Rows(cause)) => fail(&mut answers[range], &cause),
        }
    }
    Ok(answers)
}

fn fail(answers: &mut [Answer], cause: &str) {
    answers.fill(Answer::Failed(cause.to_owned()));
}

async fn ask_at_once(
    transaction: &Transaction<'_>,
    statements: &mut Statements,
    source: &Source,
    subjects: &[&str],
    least_privileged: bool,
) -> Result<Vec<Answer>, Failure> {
    let enter = format!(
        "{ENTER}{}",
        if least_privileged {
            BECOME_LEAST_PRIVILEGED
        } else {
            ""
        }
    );
    let asked = async {
        let sql = statement_of(transaction, statements, source).await?;
        let prepared = transaction
            .prepare_typed_cached(&sql, &PARAMETER_TYPES)
            .await?;
        let rows = transaction.query(&prepared, &[&subjects]).await;
        if rows.is_err() {
            // A statement prepared before a table changed may not be usable again.
            transaction.statement_cache.remove(&sql, &PARAMETER_TYPES);
        }
        Ok::<_, Failure>(rows?)
    };
    // In one go: after an error in the first, the server refuses the second.
    let (entered, rows) = future::join(transaction.batch_execute(&enter), asked).await;
    entered?;
    answers_in_order(&rows?, subjects)
}

async fn statement_of(
    transaction: &Transaction<'_>,
    statements: &mut Statements,
    source: &Source,
) -> Result<String, tokio_postgres::Error> {
    if let Some((version, sql)) = statements.composed.get(&source.id)
        && *version == source.version
    {
        return Ok(sql.clone());
    }
    let rows = statement::rows(transaction, CONTEXT_STATEMENT, &[&source.id]).await?;
    let sql = rows
        .first()
        .map_or(Ok(String::new()), |row| row.try_get::<_, String>(0))?;
    statements
        .composed
        .insert(source.id, (source.version.clone(), sql.clone()));
    Ok(sql)
}

fn answers_in_order(rows: &[Row], subjects: &[&str]) -> Result<Vec<Answer>, Failure> {
    let mut found: HashMap<String, Answer> = HashMap::with_capacity(rows.len());
    for row in rows {
        let (subject, context) = read(row).map_err(|error| Failure::Source(error.to_string()))?;
        let Some(subject) = subject else { continue };
        found
            .entry(subject)
            .and_modify(|answer| {
                *answer =
                    Answer::Failed("the context query has two rows for one subject".to_owned());
            })
            .or_insert(Answer::Found(context));
    }
    let answers = subjects
        .iter()
        .map(|subject| found.remove(*subject).unwrap_or(Answer::Absent));
    Ok(answers.collect())
}

fn read(row: &Row) -> Result<(Option<String>, Context), tokio_postgres::Error> {
    let context = Context {
        tenant: row.try_get("tenant")?,
        recipient: row.try_get("recipient")?,
        values: row
            .try_get::<_, Option<Value>>("context")?
            .unwrap_or_default(),
        created_at: row.try_get("created_at")?,
        ready: row.try_get::<_, Option<bool>>("ready")?.unwrap_or(true),
    };
    Ok((row.try_get("subject")?, context))
}

/// True for errors after which the transaction as a whole may be tried again at once.
pub(crate) fn is_lock_timeout(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE)
}
