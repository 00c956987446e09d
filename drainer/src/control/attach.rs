//! Attaching tables: what is proposed for one, and doing it.

use serde::Deserialize;
use serde_json::{Map, Value};
use tokio_postgres::Client;
use tokio_postgres::types::Json;

use super::ControlError;
use crate::database::DatabaseError;

/// Fields somebody decided: `{"phone": "celular", …}`.
pub type Mapping = Map<String, Value>;

/// What is proposed for a table.
#[derive(Debug, Deserialize)]
pub struct Proposal {
    /// The context query.
    pub query: Option<String>,
    /// Where each field comes from.
    pub fields: Vec<Value>,
    /// What has to be decided first.
    pub problems: Vec<Problem>,
    /// Indexes that are missing.
    pub indexes: Vec<Index>,
    /// Whether the order tells the customer's phone.
    pub has_phone: bool,
    /// The table of orders.
    pub order_relation: Option<String>,
    /// The order's status.
    pub status: Option<Status>,
}

/// Something that has to be decided.
#[derive(Debug, Deserialize)]
pub struct Problem {
    /// The field.
    pub field: String,
    /// What is unclear.
    pub message: String,
    /// What it could be.
    pub candidates: Vec<String>,
}

/// An index that is missing.
#[derive(Debug, Deserialize)]
pub struct Index {
    /// What makes it.
    pub statement: String,
}

/// A status column whose values mean events.
#[derive(Debug, Deserialize)]
pub struct Status {
    /// The column.
    pub column: String,
    /// Value and event.
    pub events: Vec<(String, String)>,
}

/// What is attached, and how.
#[derive(Debug)]
pub struct Attachment<'a> {
    /// The table, as SQL needs it.
    pub relation: &'a str,
    /// The column that names the order; none: as the table tells.
    pub key: Option<&'a str>,
    /// The event; none: the usual one.
    pub event: Option<&'a str>,
    /// The context query; none: the proposed one.
    pub query: Option<&'a str>,
    /// live, shadow or off.
    pub mode: &'a str,
    /// Fields somebody decided.
    pub mapping: &'a Mapping,
}

/// The table that people mean by `name`, as SQL needs it.
///
/// # Errors
/// When it is none, or several.
pub async fn relation_named(client: &Client, name: &str) -> Result<String, ControlError> {
    let rows = client
        .query(
            "-- relation_named
            select c.oid::pg_catalog.regclass::pg_catalog.text
            from pg_catalog.pg_class as c
            join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
            where c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
                and n.nspname not in ('zap', 'pg_catalog', 'information_schema', 'pg_toast')
                and (
                    $1::text in (c.relname::text, pg_catalog.quote_ident(c.relname), n.nspname || '.' || c.relname)
                    or $1::text = c.oid::pg_catalog.regclass::pg_catalog.text
                )
            order by 1",
            &[&name],
        )
        .await?;
    let found: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let (message, hint) = match found.as_slice() {
        [only] => return Ok(only.clone()),
        [] => (
            format!("there is no table {name}"),
            "tables: psql -c '\\d'".to_owned(),
        ),
        several => (
            format!("{name} could be each of {}", several.join(", ")),
            "write the table with its schema".to_owned(),
        ),
    };
    Err(ControlError::Refused { message, hint })
}

/// What is proposed for `relation`.
///
/// # Errors
/// What was refused.
pub async fn propose(
    client: &Client,
    relation: &str,
    key: Option<&str>,
    mapping: &Mapping,
) -> Result<(Proposal, Value), ControlError> {
    let row = client
        .query_one(
            "-- propose
            select zap.propose_all($1::text::pg_catalog.regclass, $2, $3::text::name)",
            &[&relation, &Json(mapping), &key],
        )
        .await?;
    let Json(json): Json<Value> = row.get(0);
    let proposal = serde_json::from_value(json.clone())
        .map_err(|error| DatabaseError::Other(format!("not a proposal: {error}")))?;
    Ok((proposal, json))
}

/// Attaches a table, and returns the source's id.
///
/// # Errors
/// What was refused.
pub async fn attach(client: &Client, attachment: &Attachment<'_>) -> Result<i64, ControlError> {
    let row = client
        .query_one(
            "-- attach
            select zap.attach(
                $1::text::pg_catalog.regclass, key_column => $2::text::name, event => coalesce($3::text, 'order_received'),
                context_query => $4, mode => $5, mapping => $6
            )",
            &[
                &attachment.relation,
                &attachment.key,
                &attachment.event,
                &attachment.query,
                &attachment.mode,
                &Json(attachment.mapping),
            ],
        )
        .await?;
    Ok(row.get(0))
}

/// Whether the customers of a source's orders are not told of its events.
///
/// # Errors
/// When the database cannot be asked.
pub async fn is_kept_from_customer(client: &Client, source: i64) -> Result<bool, ControlError> {
    let sql = "-- is_kept_from_customer\nselect zap.is_kept_from_customer($1)";
    Ok(client.query_one(sql, &[&source]).await?.get(0))
}

/// Attaches the status of a table; without events, those that its values mean. Returns the source's id.
///
/// # Errors
/// What was refused.
pub async fn attach_status(
    client: &Client,
    attachment: &Attachment<'_>,
    column: &str,
    events: &Map<String, Value>,
) -> Result<i64, ControlError> {
    let events = status_events(client, attachment.relation, column, events).await?;
    let row = client
        .query_one(
            "-- attach_status
            select zap.attach_status(
                $1::text::pg_catalog.regclass, $2::text::name, $3, key_column => $4::text::name, event => coalesce($5::text, 'order_status'), context_query => $6, mode => $7
            )",
            &[
                &attachment.relation,
                &column,
                &Json(events),
                &attachment.key,
                &attachment.event,
                &attachment.query,
                &attachment.mode,
            ],
        )
        .await?;
    Ok(row.get(0))
}

/// The events that the values of a column announce: those given, or those that the values mean by their names.
///
/// # Errors
/// When there is no such column, or none of its values means one.
pub async fn status_events(
    client: &Client,
    relation: &str,
    column: &str,
    given: &Mapping,
) -> Result<Mapping, ControlError> {
    let sql = "-- status_events
        select zap.propose_status($1::text::pg_catalog.regclass, $2::text::name)";
    let row = client.query_one(sql, &[&relation, &column]).await?;
    let proposed: Option<Json<Mapping>> = row.get(0);
    let proposed = proposed.map_or_else(Map::new, |Json(proposed)| proposed);
    let events = if given.is_empty() {
        proposed
    } else {
        given.clone()
    };
    if !events.is_empty() {
        return Ok(events);
    }
    Err(ControlError::Refused {
        message: format!("no value of {column} that is known means an event by its name"),
        hint: "say what yours mean: --events VALUE=EVENT,…, such as --events pago=order_paid"
            .to_owned(),
    })
}
