//! Intake: captured notifications become messages, or the reason why not.

mod apart;
mod audience;
mod batch;
mod caps;
mod claim;
mod complaints;
mod context;
mod decide;
mod hours;
mod missed;
mod mode;
mod others;
mod outcome;
mod presence;
mod probe;
mod rules;
mod source;
mod supersede;
mod tenant;
mod twins;
mod write_back;

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use deadpool_postgres::Client;
use futures_util::future;

use batch::Batch;
use claim::{Captured, End};
use complaints::Complaints;
use context::{Place, Statements};
use decide::Decision;
use others::Other;

pub(crate) use context::MAY_BECOME_DAEMON;
pub(crate) use missed::Missed;
pub(crate) use probe::{Probe, probe};

use super::encoding;
use super::lane::Ready;
use super::opted_out::{SKIP_OPTED_OUT, skip_opted_out};
use super::statement;

/// Rows of transactions that were slow to commit may be due a little before what was claimed last.
const FLOOR_MARGIN: TimeDelta = TimeDelta::seconds(2);

/// A look that a crash undoes is repeated. What is marked as `processing` is durable, and with it every look before it:
/// the log is flushed in order. So a look need not wait for the disk.
const BEGIN: &str = "begin; set local synchronous_commit = off";

/// What a round did.
#[derive(Debug, Default)]
pub(crate) struct Round {
    /// Notifications looked at.
    pub looked_at: usize,
    /// What may be sent now, by channel.
    pub ready: HashMap<i64, Vec<Ready>>,
    /// Tenants whose messages wait for a channel.
    pub without_channel: BTreeSet<String>,
    /// Seconds until the next look is due, by the database's clock.
    pub seconds_to_next_look: Option<f64>,
}

/// How decisions are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writing {
    /// In one statement, sent together with the commit.
    Together,
    /// So that what the server refuses fails alone.
    Apart,
}

/// A batch in an open transaction.
struct Decided {
    batch: Batch,
    decisions: Vec<Decision>,
    others: Vec<Other>,
    writing: Writing,
}

/// Intake's memory between rounds.
pub(crate) struct Intake {
    batch: usize,
    /// Users' queries run as `zap_daemon`.
    least_privileged: bool,
    /// Texts may have to do without what the database's encoding does not have.
    western_only: bool,
    statements: Statements,
    complaints: Complaints,
    /// From which end the next batch is taken, and above which due time; while batches come back full.
    backlog: Option<(End, DateTime<Utc>)>,
}

impl Intake {
    /// Intake in batches of `batch`, on this connection.
    pub(crate) async fn new(client: &Client, batch: usize) -> Result<Self, tokio_postgres::Error> {
        let rows = statement::rows(client, MAY_BECOME_DAEMON, &[]).await?;
        let least_privileged = rows.first().map_or(Ok(false), |row| row.try_get(0))?;
        let western_only = encoding::is_western_only(client).await?;
        prepare(client).await?;
        Ok(Self {
            batch,
            least_privileged,
            western_only,
            statements: Statements::default(),
            complaints: Complaints::default(),
            backlog: None,
        })
    }

    /// Looks at one batch of due notifications, in one transaction.
    pub(crate) async fn round(&mut self, client: &Client) -> Result<Round, tokio_postgres::Error> {
        self.statements.turn_to(Place::First);
        match self.transact(client, Writing::Together).await {
            Err(error) if error.as_db_error().is_some() && !client.is_closed() => {
                self.transact(client, Writing::Apart).await
            }
            round => round,
        }
    }

    /// Looks at one batch after the other while they come back full: at the next one already while the last one is
    /// written, by a second connection, so that neither the server nor this process waits for the other. `after` is told of
    /// each round, and says whether to go on.
    pub(crate) async fn work_off(
        &mut self,
        clients: [&Client; 2],
        mut after: impl FnMut(Round) -> bool,
    ) -> Result<(), tokio_postgres::Error> {
        prepare(clients[1]).await?;
        self.statements.forget(Place::Second);
        let mut places = [(clients[0], Place::First), (clients[1], Place::Second)];
        self.statements.turn_to(Place::First);
        let mut current = self.begin(clients[0], Writing::Together).await;
        let mut goes_on = true;
        while let Ok(decided) = current {
            let [(client, _), (next_client, next_place)] = places;
            let next = async {
                if !goes_on || !self.has_backlog() {
                    return None;
                }
                self.statements.turn_to(next_place);
                Some(self.begin(next_client, Writing::Together).await)
            };
            let (finished, next) = future::join(finish(client, decided), next).await;
            match finished {
                Ok(round) => goes_on = after(round),
                Err(error) => {
                    if let Some(Ok(_)) = next {
                        next_client.batch_execute("rollback").await.ok();
                    }
                    current = Err(error);
                    break;
                }
            }
            let Some(next) = next else { return Ok(()) };
            current = next;
            places.reverse();
        }
        // The next round begins from the oldest, and writes apart what the server refuses.
        self.backlog = None;
        match current {
            Err(error) if error.as_db_error().is_none() => Err(error),
            _ => Ok(()),
        }
    }

    /// Five round trips: what does not need an answer in between is sent together.
    async fn transact(
        &mut self,
        client: &Client,
        writing: Writing,
    ) -> Result<Round, tokio_postgres::Error> {
        let decided = self.begin(client, writing).await?;
        finish(client, decided).await
    }

    /// Decides about the next batch, in a transaction that stays open; without an error.
    async fn begin(
        &mut self,
        client: &Client,
        writing: Writing,
    ) -> Result<Decided, tokio_postgres::Error> {
        let (end, floor) = self
            .backlog
            .take()
            .unwrap_or((End::Oldest, DateTime::UNIX_EPOCH));
        let decided = self.decide(client, end, floor, writing).await;
        match &decided {
            Ok(decided) => {
                let captured = &decided.batch.captured;
                if captured.len() == self.batch {
                    self.backlog = Some(following(end, floor, captured));
                }
            }
            Err(_) => {
                // Fails only with the connection, which is what the caller is told.
                client.batch_execute("rollback").await.ok();
            }
        }
        decided
    }

    /// Begins a transaction, claims a batch and decides; apart, writes the decisions too, and who else is told.
    async fn decide(
        &mut self,
        client: &Client,
        end: End,
        floor: DateTime<Utc>,
        writing: Writing,
    ) -> Result<Decided, tokio_postgres::Error> {
        let (begun, captured, sources, audiences, modes) = future::join5(
            client.batch_execute(BEGIN),
            claim::claim(client, end, self.batch, floor),
            source::load_sources(client),
            audience::load(client),
            mode::load(client),
        )
        .await;
        begun?;
        let batch = Batch {
            captured: captured?,
            sources: source::with_audiences(sources?, audiences?),
            modes: modes?,
        };
        let (mut decisions, mut others) = batch
            .decide(
                client,
                &mut self.statements,
                &mut self.complaints,
                self.least_privileged,
            )
            .await?;
        if self.western_only {
            decisions.iter_mut().for_each(make_western);
        }
        if writing == Writing::Apart {
            let complaints = &mut self.complaints;
            apart::write(client, &batch, &mut decisions, &mut others, complaints).await?;
            others.clear();
        }
        Ok(Decided {
            batch,
            decisions,
            others,
            writing,
        })
    }

    /// True when the last batch was full, so that more is due.
    pub(crate) fn has_backlog(&self) -> bool {
        self.backlog.is_some()
    }

    /// A wake-up or the timer: look below the floor, too.
    pub(crate) fn forget_floor(&mut self) {
        self.backlog = None;
    }
}

/// What is prepared is sent at once, so that statements sent together arrive in their order.
async fn prepare(client: &Client) -> Result<(), tokio_postgres::Error> {
    for sql in [
        claim::CLAIM_OLDEST,
        claim::CLAIM_NEWEST,
        claim::NEXT_LOOK,
        source::LOAD_SOURCES,
        audience::LOAD_AUDIENCES,
        mode::LOAD_MODES,
        rules::LOAD_RULES,
        others::TELL_OTHERS,
        supersede::SKIP_SUPERSEDED,
        write_back::WRITE_BACK,
        SKIP_OPTED_OUT,
    ] {
        client.prepare_cached(sql).await?;
    }
    Ok(())
}

/// Writes the decisions, if they are not written yet, and commits. Ends the transaction in any case.
async fn finish(client: &Client, decided: Decided) -> Result<Round, tokio_postgres::Error> {
    let Decided {
        batch,
        decisions,
        others,
        writing,
    } = decided;
    let mut round = Round {
        looked_at: batch.captured.len(),
        ..Round::default()
    };
    let mut rows = Vec::with_capacity(decisions.len());
    let mut logs = Vec::with_capacity(2 * decisions.len());
    let mut messages = Vec::with_capacity(decisions.len());
    let mut superseding = Vec::new();
    for (row, decision) in batch.captured.iter().zip(decisions) {
        if matches!(decision, Decision::Send { .. }) {
            messages.push(row.id);
            if batch.source_of(row).is_some_and(|source| source.supersedes) {
                superseding.push(row.id);
            }
        }
        round.note(row, &decision);
        let (written, log) = outcome::record(row, batch.source_of(row), decision);
        rows.push(written);
        logs.extend(log);
    }
    let write = async {
        if rows.is_empty() || writing == Writing::Apart {
            Ok(())
        } else {
            write_back::write_back(client, &rows, &logs).await
        }
    };
    let skip = async {
        if messages.is_empty() {
            Ok(Vec::new())
        } else {
            skip_opted_out(client, &messages).await
        }
    };
    // After an error in one, the server refuses the others: commit means roll back then.
    let (written, told, superseded, skipped, next_look, committed) = tokio::join!(
        biased;
        write,
        others::tell(client, &others),
        supersede::skip_superseded(client, &superseding),
        skip,
        claim::seconds_to_next_look(client),
        client.batch_execute("commit"),
    );
    written?;
    told?;
    let mut skipped = skipped?;
    skipped.extend(superseded?);
    committed?;
    for ready in round.ready.values_mut() {
        ready.retain(|row| !skipped.contains(&row.id));
    }
    round.seconds_to_next_look = next_look?;
    Ok(round)
}

impl Round {
    fn note(&mut self, row: &Captured, decision: &Decision) {
        let Decision::Send {
            message, channel, ..
        } = decision
        else {
            return;
        };
        let Some(channel) = channel else {
            self.without_channel.extend(message.tenant_id.clone());
            return;
        };
        let ready = self.ready.entry(channel.channel_id).or_default();
        let due = message.held.map_or(row.due(), |held| held.until);
        if due <= row.now {
            let recipient = message.recipient.clone().unwrap_or_default();
            ready.push(Ready {
                id: row.id,
                priority: row.priority,
                unanswered: false,
                attempts: 0,
                recipient,
                subject: row.subject.clone(),
                next_attempt_at: due,
                delay: row.delay,
            });
        }
    }
}

/// Where the batch after a full one is taken from.
fn following(end: End, floor: DateTime<Utc>, captured: &[Captured]) -> (End, DateTime<Utc>) {
    match end {
        End::Oldest => {
            let last = captured.iter().map(|row| row.next_attempt_at).max();
            (
                End::Newest,
                last.map_or(floor, |last| last - FLOOR_MARGIN).max(floor),
            )
        }
        End::Newest => (End::Oldest, floor),
    }
}

/// Makes a message's text one that a database with Western European characters can store.
fn make_western(decision: &mut Decision) {
    if let Decision::Send { message, .. } | Decision::Skip { message, .. } = decision {
        message.body = message.body.as_deref().map(encoding::western);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A large import delays nobody: while there is a backlog, the newest take turns with the oldest.
    #[test]
    fn the_ends_of_a_backlog_take_turns() {
        let floor = DateTime::UNIX_EPOCH;
        let (end, floor) = following(End::Oldest, floor, &[]);
        assert_eq!(end, End::Newest);
        assert_eq!(following(end, floor, &[]).0, End::Oldest);
    }
}
