//! Asks a source's context query about a batch of subjects: as the least-privileged role, read-only, with a time limit,
//! and so that one bad row fails alone.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use deadpool_postgres::Client;
use futures_util::future;
use serde_json::Value;
use tokio::time::Instant;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{Row, Statement};
use zapgres_core::error_text::presentable;

use super::complaints::Complaints;
use super::source::Source;
use crate::run::statement::Parameters;

/// Time after which a source is asked no further within a round. Other sources wait meanwhile.
const BUDGET: Duration = Duration::from_secs(5);
/// Shortest and longest time for which a source whose query was too slow is not asked.
const REST_MIN: Duration = Duration::from_secs(30);
const REST_MAX: Duration = Duration::from_secs(600);
const TOO_SLOW: &str = "the context query takes longer than 5 s";

/// `rollback to` undoes all of this, and whatever the query did, on success as after an error. Planned for the actual
/// number of subjects, the query would read all of an order table that is not very large, for each batch anew.
const ENTER: &str = "savepoint zap_context;
set local statement_timeout = '5s';
set local plan_cache_mode = force_generic_plan;
set local transaction_read_only = on;";
const ENTER_LEAST_PRIVILEGED: &str = "savepoint zap_context;
set local statement_timeout = '5s';
set local plan_cache_mode = force_generic_plan;
set local transaction_read_only = on;
set local role zap_daemon;";
const LEAVE: &str = "rollback to savepoint zap_context; release savepoint zap_context;";

/// Said, because the server can't guess it from every query.
const PARAMETER_TYPES: [Type; 1] = [Type::TEXT_ARRAY];

const CONTEXT_STATEMENT: &str = "-- context_statement
select zap.context_statement($1)";
/// Whether it could do without reading a table whole, were it never so small; with the names of schemas.
const PLAN_STATEMENT: &str = "-- plan_statement
select 'explain (verbose, format json) ' || zap.context_statement($1)";
const WITHOUT_READING_WHOLE: &str = "set local enable_seqscan = off";
const PRESENCE_STATEMENT: &str = "-- presence_statement
select zap.presence_statement($1)";

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

/// A source that was too slow.
struct Rest {
    until: Instant,
    length: Duration,
    /// Of the source's row: one that was changed may have been mended.
    version: String,
}

/// Which of intake's connections.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    #[default]
    First,
    Second,
}

/// What is remembered of each source.
#[derive(Default)]
pub(crate) struct Statements {
    /// The connection that is asked now.
    place: Place,
    /// The prepared statement by connection and source, and the version of the source's row that it was composed from.
    prepared: HashMap<(Place, i64), (String, Statement)>,
    /// Sources that were too slow: until when they are not asked, and for how long that is.
    resting: HashMap<i64, Rest>,
}

impl Statements {
    /// From here on this connection is asked.
    pub(crate) fn turn_to(&mut self, place: Place) {
        self.place = place;
    }

    /// That connection is another one now.
    pub(crate) fn forget(&mut self, place: Place) {
        self.prepared.retain(|(of, _), _| *of != place);
    }

    fn prepared(&self, source: &Source) -> Option<Statement> {
        let (version, statement) = self.prepared.get(&(self.place, source.id))?;
        (*version == source.version).then(|| statement.clone())
    }

    fn keep(&mut self, source: &Source, statement: Statement) {
        let key = (self.place, source.id);
        self.prepared
            .insert(key, (source.version.clone(), statement));
    }

    fn drop_prepared(&mut self, source: &Source) {
        self.prepared.remove(&(self.place, source.id));
    }

    fn is_resting(&self, source: &Source) -> bool {
        self.resting
            .get(&source.id)
            .is_some_and(|rest| rest.until > Instant::now() && rest.version == source.version)
    }

    /// A source that was too slow rests, longer each time: while it is asked, all others wait.
    fn note_speed(&mut self, source: &Source, too_slow: bool) {
        if !too_slow {
            self.resting.remove(&source.id);
            return;
        }
        let before = self.resting.get(&source.id);
        let length = before
            .filter(|rest| rest.version == source.version)
            .map_or(REST_MIN, |rest| (rest.length * 2).min(REST_MAX));
        let rest = Rest {
            until: Instant::now() + length,
            length,
            version: source.version.clone(),
        };
        self.resting.insert(source.id, rest);
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
        let text = presentable(&format!("{} ({})", cause.message(), cause.code().code()));
        match cause.code().code() {
            // Syntax, missing objects and columns, missing rights, features.
            code if code.starts_with("42") || code.starts_with("0A") => Self::Source(text),
            "57014" => Self::Rows(TOO_SLOW.to_owned()),
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

/// A source that is asked, within the transaction that `client` is in.
pub(crate) struct Asking<'a> {
    pub client: &'a Client,
    pub source: &'a Source,
    /// As `zap_daemon`.
    pub least_privileged: bool,
}

impl Asking<'_> {
    /// Asks about `subjects`; one answer per subject, in their order. Several events may be about the same one, which is
    /// asked about once: the query would have two rows for it.
    pub(crate) async fn ask(
        &self,
        statements: &mut Statements,
        complaints: &mut Complaints,
        subjects: &[&str],
    ) -> Result<Vec<Answer>, tokio_postgres::Error> {
        let mut places = HashMap::with_capacity(subjects.len());
        let mut different = Vec::with_capacity(subjects.len());
        for subject in subjects {
            places.entry(*subject).or_insert_with(|| {
                different.push(*subject);
                different.len() - 1
            });
        }
        let answers = self.ask_about(statements, complaints, &different).await?;
        if answers.len() == subjects.len() {
            return Ok(answers);
        }
        let answers = subjects
            .iter()
            .map(|subject| answers[places[subject]].clone());
        Ok(answers.collect())
    }

    async fn ask_about(
        &self,
        statements: &mut Statements,
        complaints: &mut Complaints,
        subjects: &[&str],
    ) -> Result<Vec<Answer>, tokio_postgres::Error> {
        let mut answers = vec![Answer::Absent; subjects.len()];
        let trouble = if statements.is_resting(self.source) {
            fail(&mut answers, TOO_SLOW);
            Some(TOO_SLOW.to_owned())
        } else {
            let trouble = self
                .ask_in_parts(statements, subjects, &mut answers)
                .await?;
            statements.note_speed(self.source, trouble.as_deref() == Some(TOO_SLOW));
            trouble
        };
        match trouble {
            Some(cause) => complaints.about_query(self.source, &cause),
            None => {
                complaints.query_works(self.source);
                for (subject, answer) in subjects.iter().zip(&answers) {
                    if let Answer::Failed(cause) = answer {
                        complaints.about_order(self.source, subject, cause);
                    }
                }
            }
        }
        Ok(answers)
    }

    /// Asks about one subject, and leaves to the caller what to say of it.
    pub(crate) async fn ask_quietly(
        &self,
        statements: &mut Statements,
        subject: &str,
    ) -> Result<Answer, tokio_postgres::Error> {
        let mut answers = [Answer::Absent];
        self.ask_in_parts(statements, &[subject], &mut answers)
            .await?;
        let [answer] = answers;
        Ok(answer)
    }

    /// Divides what fails until the faulty row stands alone. Returns what is wrong with the query as a whole.
    async fn ask_in_parts(
        &self,
        statements: &mut Statements,
        subjects: &[&str],
        answers: &mut [Answer],
    ) -> Result<Option<String>, tokio_postgres::Error> {
        let deadline = Instant::now() + BUDGET;
        let mut trouble = None;
        let whole = 0..subjects.len();
        let mut ranges = vec![whole];
        while let Some(range) = ranges.pop() {
            if Instant::now() > deadline {
                trouble = Some(TOO_SLOW.to_owned());
                fail(&mut answers[range], TOO_SLOW);
                continue;
            }
            match self.ask_at_once(statements, &subjects[range.clone()]).await {
                Ok(found) => {
                    for (answer, found) in answers[range].iter_mut().zip(found) {
                        *answer = found;
                    }
                }
                Err(Failure::Connection(error)) => return Err(error),
                Err(Failure::Rows(_)) if range.len() > 1 => {
                    let middle = range.start + range.len() / 2;
                    ranges.extend([range.start..middle, middle..range.end]);
                }
                Err(Failure::Rows(cause)) => {
                    if cause == TOO_SLOW {
                        trouble = Some(cause.clone());
                    }
                    fail(&mut answers[range], &cause);
                }
                Err(Failure::Source(cause)) => {
                    fail(answers, &cause);
                    return Ok(Some(cause));
                }
            }
        }
        Ok(trouble)
    }

    /// Those of `subjects` that still have a row in the source's table; all of them where that cannot be told. Seldom asked:
    /// not prepared for longer than it takes.
    pub(crate) async fn present(
        &self,
        subjects: &[&str],
    ) -> Result<HashSet<String>, tokio_postgres::Error> {
        let found = match self.prepare(PRESENCE_STATEMENT).await {
            Ok(statement) => self.run(&statement, subjects).await,
            Err(failure) => Err(failure),
        };
        match found {
            Ok(rows) => rows.iter().map(|row| row.try_get(0)).collect(),
            Err(Failure::Connection(error)) => Err(error),
            Err(_) => Ok(subjects
                .iter()
                .map(|subject| (*subject).to_owned())
                .collect()),
        }
    }

    /// How the server would answer about `subject` if it had to avoid reading tables whole; none: it does not say. What the
    /// transaction is set to then stays until its end.
    pub(crate) async fn plan(&self, subject: &str) -> Result<Option<Value>, tokio_postgres::Error> {
        self.client.batch_execute(WITHOUT_READING_WHOLE).await?;
        let explained = match self.prepare(PLAN_STATEMENT).await {
            Ok(statement) => self.run(&statement, &[subject]).await,
            Err(failure) => Err(failure),
        };
        match explained {
            Ok(rows) => rows.first().map_or(Ok(None), |row| row.try_get(0)),
            Err(Failure::Connection(error)) => Err(error),
            Err(_) => Ok(None),
        }
    }

    async fn ask_at_once(
        &self,
        statements: &mut Statements,
        subjects: &[&str],
    ) -> Result<Vec<Answer>, Failure> {
        if let Some(prepared) = statements.prepared(self.source) {
            match self.query(&prepared, subjects).await {
                // Prepared before a table changed, it may not be usable any more: prepared anew, it may be.
                Err(Failure::Source(_)) => statements.drop_prepared(self.source),
                answers => return answers,
            };
        }
        let prepared = self.prepare(CONTEXT_STATEMENT).await?;
        let answers = self.query(&prepared, subjects).await?;
        statements.keep(self.source, prepared);
        Ok(answers)
    }

    /// Composes and prepares the statement as the role that will run it.
    async fn prepare(&self, composing: &str) -> Result<Statement, Failure> {
        self.client.batch_execute(self.enter()).await?;
        let prepared = async {
            let row = self.client.query_one(composing, &[&self.source.id]).await?;
            let sql = row.try_get::<_, Option<String>>(0)?.unwrap_or_default();
            self.client.prepare_typed(&sql, &PARAMETER_TYPES).await
        };
        let prepared = prepared.await;
        self.client.batch_execute(LEAVE).await?;
        Ok(prepared?)
    }

    async fn query(&self, prepared: &Statement, subjects: &[&str]) -> Result<Vec<Answer>, Failure> {
        answers_in_order(&self.run(prepared, subjects).await?, subjects)
    }

    /// One round trip: what follows an error is refused by the server, up to the way out.
    async fn run(&self, prepared: &Statement, subjects: &[&str]) -> Result<Vec<Row>, Failure> {
        let parameters: Parameters<'_> = &[&subjects];
        let (entered, rows, left) = future::join3(
            self.client.batch_execute(self.enter()),
            self.client.query(prepared, parameters),
            self.client.batch_execute(LEAVE),
        )
        .await;
        left?;
        entered?;
        Ok(rows?)
    }

    fn enter(&self) -> &'static str {
        if self.least_privileged {
            ENTER_LEAST_PRIVILEGED
        } else {
            ENTER
        }
    }
}

fn fail(answers: &mut [Answer], cause: &str) {
    answers.fill(Answer::Failed(cause.to_owned()));
}

fn answers_in_order(rows: &[Row], subjects: &[&str]) -> Result<Vec<Answer>, Failure> {
    let mut found: HashMap<String, Answer> = HashMap::with_capacity(rows.len());
    for row in rows {
        let subject: Result<Option<String>, String> = column(row, "subject");
        let Some(subject) = subject.map_err(Failure::Source)? else {
            continue;
        };
        found
            .entry(subject)
            .and_modify(|answer| {
                *answer =
                    Answer::Failed("the context query has two rows for one subject".to_owned());
            })
            .or_insert_with(|| read(row).map_or_else(Answer::Failed, Answer::Found));
    }
    let answers = subjects
        .iter()
        .map(|subject| found.remove(*subject).unwrap_or(Answer::Absent));
    Ok(answers.collect())
}

fn read(row: &Row) -> Result<Context, String> {
    Ok(Context {
        tenant: column(row, "tenant")?,
        recipient: column(row, "recipient")?,
        values: column::<Option<Value>>(row, "context")?.unwrap_or_default(),
        created_at: column(row, "created_at")?,
        ready: column::<Option<bool>>(row, "ready")?.unwrap_or(true),
    })
}

/// A value of the context query; the error names the column: an infinite time, for example, has no place here.
fn column<'a, T: FromSql<'a>>(row: &'a Row, name: &str) -> Result<T, String> {
    row.try_get(name).map_err(|error| {
        let cause = std::error::Error::source(&error)
            .map_or_else(|| error.to_string(), ToString::to_string);
        format!("the context query's {name} cannot be used: {cause}")
    })
}

/// True for errors after which the transaction as a whole may be tried again at once.
pub(crate) fn is_lock_timeout(error: &tokio_postgres::Error) -> bool {
    error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE)
}
