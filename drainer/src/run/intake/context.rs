//! Asks a source's context query about a batch of subjects: as the least-privileged role, read-only, with a time limit,
//! and so that one bad row fails alone.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use deadpool_postgres::Client;
use futures_util::future;
use serde_json::Value;
use tokio::time::Instant;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use tokio_postgres::{Row, Statement};
use zapgres_core::phone;

use super::source::Source;
use crate::run::statement::Parameters;

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

/// What is remembered of each source, for one connection.
#[derive(Default)]
pub(crate) struct Statements {
    /// The prepared statement, and the version of the source's row that it was composed from.
    prepared: HashMap<i64, (String, Statement)>,
    /// What was last logged as wrong with it.
    said: HashMap<i64, String>,
}

impl Statements {
    fn prepared(&self, source: &Source) -> Option<Statement> {
        let (version, statement) = self.prepared.get(&source.id)?;
        (*version == source.version).then(|| statement.clone())
    }

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

/// Asks about `subjects` of `source`, within the transaction that `client` is in; one answer per subject, in their
/// order.
pub(crate) async fn ask(
    client: &Client,
    statements: &mut Statements,
    source: &Source,
    subjects: &[&str],
    least_privileged: bool,
) -> Result<Vec<Answer>, tokio_postgres::Error> {
    let enter = format!(
        "{ENTER}{}",
        if least_privileged {
            BECOME_LEAST_PRIVILEGED
        } else {
            ""
        }
    );
    let deadline = Instant::now() + BUDGET;
    let mut answers = vec![Answer::Absent; subjects.len()];
    let whole = 0..subjects.len();
    let mut ranges = vec![whole];
    while let Some(range) = ranges.pop() {
        if Instant::now() > deadline {
            fail(&mut answers[range], "the context query takes too long");
            continue;
        }
        match ask_at_once(client, statements, source, &subjects[range.clone()], &enter).await {
            Ok(found) => {
                statements.said.remove(&source.id);
                answers[range].clone_from_slice(&found);
            }
            Err(Failure::Connection(error)) => return Err(error),
            Err(Failure::Rows(_)) if range.len() > 1 => {
                let middle = range.start + range.len() / 2;
                ranges.extend([range.start..middle, middle..range.end]);
            }
            Err(Failure::Rows(cause)) => fail(&mut answers[range], &cause),
            Err(Failure::Source(cause)) => {
                statements.complain(source, &cause);
                fail(&mut answers, &cause);
                break;
            }
        }
    }
    Ok(answers)
}

fn fail(answers: &mut [Answer], cause: &str) {
    answers.fill(Answer::Failed(cause.to_owned()));
}

async fn ask_at_once(
    client: &Client,
    statements: &mut Statements,
    source: &Source,
    subjects: &[&str],
    enter: &str,
) -> Result<Vec<Answer>, Failure> {
    if let Some(prepared) = statements.prepared(source) {
        match query(client, &prepared, subjects, enter).await {
            // Prepared before a table changed, it may not be usable any more: prepared anew, it may be.
            Err(Failure::Source(_)) => statements.prepared.remove(&source.id),
            answers => return answers,
        };
    }
    let prepared = prepare(client, source, enter).await?;
    let answers = query(client, &prepared, subjects, enter).await?;
    statements
        .prepared
        .insert(source.id, (source.version.clone(), prepared));
    Ok(answers)
}

/// Composes and prepares the statement as the role that will run it.
async fn prepare(client: &Client, source: &Source, enter: &str) -> Result<Statement, Failure> {
    client.batch_execute(enter).await?;
    let prepared = async {
        let row = client.query_one(CONTEXT_STATEMENT, &[&source.id]).await?;
        let sql = row.try_get::<_, Option<String>>(0)?.unwrap_or_default();
        client.prepare_typed(&sql, &PARAMETER_TYPES).await
    };
    let prepared = prepared.await;
    client.batch_execute(LEAVE).await?;
    Ok(prepared?)
}

/// One round trip: what follows an error is refused by the server, up to the way out.
async fn query(
    client: &Client,
    prepared: &Statement,
    subjects: &[&str],
    enter: &str,
) -> Result<Vec<Answer>, Failure> {
    let parameters: Parameters<'_> = &[&subjects];
    let (entered, rows, left) = future::join3(
        client.batch_execute(enter),
        client.query(prepared, parameters),
        client.batch_execute(LEAVE),
    )
    .await;
    left?;
    entered?;
    answers_in_order(&rows?, subjects)
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
