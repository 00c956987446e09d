//! A batch of captured notifications on its way to decisions.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use deadpool_postgres::Client;
use futures_util::future;
use zapgres_core::template::Renderer;

use super::claim::Captured;
use super::complaints::Complaints;
use super::context::{self, Answer, Statements};
use super::decide::{self, Candidate, Decision};
use super::hours;
use super::mode::Modes;
use super::others::Other;
use super::presence;
use super::rules::{self, Rules};
use super::source::{Mode, Source};
use super::tenant::{self, Companies, TextKey};
use super::twins;

/// What was claimed, and the sources that captured it.
pub(crate) struct Batch {
    pub captured: Vec<Captured>,
    pub sources: HashMap<i64, Source>,
    pub modes: Modes,
}

impl Batch {
    /// The source of a notification, unless it is gone.
    pub(crate) fn source_of(&self, row: &Captured) -> Option<&Source> {
        row.source_id.and_then(|id| self.sources.get(&id))
    }

    /// One decision per notification, in their order; and who else is to be told.
    pub(crate) async fn decide(
        &self,
        client: &Client,
        statements: &mut Statements,
        complaints: &mut Complaints,
        least_privileged: bool,
    ) -> Result<(Vec<Decision>, Vec<Other>), tokio_postgres::Error> {
        let mut considered = self
            .consider(client, statements, complaints, least_privileged)
            .await?;
        twins::apply(client, self, &mut considered).await?;
        let (companies, rules) = self.companies(client, &considered, complaints).await?;
        let others = self.others(&considered);
        let mut renderer = Renderer::default();
        let decisions = self
            .captured
            .iter()
            .zip(considered)
            .map(|(row, considered)| {
                let conclude = |candidate: Candidate| {
                    let source = self
                        .source_of(row)
                        .ok_or_else(|| Decision::skip("source_off"))?;
                    let tenant_id = candidate.tenant_id.clone();
                    let mode = self
                        .modes
                        .before_composing(source, &tenant_id, &row.event)?;
                    let audience = candidate.audience.name.clone();
                    let composed =
                        decide::compose(row, source, candidate, &companies, &mut renderer);
                    tell(row, tenant_id, &audience, &composed, &companies, complaints);
                    Ok((composed?, mode))
                };
                let composed: Result<(_, Mode), Decision> = considered.and_then(conclude);
                match composed {
                    Ok((composed, mode)) => decide::conclude(composed, mode),
                    Err(decision) => decision,
                }
            });
        let mut decisions: Vec<Decision> = decisions.collect();
        hours::apply(client, self, &rules, &mut decisions).await?;
        Ok((decisions, others))
    }

    /// Whom to tell beside those that the notifications are for.
    fn others(&self, considered: &[Result<Candidate, Decision>]) -> Vec<Other> {
        let of_row = |(row, considered): (&Captured, &Result<Candidate, Decision>)| {
            let candidate = considered.as_ref().ok()?;
            Some(Other::of(row, candidate).collect::<Vec<_>>())
        };
        let others = self.captured.iter().zip(considered).filter_map(of_row);
        others.flatten().collect()
    }

    /// Asks each source once about its notifications.
    async fn consider(
        &self,
        client: &Client,
        statements: &mut Statements,
        complaints: &mut Complaints,
        least_privileged: bool,
    ) -> Result<Vec<Result<Candidate, Decision>>, tokio_postgres::Error> {
        let mut considered = Vec::with_capacity(self.captured.len());
        let mut asked: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
        for (position, row) in self.captured.iter().enumerate() {
            let source = self.source_of(row);
            let before = decide::before_asking(row, source)
                .and_then(|()| self.modes.before_asking(&row.event));
            if let (Ok(()), Some(source), None) = (&before, source, &row.told.context) {
                asked.entry(source.id).or_default().push(position);
            }
            considered.push(before.and_then(|()| match (source, row.told_context()) {
                (Some(source), Some(context)) => {
                    decide::consider(row, source, Answer::Found(context))
                }
                // Overwritten by the answer.
                _ => Err(Decision::skip("source_off")),
            }));
        }
        for (source_id, positions) in asked {
            let Some(source) = self.sources.get(&source_id) else {
                continue;
            };
            let subjects: Vec<&str> = positions
                .iter()
                .map(|position| self.captured[*position].subject.as_str())
                .collect();
            let asking = context::Asking {
                client,
                source,
                least_privileged,
            };
            let mut answers = asking.ask(statements, complaints, &subjects).await?;
            let rows = positions.iter().map(|position| &self.captured[*position]);
            presence::distinguish(&asking, complaints, rows, &mut answers).await?;
            for (position, answer) in positions.into_iter().zip(answers) {
                considered[position] = decide::consider(&self.captured[position], source, answer);
            }
        }
        Ok(considered)
    }

    /// Loads the companies of the candidates, and the rules of those that have any.
    async fn companies(
        &self,
        client: &Client,
        considered: &[Result<Candidate, Decision>],
        complaints: &mut Complaints,
    ) -> Result<(Companies, HashMap<String, Rules>), tokio_postgres::Error> {
        let mut wanted = BTreeSet::new();
        let mut events = BTreeSet::new();
        for (row, considered) in self.captured.iter().zip(considered) {
            if let Ok(candidate) = considered {
                events.insert(row.event.as_str());
                wanted.insert(candidate.tenant_id.as_str());
            }
        }
        if wanted.is_empty() {
            return Ok((Companies::default(), HashMap::new()));
        }
        // In this order: creating a company asks again.
        future::try_join(
            rules::load(client, &wanted, complaints),
            tenant::load(client, &wanted, &events),
        )
        .await
        .map(|(rules, companies)| (companies, rules))
    }
}

/// Logs a text that does not work, once.
fn tell(
    row: &Captured,
    tenant_id: String,
    audience: &str,
    composed: &Result<decide::Composed, Decision>,
    companies: &Companies,
    complaints: &mut Complaints,
) {
    let Some(tenant) = companies.tenants.get(&tenant_id) else {
        return;
    };
    let key = TextKey {
        tenant: Some(tenant_id),
        event: row.event.clone(),
        audience: audience.to_owned(),
        locale: tenant.locale.clone(),
    };
    let body = decide::text(&key, companies).map_or("", |(body, _)| body);
    match composed {
        Ok(_) => complaints.text_works(&key, body),
        Err(
            Decision::Again {
                reason: decide::TEMPLATE_ERROR,
                error: Some(cause),
                ..
            }
            | Decision::Expire {
                reason: decide::TEMPLATE_ERROR,
                error: Some(cause),
            },
        ) => complaints.about_text(key, body, cause),
        Err(_) => {}
    }
}
