//! Intake: captured notifications become messages, or the reason why not.

mod claim;
mod context;
mod decide;
mod missed;
mod outcome;
mod source;
mod tenant;
mod write_back;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use deadpool_postgres::{Client, Transaction};
use futures_util::future;
use tokio_postgres::IsolationLevel;

use claim::{Captured, End};
use context::Statements;
use decide::{Candidate, Composed, Decision};
use source::Source;

pub(crate) use context::MAY_BECOME_DAEMON;
pub(crate) use missed::drain;

use super::statement;

/// Rows of transactions that were slow to commit may be due a little before what was claimed last.
const FLOOR_MARGIN: TimeDelta = TimeDelta::seconds(2);

/// What a round did.
#[derive(Debug, Default)]
pub(crate) struct Round {
    /// Notifications looked at.
    pub looked_at: usize,
    /// Channels that have something new to send.
    pub channels: BTreeSet<i64>,
    /// Tenants whose messages wait for a channel.
    pub without_channel: BTreeSet<String>,
    /// Seconds until the next look is due, by the database's clock.
    pub seconds_to_next_look: Option<f64>,
}

/// Intake's memory between rounds on one connection.
pub(crate) struct Intake {
    batch: usize,
    /// Users' queries run as `zap_daemon`.
    least_privileged: bool,
    statements: Statements,
    /// From which end the next batch is taken, and above which due time; while batches come back full.
    backlog: Option<(End, DateTime<Utc>)>,
}

impl Intake {
    /// Intake in batches of `batch`.
    pub(crate) async fn new(client: &Client, batch: usize) -> Result<Self, tokio_postgres::Error> {
        let rows = statement::rows(client, MAY_BECOME_DAEMON, &[]).await?;
        let least_privileged = rows.first().map_or(Ok(false), |row| row.try_get(0))?;
        Ok(Self {
            batch,
            least_privileged,
            statements: Statements::default(),
            backlog: None,
        })
    }

    /// Looks at one batch of due notifications, in one transaction.
    pub(crate) async fn round(
        &mut self,
        client: &mut Client,
    ) -> Result<Round, tokio_postgres::Error> {
        let (end, floor) = self
            .backlog
            .take()
            .unwrap_or((End::Oldest, DateTime::UNIX_EPOCH));
        let builder = client
            .build_transaction()
            .isolation_level(IsolationLevel::ReadCommitted);
        let transaction = builder.start().await?;
        let (captured, sources) = future::try_join(
            claim::claim(&transaction, end, self.batch, floor),
            source::load_sources(&transaction),
        )
        .await?;
        let mut round = Round {
            looked_at: captured.len(),
            ..Round::default()
        };
        let decisions = match captured.is_empty() {
            true => Vec::new(),
            false => self.decide(&transaction, &captured, &sources).await?,
        };
        // In one go: what is still due is asked after the write.
        let (next_look, ()) = {
            let written = round.write(&transaction, &captured, &sources, decisions);
            let next_look = claim::seconds_to_next_look(&transaction);
            let (written, next_look) = future::join(written, next_look).await;
            (next_look?, written?)
        };
        round.seconds_to_next_look = next_look;
        transaction.commit().await?;
        if captured.len() == self.batch {
            self.backlog = Some(following(end, floor, &captured));
        }
        Ok(round)
    }

    /// True when the last batch was full, so that more is due.
    pub(crate) fn has_backlog(&self) -> bool {
        self.backlog.is_some()
    }

    /// A wake-up or the timer: look below the floor, too.
    pub(crate) fn forget_floor(&mut self) {
        self.backlog = None;
    }

    async fn decide(
        &mut self,
        transaction: &Transaction<'_>,
        captured: &[Captured],
        sources: &HashMap<i64, Source>,
    ) -> Result<Vec<Decision>, tokio_postgres::Error> {
        let considered = self.consider(transaction, captured, sources).await?;
        let composed = compose(transaction, captured, sources, considered).await?;
        let addresses: Vec<(String, String)> = composed.iter().flatten().map(address).collect();
        let opted_out = tenant::opted_out(transaction, &addresses).await?;
        let decisions = captured
            .iter()
            .zip(composed)
            .map(|(row, composed)| match composed {
                Ok(composed) => {
                    let opted_out = opted_out.contains(&address(&composed));
                    let mode =
                        source_of(row, sources).map_or(source::Mode::Off, |source| source.mode);
                    decide::conclude(composed, mode, opted_out)
                }
                Err(decision) => decision,
            });
        Ok(decisions.collect())
    }

    /// Asks each source once about its notifications.
    async fn consider(
        &mut self,
        transaction: &Transaction<'_>,
        captured: &[Captured],
        sources: &HashMap<i64, Source>,
    ) -> Result<Vec<Result<Candidate, Decision>>, tokio_postgres::Error> {
        let mut considered = Vec::with_capacity(captured.len());
        let mut asked: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
        for (position, row) in captured.iter().enumerate() {
            let source = source_of(row, sources);
            let before = decide::before_asking(row, source);
            if let (Ok(()), Some(source)) = (&before, source) {
                asked.entry(source.id).or_default().push(position);
            }
            // Overwritten by the answer.
            considered.push(before.and_then(|()| Err(Decision::skip("source_off"))));
        }
        for (source_id, positions) in asked {
            let Some(source) = sources.get(&source_id) else {
                continue;
            };
            let subjects: Vec<&str> = positions
                .iter()
                .map(|position| captured[*position].subject.as_str())
                .collect();
            let statements = &mut self.statements;
            let answers = context::ask(
                transaction,
                statements,
                source,
                &subjects,
                self.least_privileged,
            )
            .await?;
            for (position, answer) in positions.into_iter().zip(answers) {
                considered[position] = decide::consider(&captured[position], source, answer);
            }
        }
        Ok(considered)
    }
}

impl Round {
    async fn write(
        &mut self,
        transaction: &Transaction<'_>,
        captured: &[Captured],
        sources: &HashMap<i64, Source>,
        decisions: Vec<Decision>,
    ) -> Result<(), tokio_postgres::Error> {
        let mut rows = Vec::with_capacity(captured.len());
        let mut logs = Vec::with_capacity(2 * captured.len());
        for (row, decision) in captured.iter().zip(decisions) {
            if let Decision::Send {
                message,
                channel_id,
            } = &decision
            {
                self.channels.extend(channel_id);
                if channel_id.is_none() {
                    self.without_channel.extend(message.tenant_id.clone());
                }
            }
            let (written, log) = outcome::record(row, source_of(row, sources), decision);
            rows.push(written);
            logs.extend(log);
        }
        if rows.is_empty() {
            return Ok(());
        }
        write_back::write_back(transaction, &rows, &logs).await
    }
}

async fn compose(
    transaction: &Transaction<'_>,
    captured: &[Captured],
    sources: &HashMap<i64, Source>,
    considered: Vec<Result<Candidate, Decision>>,
) -> Result<Vec<Result<Composed, Decision>>, tokio_postgres::Error> {
    let mut wanted: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut events = BTreeSet::new();
    for (row, considered) in captured.iter().zip(&considered) {
        if let Ok(candidate) = considered {
            events.insert(row.event.as_str());
            let name = wanted.entry(candidate.tenant_id.clone()).or_default();
            if name.is_none() {
                *name = candidate.company_name().map(str::to_owned);
            }
        }
    }
    let companies = match wanted.is_empty() {
        true => tenant::Companies::default(),
        false => tenant::load(transaction, &wanted, &events).await?,
    };
    let composed = captured.iter().zip(considered).map(|(row, considered)| {
        let source = source_of(row, sources);
        let source = source.ok_or_else(|| Decision::skip("source_off"));
        considered.and_then(|candidate| decide::compose(row, source?, candidate, &companies))
    });
    Ok(composed.collect())
}

fn address(composed: &Composed) -> (String, String) {
    (
        composed.tenant_id.clone(),
        composed.phone.as_e164().to_owned(),
    )
}

fn source_of<'a>(row: &Captured, sources: &'a HashMap<i64, Source>) -> Option<&'a Source> {
    row.source_id.and_then(|id| sources.get(&id))
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
