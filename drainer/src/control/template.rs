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

/// A text that was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedText {
    /// Its version.
    pub version: i32,
    /// The first name about which nothing tells yet whether it is right; none: all are.
    pub unchecked: Option<String>,
    /// The languages of those that it is for, if none of them is its own.
    pub spoken: Option<String>,
}

/// What trying a text has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriedText {
    /// Why it cannot be saved; none: it can.
    pub problem: Option<String>,
    /// As of [`SavedText`].
    pub unchecked: Option<String>,
}

/// Saves a text.
///
/// # Errors
/// What is wrong with it.
pub async fn save_text(
    client: &Client,
    of: &TextOf,
    body: &str,
    activate: bool,
) -> Result<SavedText, ControlError> {
    let sql = "-- save_text
        select zap.save_template($1, $2, tenant => $3, audience => $4, locale => $5, activate => $6) as version, t.unchecked,
            zap.languages_instead($3, $5) as spoken
        from zap.try_template($1, $2) as t";
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
    Ok(SavedText {
        version: row.get("version"),
        unchecked: row.get("unchecked"),
        spoken: row.get("spoken"),
    })
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

/// Tries a text with the newest order of the event.
///
/// # Errors
/// What kept it from being tried.
pub async fn try_text(client: &Client, event: &str, body: &str) -> Result<TriedText, ControlError> {
    let sql = "-- try_text\nselect t.problem, t.unchecked from zap.try_template($1, $2) as t";
    let row = client.query_one(sql, &[&event, &body]).await?;
    Ok(TriedText {
        problem: row.get("problem"),
        unchecked: row.get("unchecked"),
    })
}
