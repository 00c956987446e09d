//! The texts of messages, and what would be sent of them.

use serde_json::Value;
use tokio_postgres::Client;

use super::ControlError;
use super::look::objects;

/// What to preview.
#[derive(Debug, Clone, Default)]
pub struct Preview {
    /// The order.
    pub subject: String,
    /// The event; none: that of the source.
    pub event: Option<String>,
    /// One audience; none: all that are told.
    pub audience: Option<String>,
    /// The attached table, where there are several.
    pub source: Option<String>,
    /// A text that is not saved.
    pub body: Option<String>,
    /// Another company than the order's.
    pub tenant: Option<String>,
}

/// Which text.
#[derive(Debug, Clone)]
pub struct TextOf {
    /// The event.
    pub event: String,
    /// None: every company without its own.
    pub tenant: Option<String>,
    /// Who reads it.
    pub audience: String,
    /// Its language.
    pub locale: String,
}

/// What would be sent about an order, one row per audience.
///
/// # Errors
/// What was refused.
pub async fn preview(client: &Client, what: &Preview) -> Result<Vec<Value>, ControlError> {
    let sql = "-- preview
        select pg_catalog.to_jsonb(p)
        from zap.preview($1, event => $2, audience => $3, source => $4, body => $5, tenant => $6) as p";
    let Preview {
        subject,
        event,
        audience,
        source,
        body,
        tenant,
    } = what;
    objects(
        client,
        sql,
        &[subject, event, audience, source, body, tenant],
    )
    .await
}

/// The texts in use, of those that are saved.
///
/// # Errors
/// What kept them from being looked at.
pub async fn texts(client: &Client) -> Result<Vec<Value>, ControlError> {
    let sql = "-- texts
        select pg_catalog.to_jsonb(t)
        from zap.template as t
        where t.active
        order by t.tenant_id nulls first, t.event, t.audience, t.locale";
    objects(client, sql, &[]).await
}

/// All versions of a text, the newest first.
///
/// # Errors
/// What kept them from being looked at.
pub async fn history(client: &Client, of: &TextOf) -> Result<Vec<Value>, ControlError> {
    let sql = "-- history
        select pg_catalog.to_jsonb(t)
        from zap.template as t
        where t.event = $1 and t.tenant_id is not distinct from $2 and t.audience = $3 and t.locale = $4
        order by t.version desc";
    let TextOf {
        event,
        tenant,
        audience,
        locale,
    } = of;
    objects(client, sql, &[event, tenant, audience, locale]).await
}

/// Saves a text; its version.
///
/// # Errors
/// What is wrong with it.
pub async fn save_text(
    client: &Client,
    of: &TextOf,
    body: &str,
    activate: bool,
) -> Result<i32, ControlError> {
    let sql = "-- save_text
        select zap.save_template($1, $2, tenant => $3, audience => $4, locale => $5, activate => $6)";
    let row = client
        .query_one(
            sql,
            &[
                &of.event,
                &body,
                &of.tenant,
                &of.audience,
                &of.locale,
                &activate,
            ],
        )
        .await?;
    Ok(row.get(0))
}

/// Puts a version into use, or none of them; false: it was so.
///
/// # Errors
/// When there is no such version.
pub async fn activate_text(
    client: &Client,
    of: &TextOf,
    version: Option<i32>,
) -> Result<bool, ControlError> {
    let row = match version {
        Some(version) => {
            let sql = "-- activate_text\nselect zap.activate_template($1, $2, $3, $4, $5)";
            client
                .query_one(
                    sql,
                    &[&of.event, &version, &of.tenant, &of.audience, &of.locale],
                )
                .await
        }
        None => {
            let sql = "-- activate_text\nselect zap.deactivate_template($1, $2, $3, $4)";
            client
                .query_one(sql, &[&of.event, &of.tenant, &of.audience, &of.locale])
                .await
        }
    }?;
    Ok(row.get(0))
}

/// What is wrong with a text, tried with the newest order of the event; none: nothing.
///
/// # Errors
/// What kept it from being checked.
pub async fn check_text(
    client: &Client,
    event: &str,
    body: &str,
) -> Result<Option<String>, ControlError> {
    let sql = "-- check_text\nselect zap.check_template($1, zap.sample_for($2))";
    Ok(client.query_one(sql, &[&body, &event]).await?.get(0))
}
