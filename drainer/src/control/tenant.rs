//! Companies.

use serde_json::Value;
use tokio_postgres::Client;
use tokio_postgres::types::Json;

use super::ControlError;

/// What is to hold for a company; none: as it is.
#[derive(Debug, Clone, Default)]
pub struct TenantChange {
    /// Name shown in messages; empty: the one in your tables.
    pub name: Option<String>,
    /// IANA name.
    pub timezone: Option<String>,
    /// BCP 47 tag.
    pub locale: Option<String>,
    /// Area code; empty: none.
    pub default_area_code: Option<String>,
    /// Its own number, E.164; empty: the one in your tables.
    pub phone: Option<String>,
    /// Messages per day; 0: no limit.
    pub daily_cap: Option<i32>,
    /// Messages per month; 0: no limit.
    pub monthly_cap: Option<i32>,
    /// Ranges by day of the week; `{}`: always open.
    pub opening_hours: Option<Value>,
}

/// Every company, or the one with this id.
///
/// # Errors
/// What kept them from being looked at.
pub async fn tenants(client: &Client, id: Option<&str>) -> Result<Vec<Value>, ControlError> {
    let sql = "-- tenants
        select pg_catalog.to_jsonb(l)
        from (
            select
                t.id, t.name, t.enabled, t.paused_at, t.timezone, t.locale, t.default_area_code, t.phone, t.daily_cap,
                t.monthly_cap, t.opening_hours, t.created_at, zap.effective_mode(null, t.id, null) as mode,
                (select pg_catalog.count(*) from zap.channel as c where c.tenant_id = t.id and c.enabled) as channels,
                coalesce(
                    (select u.counted from zap.tenant_usage as u where u.tenant_id = t.id and u.on_day = d.today), 0
                ) as today,
                coalesce(
                    (
                        select pg_catalog.sum(u.counted) from zap.tenant_usage as u
                        where u.tenant_id = t.id and u.on_day >= pg_catalog.date_trunc('month', d.today)
                            and u.on_day < pg_catalog.date_trunc('month', d.today) + '1 month'::interval
                    ), 0
                ) as this_month
            from zap.tenant as t
            cross join lateral (
                select (pg_catalog.clock_timestamp() at time zone zap.known_timezone(t.timezone))::date as today
            ) as d
            where $1::text is null or t.id = $1
            order by t.id
        ) as l";
    let rows = client.query(sql, &[&id]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Adds or changes a company; true: it is new.
///
/// # Errors
/// What cannot be so.
pub async fn save_tenant(
    client: &Client,
    id: &str,
    change: &TenantChange,
) -> Result<bool, ControlError> {
    let sql = "-- save_tenant\nselect zap.save_tenant($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let row = client
        .query_one(
            sql,
            &[
                &id,
                &change.name,
                &change.timezone,
                &change.locale,
                &change.default_area_code,
                &change.phone,
                &change.daily_cap,
                &change.monthly_cap,
                &change.opening_hours.as_ref().map(Json),
            ],
        )
        .await?;
    Ok(row.get(0))
}

/// Enables or disables a company; false: it was so already.
///
/// # Errors
/// There is none with this id.
pub async fn set_tenant_enabled(
    client: &Client,
    id: &str,
    enabled: bool,
) -> Result<bool, ControlError> {
    let sql = if enabled {
        "-- set_tenant_enabled\nselect zap.enable_tenant($1)"
    } else {
        "-- set_tenant_enabled\nselect zap.disable_tenant($1)"
    };
    Ok(client.query_one(sql, &[&id]).await?.get(0))
}
