//! Asks each source's context query about its newest order, as the daemon does.

use std::collections::HashMap;
use std::time::Duration;

use deadpool_postgres::{Client, GenericClient};
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use zapgres_core::error_text::presentable;

use super::finding::{Finding, Severity};
use super::plan;
use super::sources::AREA;
use crate::config::Config;
use crate::database::{self, DatabaseError};
use crate::run::{MAY_BECOME_DAEMON, Probe, probe};
use crate::sweep::{quote, subject};

/// A query that takes so long for one order will not keep up with many.
const SLOW: Duration = Duration::from_secs(1);

const SOURCES: &str = "-- sources
select
    s.id, s.relation, s.event, s.events, s.key_columns::text [] as key_columns, s.order_relation,
    s.order_key::text [] as order_key, s.key_types, s.created_column::text as created_column,
    s.context_query is not null as has_context_query
from zap.source as s
where s.detached_at is null and s.mode <> 'off' and s.captures <> 'notify'
order by s.id";

/// Whose rights say nothing of the daemon's.
const IS_STRANGER: &str = "-- is_stranger
select exists (
    select from pg_catalog.pg_roles as r
    where r.rolname = 'zap_daemon' and not pg_catalog.pg_has_role(current_user, r.oid, 'member')
)";

/// A source, as far as it is asked.
struct Source {
    id: i64,
    relation: String,
    own_event: String,
    events: Vec<String>,
    has_context_query: bool,
    newest: String,
}

/// What the queries said.
#[derive(Debug, Default)]
pub struct Asked {
    /// What is wrong with them.
    pub findings: Vec<Finding>,
    /// The values of an order of each event that has one.
    pub samples: HashMap<String, Value>,
}

/// Asks every attached source that is not off.
pub async fn ask(config: &Config) -> Result<Asked, DatabaseError> {
    let pool = database::connect_pool(config).await?;
    let client = pool
        .get()
        .await
        .map_err(|error| DatabaseError::from_pool(error, &config.database.url))?;
    let mut asked = Asked::default();
    if client.query_one(IS_STRANGER, &[]).await?.get(0) {
        let what = "context queries are not tried: only as a member of zap_daemon they run as the daemon runs them";
        asked.findings.push(Finding::info(AREA, what));
        return Ok(asked);
    }
    for row in client.query(SOURCES, &[]).await? {
        let source = Source::from_row(&row)?;
        asked.about(&client, &source).await?;
    }
    Ok(asked)
}

impl Asked {
    async fn about(&mut self, client: &Client, source: &Source) -> Result<(), DatabaseError> {
        if !source.has_context_query {
            let what = format!("{} has no context query: its orders wait", source.relation);
            self.findings
                .push(Finding::error(AREA, what, source.remedy()));
            return Ok(());
        }
        let subject = match newest(client, source).await {
            Ok(Some(subject)) => subject,
            Ok(None) => {
                let what = format!(
                    "{} has no order yet to try its context query with",
                    source.relation
                );
                self.findings.push(Finding::info(AREA, what));
                return Ok(());
            }
            Err(error) => {
                self.findings.push(unread(source, &error));
                return Ok(());
            }
        };
        if let Some(probe) = probe(client, source.id, &subject).await? {
            self.findings.push(judge(source, &subject, &probe));
            if let Probe::Found { values, plan, .. } = probe {
                if let Some(plan) = plan {
                    let query = source.query();
                    self.findings
                        .extend(plan::findings(client, &query, &plan).await?);
                }
                let events = source.events.iter().cloned();
                self.samples
                    .extend(events.map(|event| (event, values.clone())));
            }
        }
        Ok(())
    }
}

/// The newest order that has an item, read with the daemon's rights; where nothing tells which one is the newest, any.
async fn newest(client: &Client, source: &Source) -> Result<Option<String>, tokio_postgres::Error> {
    let least_privileged: bool = client.query_one(MAY_BECOME_DAEMON, &[]).await?.try_get(0)?;
    let role = if least_privileged {
        "; set local role zap_daemon"
    } else {
        ""
    };
    client
        .batch_execute(&format!(
            "begin read only; set local statement_timeout = '5s'{role}"
        ))
        .await?;
    let row = client.query_opt(&source.newest, &[]).await;
    client.batch_execute("rollback").await?;
    row?.map_or(Ok(None), |row| row.try_get(0))
}

fn unread(source: &Source, error: &tokio_postgres::Error) -> Finding {
    if error.code() == Some(&SqlState::QUERY_CANCELED) {
        let what = format!(
            "the newest order of {} was not found within 5 s: its context query is not tried",
            source.relation
        );
        return Finding::info(AREA, what);
    }
    let cause = error
        .as_db_error()
        .map_or_else(|| error.to_string(), |cause| cause.message().to_owned());
    let what = format!(
        "the daemon cannot read {}: {}",
        source.relation,
        presentable(&cause)
    );
    let remedy = match error.code() {
        Some(&SqlState::INSUFFICIENT_PRIVILEGE) => "zapgres setup".to_owned(),
        _ => format!(
            "select zap.detach({}, {}); -- then attach it anew",
            quoted(&source.relation),
            quoted(&source.own_event)
        ),
    };
    Finding::error(AREA, what, remedy)
}

fn judge(source: &Source, subject: &str, probe: &Probe) -> Finding {
    let of = source.query();
    let error = |what: String| Finding::error(AREA, what, source.remedy());
    match probe {
        Probe::Absent => error(format!("{of} finds no row for order {subject}")),
        // The server's code for a missing right.
        Probe::Failed(cause) if cause.contains("(42501)") => Finding::error(
            AREA,
            format!("{of} may not be run: {cause}"),
            "zapgres setup",
        ),
        Probe::Failed(cause) => error(format!("{of} does not work for order {subject}: {cause}")),
        Probe::Found { values, .. } if !values.is_object() => error(format!(
            "{of} gives no JSON object as context of order {subject}"
        )),
        Probe::Found { took, .. } if *took > SLOW => Finding::warning(
            AREA,
            format!(
                "{of} takes {} ms for one order; after 5 s it is stopped",
                took.as_millis()
            ),
            format!(
                "select pg_catalog.format('prepare slow (text[]) as %s; explain analyze execute slow (array[%L])', \
                 zap.context_statement({}), {}) \\gexec",
                source.id,
                quoted(subject)
            ),
        ),
        Probe::Found {
            recipient: None, ..
        } => Finding::new(
            Severity::Info,
            AREA,
            format!("{of} works; order {subject} has no phone"),
            None,
        ),
        Probe::Found { took, .. } => Finding::ok(
            AREA,
            format!("{of} works: order {subject} in {} ms", took.as_millis()),
        ),
    }
}

impl Source {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let events: Option<Value> = row.try_get("events")?;
        let own: String = row.try_get("event")?;
        Ok(Self {
            id: row.try_get("id")?,
            relation: row.try_get("relation")?,
            events: events.as_ref().and_then(Value::as_object).map_or_else(
                || vec![own.clone()],
                |events| {
                    events
                        .values()
                        .filter_map(Value::as_str)
                        .map(str::to_owned)
                        .collect()
                },
            ),
            own_event: own,
            has_context_query: row.try_get("has_context_query")?,
            newest: compose(row)?,
        })
    }

    fn query(&self) -> String {
        format!(
            "the context query of {} (source {})",
            self.relation, self.id
        )
    }

    fn remedy(&self) -> String {
        format!(
            "update zap.source set context_query = zap.propose({}) where id = {};  -- looks at the tables anew; or give your own query",
            quoted(&self.relation),
            self.id
        )
    }
}

fn compose(row: &Row) -> Result<String, tokio_postgres::Error> {
    let relation: &str = row.try_get("relation")?;
    let keys: Vec<String> = row.try_get("key_columns")?;
    let types: Vec<String> = row.try_get("key_types")?;
    let created: Option<String> = row.try_get("created_column")?;
    let order: Option<String> = row.try_get("order_relation")?;
    let order_key: Option<Vec<String>> = row.try_get("order_key")?;
    let given: Vec<String> = keys
        .iter()
        .map(|key| format!("o.{} is not null", quote(key)))
        .collect();
    let of_items = format!(
        "select {} from {relation} as o where {}",
        subject("o", &keys, &types),
        given.join(" and ")
    );
    let grows = matches!(types.as_slice(), [only] if crate::sweep::is_integer(only));
    Ok(match (created, order.zip(order_key)) {
        _ if grows => format!("{of_items} order by o.{} desc limit 1", quote(&keys[0])),
        (Some(created), Some((order, order_key))) => {
            let pairs = keys.iter().zip(&order_key);
            let same: Vec<String> = pairs
                .map(|(i, o)| format!("i.{} = o.{}", quote(i), quote(o)))
                .collect();
            format!(
                "select {} from {order} as o where exists (select from {relation} as i where {}) order by o.{} desc nulls last limit 1",
                subject("o", &order_key, &types),
                same.join(" and "),
                quote(&created)
            )
        }
        (Some(created), None) => format!(
            "{of_items} order by o.{} desc nulls last limit 1",
            quote(&created)
        ),
        (None, _) => format!("{of_items} limit 1"),
    })
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
