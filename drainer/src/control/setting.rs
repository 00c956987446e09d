//! Settings in the database, and modes.

use serde_json::Value;
use tokio_postgres::Client;
use tokio_postgres::types::{Json, ToSql};

use super::ControlError;

/// Where a mode is set; nothing: for all.
#[derive(Debug, Clone, Default)]
pub struct ModePlace {
    /// A company.
    pub tenant: Option<String>,
    /// An event.
    pub event: Option<String>,
    /// An attached table.
    pub source: Option<String>,
}

/// Every setting, and what of them cannot be used.
///
/// # Errors
/// What kept them from being looked at.
pub async fn settings(client: &Client) -> Result<(Vec<Value>, Vec<Value>), ControlError> {
    let usable = "-- settings\nselect pg_catalog.to_jsonb(s) from zap.settings() as s";
    let invalid =
        "-- invalid_settings\nselect pg_catalog.to_jsonb(s) from zap.invalid_settings() as s";
    Ok((
        objects(client, usable).await?,
        objects(client, invalid).await?,
    ))
}

/// Sets what holds for all or a company; false: it was so already.
///
/// # Errors
/// What cannot be so.
pub async fn set_setting(
    client: &Client,
    key: &str,
    value: &Value,
    tenant: Option<&str>,
) -> Result<bool, ControlError> {
    let sql = "-- set_setting\nselect zap.set_setting($1, $2, $3)";
    Ok(client
        .query_one(sql, &[&key, &Json(value), &tenant])
        .await?
        .get(0))
}

/// Removes what was set; false: nothing was.
///
/// # Errors
/// There is no such setting.
pub async fn reset_setting(
    client: &Client,
    key: &str,
    tenant: Option<&str>,
) -> Result<bool, ControlError> {
    let sql = "-- reset_setting\nselect zap.reset_setting($1, $2)";
    Ok(client.query_one(sql, &[&key, &tenant]).await?.get(0))
}

/// What holds for each event.
///
/// # Errors
/// What kept them from being looked at.
pub async fn modes(client: &Client) -> Result<Vec<Value>, ControlError> {
    objects(
        client,
        "-- modes\nselect pg_catalog.to_jsonb(m) from zap.modes() as m",
    )
    .await
}

/// Sets a mode; false: it was so already.
///
/// # Errors
/// What cannot be so.
pub async fn set_mode(
    client: &Client,
    mode: &str,
    place: &ModePlace,
) -> Result<bool, ControlError> {
    let sql = "-- set_mode\nselect zap.set_mode($1, $2, $3, $4)";
    let parameters: [&(dyn ToSql + Sync); 4] = [&mode, &place.tenant, &place.event, &place.source];
    Ok(client.query_one(sql, &parameters).await?.get(0))
}

async fn objects(client: &Client, sql: &str) -> Result<Vec<Value>, ControlError> {
    let rows = client.query(sql, &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}
