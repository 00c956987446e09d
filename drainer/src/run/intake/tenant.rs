//! What intake needs to know about the companies of a batch: settings, texts, channels.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use deadpool_postgres::GenericClient;
use futures_util::future;
use tokio::time::Instant;
use tokio_postgres::Row;
use zapgres_core::message;
use zapgres_core::template::Timezone;

use super::context::is_lock_timeout;
use crate::run::channels::{self, Channels};
use crate::run::statement;

pub(crate) const LOAD_TENANTS: &str = "-- load_tenants
select t.id, t.name, t.phone, t.enabled, t.locale, t.timezone, t.default_area_code
from zap.tenant as t
where t.id = any ($1)";

/// Time for creating companies one by one; those that are not reached are looked at again later.
const CREATE_BUDGET: Duration = Duration::from_secs(1);
const ENTER: &str = "savepoint zap_tenants; set local lock_timeout = '100ms'";
const KEEP: &str = "set local lock_timeout to default; release savepoint zap_tenants";
const UNDO: &str = "rollback to savepoint zap_tenants; release savepoint zap_tenants";

pub(crate) const CREATE_TENANTS: &str = "-- create_tenants
insert into zap.tenant (id, enabled)
select
    w.id,
    coalesce(
        (select s.value from zap.setting as s where s.key = 'tenants.unknown' and s.tenant_id is null), '\"enabled\"'
    ) <> '\"disabled\"'
from unnest($1::text []) as w (id)
on conflict do nothing
returning id, enabled";

/// Uses `template_active`.
pub(crate) const LOAD_TEMPLATES: &str = "-- load_templates
select t.tenant_id, t.event, t.audience, t.locale, t.id::text || ':' || t.version::text as version, t.body
from zap.template as t
where t.active
    and t.event = any ($2)
    and (t.tenant_id is null or t.tenant_id = any ($1))";

pub(crate) const LOAD_PROVIDER_TEMPLATES: &str = "-- load_provider_templates
select
    p.tenant_id, p.event, p.audience, p.locale,
    pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
        'name', p.name, 'language', p.language, 'parameters', p.parameters, 'header', p.header, 'buttons', p.buttons
    ))::text as template
from zap.provider_template as p
where p.event = any ($2)
    and (p.tenant_id is null or p.tenant_id = any ($1))";

/// A company.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tenant {
    /// Name shown in messages; none: what the context query finds.
    pub name: Option<String>,
    /// Its own number; none: what the context query finds.
    pub phone: Option<String>,
    pub enabled: bool,
    pub locale: String,
    /// Of the times in its messages.
    pub timezone: Timezone,
    pub default_area_code: Option<String>,
    /// Its channels.
    pub channels: Channels,
}

/// A text of a message.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Template {
    pub version: String,
    pub body: String,
}

/// Whom a text is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct TextKey {
    /// None: for all.
    pub tenant: Option<String>,
    pub event: String,
    pub audience: String,
    pub locale: String,
}

impl TextKey {
    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            tenant: row.try_get("tenant_id")?,
            event: row.try_get("event")?,
            audience: row.try_get("audience")?,
            locale: row.try_get("locale")?,
        })
    }
}

/// Texts by whom they are for.
pub(crate) type Templates = HashMap<TextKey, Template>;

/// Approved templates by whom they are for, or why one is none.
pub(crate) type ProviderTemplates = HashMap<TextKey, Result<message::Template, String>>;

/// What is known of the companies of a batch.
#[derive(Debug, Default)]
pub(crate) struct Companies {
    pub tenants: HashMap<String, Tenant>,
    pub templates: Templates,
    pub provider_templates: ProviderTemplates,
}

/// Loads the companies with the ids in `wanted`, creating those seen for the first time, and the texts for `events`.
/// Created without a name: what the user's tables say of it may change.
pub(crate) async fn load(
    client: &impl GenericClient,
    wanted: &BTreeSet<&str>,
    events: &BTreeSet<&str>,
) -> Result<Companies, tokio_postgres::Error> {
    let ids: Vec<&str> = wanted.iter().copied().collect();
    let events: Vec<&str> = events.iter().copied().collect();
    let (tenants, templates, provider_templates, channels) = future::try_join4(
        tenants(client, &ids),
        templates(client, &ids, &events),
        provider_templates(client, &ids, &events),
        channels::load(client, &ids),
    )
    .await?;
    let mut companies = Companies {
        tenants,
        templates,
        provider_templates,
    };
    let unknown: Vec<&str> = ids
        .into_iter()
        .filter(|id| !companies.tenants.contains_key(*id))
        .collect();
    if !unknown.is_empty() {
        create(client, &unknown).await?;
        companies
            .tenants
            .extend(self::tenants(client, &unknown).await?);
    }
    for (id, channels) in channels {
        if let Some(tenant) = companies.tenants.get_mut(&id) {
            tenant.channels = channels;
        }
    }
    Ok(companies)
}

/// Somebody may have entered one of them in a transaction that is still open: that one is not created, and nobody else
/// waits for it.
async fn create(
    client: &impl GenericClient,
    unknown: &[&str],
) -> Result<(), tokio_postgres::Error> {
    if try_create(client, unknown).await? {
        return Ok(());
    }
    let begin = Instant::now();
    for id in unknown {
        if begin.elapsed() > CREATE_BUDGET {
            break;
        }
        try_create(client, &[*id]).await?;
    }
    Ok(())
}

/// False: one of them is locked.
async fn try_create(
    client: &impl GenericClient,
    ids: &[&str],
) -> Result<bool, tokio_postgres::Error> {
    client.batch_execute(ENTER).await?;
    let created = match statement::rows(client, CREATE_TENANTS, &[&ids]).await {
        Ok(rows) => rows.iter().try_for_each(tell).map(|()| true),
        Err(error) if is_lock_timeout(&error) => Ok(false),
        Err(error) => Err(error),
    };
    let leave = if matches!(created, Ok(true)) {
        KEEP
    } else {
        UNDO
    };
    client.batch_execute(leave).await?;
    created
}

/// Somebody may have to enable it.
fn tell(row: &Row) -> Result<(), tokio_postgres::Error> {
    let tenant: &str = row.try_get("id")?;
    if row.try_get("enabled")? {
        tracing::info!(tenant, "a company that nobody entered is added");
    } else {
        tracing::warn!(
            tenant,
            "a company that nobody entered is added, disabled; zapgres tenant enable lets it send"
        );
    }
    Ok(())
}

async fn tenants(
    client: &impl GenericClient,
    ids: &[&str],
) -> Result<HashMap<String, Tenant>, tokio_postgres::Error> {
    let mut tenants = HashMap::new();
    for row in statement::rows(client, LOAD_TENANTS, &[&ids]).await? {
        let tenant = Tenant {
            name: row.try_get("name")?,
            phone: row.try_get("phone")?,
            enabled: row.try_get("enabled")?,
            locale: row.try_get("locale")?,
            timezone: Timezone::named(row.try_get("timezone")?),
            default_area_code: row.try_get("default_area_code")?,
            channels: Channels::default(),
        };
        tenants.insert(row.try_get("id")?, tenant);
    }
    Ok(tenants)
}

async fn templates(
    client: &impl GenericClient,
    tenants: &[&str],
    events: &[&str],
) -> Result<Templates, tokio_postgres::Error> {
    let mut templates = HashMap::new();
    for row in statement::rows(client, LOAD_TEMPLATES, &[&tenants, &events]).await? {
        let key = TextKey::from_row(&row)?;
        let template = Template {
            version: row.try_get("version")?,
            body: row.try_get("body")?,
        };
        templates.insert(key, template);
    }
    Ok(templates)
}

async fn provider_templates(
    client: &impl GenericClient,
    tenants: &[&str],
    events: &[&str],
) -> Result<ProviderTemplates, tokio_postgres::Error> {
    let mut templates = HashMap::new();
    for row in statement::rows(client, LOAD_PROVIDER_TEMPLATES, &[&tenants, &events]).await? {
        let key = TextKey::from_row(&row)?;
        // As text: a number in it may be larger than any of ours, and must not keep other rows from being read.
        let template = serde_json::from_str(row.try_get("template")?);
        let template = template.map_err(|error| format!("zap.provider_template: {error}"));
        templates.insert(key, template);
    }
    Ok(templates)
}
