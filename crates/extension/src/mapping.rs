//! Proposals for unknown order schemas, and what the rows of a table look like.
use std::ffi::CStr;

use pgrx::pg_sys;
use pgrx::prelude::*;
use serde_json::{Map, Value, json};
use zapgres_core::mapping::{self, Catalogue, Column, Overrides};

use crate::readable::refuse_unless_readable;
use crate::role::ActingAs;
use crate::sql;

/// Rows that a sample looks at.
const ROWS: &[u8] = b"100";
/// Larger rows are left out: they hold pictures.
const BYTES: &[u8] = b"200000";

/// `zap.mapping_utf8(catalogue, overrides)`: all of it JSON in UTF-8.
#[pg_extern(sql = false)]
fn mapping_utf8(catalogue: &[u8], overrides: &[u8]) -> Vec<u8> {
    let mut described: Value = parse(catalogue);
    for table in described["tables"].as_array_mut().into_iter().flatten() {
        table["columns"]
            .as_array_mut()
            .into_iter()
            .flatten()
            .for_each(add_allowed);
    }
    let catalogue: Catalogue = typed(described);
    let overrides = Overrides::read(&parse(overrides));
    let proposal = mapping::propose(&catalogue, &overrides);
    serde_json::to_vec(&proposal).unwrap_or_default()
}

/// `zap.meaning_utf8(described_column)`: `{"value": "event", …}`.
#[pg_extern(sql = false)]
fn meaning_utf8(described_column: &[u8]) -> Vec<u8> {
    let mut described = parse(described_column);
    add_allowed(&mut described);
    let column: Column = typed(described);
    let events = mapping::status_events(&column).events.into_iter();
    let events: Map<String, Value> = events.map(|(value, event)| (value, json!(event))).collect();
    Value::Object(events).to_string().into_bytes()
}

/// Reads the values that checks allow out of the checks' definitions.
fn add_allowed(column: &mut Value) {
    let checks = column["checks"].as_array().into_iter().flatten();
    let allowed: Vec<String> = checks
        .filter_map(Value::as_str)
        .flat_map(mapping::allowed)
        .collect();
    column["allowed"] = json!(allowed);
}

fn parse(json: &[u8]) -> Value {
    serde_json::from_str(&String::from_utf8_lossy(json)).unwrap_or_else(|error| refuse(&error))
}

fn typed<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap_or_else(|error| refuse(&error))
}

fn refuse(error: &serde_json::Error) -> ! {
    ereport!(
        ERROR,
        PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
        format!("zap.propose_mapping: not a catalogue: {error}")
    );
}

/// `zap.sample_utf8(relation, newest)`: read as the table's owner, whose code an index or a domain can run. `newest` is a
/// column that grows.
#[pg_extern(sql = false)]
fn sample_utf8(relation: pg_sys::Oid, newest: Option<&CStr>) -> Vec<u8> {
    let order = newest.map_or_else(Vec::new, |column| {
        [b" order by o.", &sql::identifier(column)[..], b" desc"].concat()
    });
    let statement = sql::statement(&[
        b"select pg_catalog.convert_to(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(r))::pg_catalog.text, 'UTF8') \
          from (select o.* from ",
        &sql::relation(relation),
        b" as o",
        &order,
        b" limit ",
        ROWS,
        b") as r where pg_catalog.pg_column_size(r) operator(pg_catalog.<) ",
        BYTES,
    ]);
    refuse_unless_readable(relation);
    let found = {
        let _role = ActingAs::owner_of(relation);
        Spi::connect(|client| {
            client
                .select(statement.as_c_str(), Some(1), &[])
                .and_then(|rows| rows.first().get_one::<Vec<u8>>())
                .unwrap_or_else(|error| pgrx::error!("{error}"))
        })
    };
    let rows: Vec<Map<String, Value>> = found.map_or_else(Vec::new, |rows| typed(parse(&rows)));
    serde_json::to_vec(&mapping::summarize(&rows)).unwrap_or_default()
}
