//! Writes the message of a notification: the recipient, the text, the approved template.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use zapgres_core::decision;
use zapgres_core::error_text::presentable;
use zapgres_core::phone;
use zapgres_core::template::{self, Renderer, TemplateError};

use super::{Candidate, Composed, Decision, Message, TEMPLATE_ERROR, mend};
use crate::run::intake::audience::{Audience, CUSTOMER};
use crate::run::intake::claim::Captured;
use crate::run::intake::source::Source;
use crate::run::intake::tenant::{Companies, Template, Tenant, TextKey};

/// What an event is called that a status without an event of its own is.
const STATUS_EVENT: &str = "order_status:";

/// Writes the message.
pub(crate) fn compose<'a>(
    row: &'a Captured,
    source: &'a Source,
    mut candidate: Candidate,
    companies: &'a Companies,
    renderer: &mut Renderer<'a>,
) -> Result<Composed, Decision> {
    let known = Box::new(Message {
        tenant_id: Some(candidate.tenant_id.clone()),
        hash: Some(candidate.hash.clone()),
        ..Message::default()
    });
    let skip = |reason, detail| Decision::Skip {
        reason,
        message: known.clone(),
        detail,
    };
    let Some(tenant) = companies.tenants.get(&candidate.tenant_id) else {
        return Err(mend(row, source, decision::TENANT_GONE, None));
    };
    if !tenant.enabled {
        return Err(skip(decision::TENANT_DISABLED, None));
    }
    renderer.set_timezone(tenant.timezone);
    introduce(&row.event, tenant, &mut candidate.values);
    let given = recipient(row, source, &candidate, renderer)?;
    if given.trim().is_empty() {
        return Err(skip(decision::NO_PHONE, None));
    }
    let phone = phone::normalize(&given, tenant.default_area_code.as_deref()).map_err(|error| {
        skip(
            decision::INVALID_PHONE,
            Some(presentable(&error.to_string())),
        )
    })?;
    let (body, template_version) = render(row, &candidate, tenant, companies, renderer)
        .map_err(|cause| mend(row, source, TEMPLATE_ERROR, Some(presentable(&cause))))?;
    let provider_template = fill(row, &candidate, tenant, companies, renderer)
        .map_err(|cause| mend(row, source, TEMPLATE_ERROR, Some(presentable(&cause))))?;
    Ok(Composed {
        payload: payload(&candidate.audience, provider_template),
        tenant_id: candidate.tenant_id,
        channel: tenant
            .channels
            .choose(phone.as_e164(), candidate.audience.purpose.as_deref()),
        phone,
        body,
        template_version,
        hash: candidate.hash,
    })
}

/// The company's own text, else the one for all, else the built-in one; and its version.
pub(crate) fn text<'a>(key: &TextKey, companies: &'a Companies) -> Option<(&'a str, &'a str)> {
    match own_or_general(&companies.templates, key) {
        Some(Template { version, body }) => Some((body, version)),
        None => Some((
            template::builtin(&key.event, &key.audience, &key.locale)?,
            "builtin",
        )),
    }
}

fn own_or_general<'a, T>(texts: &'a HashMap<TextKey, T>, key: &TextKey) -> Option<&'a T> {
    texts.get(key).or_else(|| {
        let general = TextKey {
            tenant: None,
            ..key.clone()
        };
        texts.get(&general)
    })
}

fn key_of(row: &Captured, candidate: &Candidate, tenant: &Tenant) -> TextKey {
    TextKey {
        tenant: Some(candidate.tenant_id.clone()),
        event: row.event.clone(),
        audience: candidate.audience.name.clone(),
        locale: tenant.locale.clone(),
    }
}

/// The event, and the company: what is entered of it goes before what the user's tables say.
fn introduce(event: &str, tenant: &Tenant, values: &mut Value) {
    let Some(values) = values.as_object_mut() else {
        return;
    };
    let happened = || json!({"name": event, "status": event.strip_prefix(STATUS_EVENT)});
    values.entry("event").or_insert_with(happened);
    let known = [("name", &tenant.name), ("phone", &tenant.phone)];
    for (field, value) in known {
        let Some(value) = value else { continue };
        let company = values.entry("company").or_insert(Value::Null);
        if !company.is_object() {
            *company = Value::Object(Map::new());
        }
        company[field] = Value::from(value.as_str());
    }
}

/// The recipient's number as the user's tables, or whoever configured the audience, have it; empty: there is none.
fn recipient<'a>(
    row: &'a Captured,
    source: &'a Source,
    candidate: &Candidate,
    renderer: &mut Renderer<'a>,
) -> Result<String, Decision> {
    let name = &candidate.audience.name;
    let told = row.told.recipient.as_deref();
    let Some(text) = told.or_else(|| source.audiences.recipient_of(name, &row.event)) else {
        return Ok(candidate.recipient.clone().unwrap_or_default());
    };
    match renderer.render(text, &candidate.values) {
        Ok(number) => Ok(number),
        Err(TemplateError::Empty) => Ok(String::new()),
        Err(error) => {
            let cause = format!("the recipient of audience {name}: {error}");
            Err(mend(row, source, TEMPLATE_ERROR, Some(presentable(&cause))))
        }
    }
}

fn render<'a>(
    row: &Captured,
    candidate: &Candidate,
    tenant: &Tenant,
    companies: &'a Companies,
    renderer: &mut Renderer<'a>,
) -> Result<(String, String), String> {
    let key = key_of(row, candidate, tenant);
    let (source, version) = text(&key, companies).ok_or_else(|| {
        let TextKey {
            event,
            audience,
            locale,
            ..
        } = &key;
        format!("no text for event {event}, audience {audience} in {locale}")
    })?;
    let body = renderer
        .render(source, &candidate.values)
        .map_err(|error| error.to_string())?;
    Ok((body, version.to_owned()))
}

/// The approved template of the company, or of all, with its gaps filled; none: there is none.
fn fill<'a>(
    row: &Captured,
    candidate: &Candidate,
    tenant: &Tenant,
    companies: &'a Companies,
    renderer: &mut Renderer<'a>,
) -> Result<Option<Value>, String> {
    let templates = &companies.provider_templates;
    if templates.is_empty() {
        return Ok(None);
    }
    let Some(template) = own_or_general(templates, &key_of(row, candidate, tenant)) else {
        return Ok(None);
    };
    let filled = template
        .as_ref()
        .map_err(Clone::clone)?
        .filled(renderer, &candidate.values)
        .map_err(|error| format!("zap.provider_template: {error}"))?;
    serde_json::to_value(filled)
        .map(Some)
        .map_err(|error| error.to_string())
}

/// What lanes and later looks have to know beside the text.
fn payload(audience: &Audience, provider_template: Option<Value>) -> Option<Value> {
    let mut payload = Map::new();
    if audience.name != CUSTOMER {
        payload.insert("audience".to_owned(), Value::from(audience.name.as_str()));
    }
    if let Some(purpose) = &audience.purpose {
        payload.insert("purpose".to_owned(), Value::from(purpose.as_str()));
    }
    if let Some(template) = provider_template {
        payload.insert("template".to_owned(), template);
    }
    (!payload.is_empty()).then_some(Value::Object(payload))
}
