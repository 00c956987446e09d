//! The texts: one for each event, audience and language that may come, and each of them renders.

use std::collections::HashMap;

use serde_json::Value;
use tokio_postgres::{Client, Row};
use zapgres_core::message;
use zapgres_core::template::{self, Names, Renderer, TemplateError};

use super::finding::{Finding, Severity};
use crate::database::DatabaseError;

/// Area of these findings.
pub const AREA: &str = "templates";

/// Events of live sources, their audiences and the companies' languages, where neither a text for all nor one of each company is.
const WANTED: &str = "-- wanted
with event as (
    select distinct e.source_id, e.event
    from (
        select s.id, coalesce(v.value, s.event)
        from zap.source as s
        left join lateral pg_catalog.jsonb_each_text(s.events) as v on s.captures = 'status'
        where s.detached_at is null and s.mode <> 'off' and s.captures <> 'notify'
    ) as e (source_id, event)
),
told as (
    select distinct e.event, 'customer' as audience
    from event as e
    where (
        select a.enabled from zap.audience as a
        where a.source_id = e.source_id and a.name = 'customer' and (a.event is null or a.event = e.event)
        order by a.event nulls last
        limit 1
    ) is not false
    union
    select e.event, a.name
    from event as e
    inner join zap.audience as a on a.source_id = e.source_id and a.enabled and (a.event is null or a.event = e.event)
),
spoken as (
    select distinct t.locale from zap.tenant as t where t.enabled
    union
    select 'pt-BR' where not exists (select from zap.tenant as t where t.enabled)
)
select t.event, t.audience, s.locale
from told as t, spoken as s
where not exists (
        select from zap.template as x
        where x.active and x.tenant_id is null and x.event = t.event and x.audience = t.audience and x.locale = s.locale
    )
    and (
        not exists (select from zap.tenant as c where c.enabled and c.locale = s.locale)
        or exists (
            select from zap.tenant as c
            where c.enabled and c.locale = s.locale
                and not exists (
                    select from zap.template as x
                    where x.active and x.tenant_id = c.id and x.event = t.event and x.audience = t.audience and x.locale = s.locale
                )
        )
    )
order by 1, 2, 3";

const ACTIVE: &str = "-- active
select t.id, t.tenant_id, t.event, t.audience, t.locale, t.body
from zap.template as t
where t.active
order by t.id
limit 10000";

const APPROVED: &str = "-- approved
select p.id, p.event,
    pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
        'name', p.name, 'language', p.language, 'parameters', p.parameters, 'header', p.header, 'buttons', p.buttons
    ))::text as template
from zap.provider_template as p
order by p.id
limit 10000";

/// What applications told last of each event, with values of their own.
const TOLD: &str = "-- told
select distinct on (q.event) q.event, (q.payload -> 'context')::text as context
from (select n.id, n.event, n.payload from zap.notification_queue as n order by n.id desc limit 1000) as q
where pg_catalog.jsonb_typeof(q.payload -> 'context') = 'object'
order by q.event asc, q.id desc";

/// Whether there is a text for whatever may come.
pub async fn wanted(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    let rows = client.query(WANTED, &[]).await?;
    Ok(rows.iter().filter_map(missing).collect())
}

/// The built-in texts are in Portuguese, whatever a company speaks, and for the audiences that everybody has.
fn missing(row: &Row) -> Option<Finding> {
    let (event, audience, locale): (&str, &str, &str) = (row.get(0), row.get(1), row.get(2));
    let what = format!("there is no text for {event} to the {audience} in {locale}");
    let remedy = format!(
        "select zap.save_template('{}', 'Pedido {{{{ order.number }}}}', audience => '{}', locale => '{}');",
        escaped(event),
        escaped(audience),
        escaped(locale)
    );
    if template::builtin(event, audience, locale).is_none() {
        let what = format!("{what}, and no built-in one: its messages wait");
        return Some(Finding::error(AREA, what, remedy));
    }
    let what = format!("{what}: the built-in one is sent, in Portuguese");
    (!locale.starts_with("pt")).then(|| Finding::warning(AREA, what, remedy))
}

/// Whether every text and every approved template renders: with an order of its event, else with an invented one.
pub async fn rendered(
    client: &Client,
    samples: &HashMap<String, Value>,
) -> Result<Vec<Finding>, DatabaseError> {
    let invented = template::sample();
    let mut samples = samples.clone();
    for row in &client.query(TOLD, &[]).await? {
        // Values that cannot be read are no sample.
        if let Ok(told) = serde_json::from_str(row.get("context")) {
            samples.entry(row.get("event")).or_insert(told);
        }
    }
    let samples = &samples;
    let mut findings = Vec::new();
    let active = client.query(ACTIVE, &[]).await?;
    for row in &active {
        let values = values(samples, invented, row.get("event"));
        let is_real = samples.contains_key(row.get::<_, &str>("event"));
        if let Err(error) = template::render(row.get("body"), &values) {
            findings.push(broken(row, &error, is_real));
        }
    }
    for row in &client.query(APPROVED, &[]).await? {
        let event: &str = row.get("event");
        let values = values(samples, invented, event);
        let is_known = samples.contains_key(event) || template::is_builtin(event);
        if let Err(cause) = fill(row.get("template"), &values, is_known) {
            let id: i64 = row.get("id");
            findings.push(Finding::error(
                AREA,
                format!("provider template {id} for {event} cannot be used: {cause}"),
                format!("update zap.provider_template set parameters = '[…]' where id = {id};"),
            ));
        }
    }
    if findings.is_empty() {
        let what = format!("every text can be written ({} of your own)", active.len());
        findings.push(Finding::ok(AREA, what));
    }
    Ok(findings)
}

/// A name that only an invented order lacks may well be in a real one, the more so of an event of one's own.
fn broken(row: &Row, error: &TemplateError, is_real: bool) -> Finding {
    let (id, event): (i64, &str) = (row.get("id"), row.get("event"));
    let (audience, locale): (&str, &str) = (row.get("audience"), row.get("locale"));
    let tenant: Option<&str> = row.get("tenant_id");
    let tenant = tenant.map_or_else(String::new, |tenant| format!(" of tenant {tenant}"));
    let what = format!("text {id}{tenant} for {event} to the {audience} in {locale}: {error}");
    let may_be_right = matches!(error, TemplateError::Undefined { .. }) && !is_real;
    if may_be_right && !template::is_builtin(event) {
        let what = format!("{what}; no {event} has come yet that would tell");
        return Finding::info(AREA, what);
    }
    let severity = match may_be_right {
        true => Severity::Warning,
        false => Severity::Error,
    };
    let remedy = format!("update zap.template set body = $text$…$text$ where id = {id};");
    Finding::new(severity, AREA, what, Some(remedy))
}

fn fill(text: &str, values: &Value, is_known: bool) -> Result<(), String> {
    let template: message::Template =
        serde_json::from_str(text).map_err(|error| error.to_string())?;
    if !is_known {
        return template.check(values, Names::Open).map_or(Ok(()), Err);
    }
    let filled = template.filled(&mut Renderer::default(), values);
    filled.map(drop).map_err(|error| error.to_string())
}

/// The company is there in any case: intake adds its name where the query leaves it out.
fn values(samples: &HashMap<String, Value>, invented: &Value, event: &str) -> Value {
    let mut values = samples.get(event).unwrap_or(invented).clone();
    if let Some(values) = values.as_object_mut() {
        values
            .entry("company")
            .or_insert_with(|| invented["company"].clone());
    }
    values
}

fn escaped(text: &str) -> String {
    text.replace('\'', "''")
}
