//! Templates, rendered and checked where SQL asks for it, by the same code that the daemon sends with.
//!
//! Texts come and go as UTF-8 in `bytea`: the database's own encoding may be another one, and SQL converts them.
use pgrx::pg_sys;
use pgrx::prelude::*;
use zapgres_core::message::Template;
use zapgres_core::phone;
use zapgres_core::route::{self, Candidate};
use zapgres_core::template::{self, Names, Renderer, TemplateError, Timezone};
use zapgres_core::western::western;

use crate::subtransaction::in_any_encoding;

/// `zap.render_utf8(body, context, timezone)`
#[pg_extern(sql = false)]
fn render_utf8(body: &[u8], context: &[u8], timezone: &[u8]) -> Vec<u8> {
    let mut renderer = Renderer::default();
    renderer.set_timezone(Timezone::named(text(timezone)));
    match renderer.render(text(body), &json(context)) {
        Ok(message) => shown(&message),
        Err(TemplateError::Empty) => refuse(
            PgSqlErrorCode::ERRCODE_NO_DATA_FOUND,
            &TemplateError::Empty.to_string(),
        ),
        Err(error) => refuse(
            PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
            &error.to_string(),
        ),
    }
}

/// `zap.check_template_utf8(body, sample, names_known)`: null when it is good.
#[pg_extern(sql = false)]
fn check_template_utf8(body: &[u8], sample: &[u8], names_known: bool) -> Option<Vec<u8>> {
    let problem = template::check(text(body), &json(sample), names(names_known));
    problem.map(|problem| shown(&problem))
}

/// `zap.check_provider_template_utf8(template, sample, names_known)`: null when it is good.
#[pg_extern(sql = false)]
fn check_provider_template_utf8(
    template: &[u8],
    sample: &[u8],
    names_known: bool,
) -> Option<Vec<u8>> {
    let problem = match serde_json::from_slice::<Template>(template) {
        Ok(template) => template.check(&json(sample), names(names_known)),
        Err(error) => Some(error.to_string()),
    };
    problem.map(|problem| shown(&problem))
}

/// `zap.fill_provider_template_utf8(template, context, timezone)`
#[pg_extern(sql = false)]
fn fill_provider_template_utf8(template: &[u8], context: &[u8], timezone: &[u8]) -> Vec<u8> {
    let mut renderer = Renderer::default();
    renderer.set_timezone(Timezone::named(text(timezone)));
    let template = serde_json::from_slice::<Template>(template).map_err(|error| error.to_string());
    let template = template
        .unwrap_or_else(|cause| refuse(PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE, &cause));
    let filled = template.filled(&mut renderer, &json(context));
    let filled = filled.unwrap_or_else(|cause| {
        refuse(
            PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
            &cause.to_string(),
        )
    });
    let filled = serde_json::to_string(&filled).unwrap_or_default();
    shown(&filled)
}

/// `zap.builtin_template_utf8(event, audience, locale)`: null when there is none.
#[pg_extern(sql = false)]
fn builtin_template_utf8(event: &[u8], audience: &[u8], locale: &[u8]) -> Option<Vec<u8>> {
    template::builtin(text(event), text(audience), text(locale)).map(shown)
}

/// `zap.sample_context_utf8()`
#[pg_extern(sql = false)]
fn sample_context_utf8() -> Vec<u8> {
    shown(&template::sample().to_string())
}

/// `zap.normalize_phone_utf8(number, area_code)`. Without numbering plans of other countries: of their numbers only the
/// length counts.
#[pg_extern(sql = false)]
fn normalize_phone_utf8(number: &[u8], area_code: Option<&[u8]>) -> Vec<u8> {
    match phone::normalize(text(number), area_code.map(text)) {
        Ok(number) => shown(number.as_e164()),
        Err(error) => refuse(
            PgSqlErrorCode::ERRCODE_INVALID_PARAMETER_VALUE,
            &error.to_string(),
        ),
    }
}

/// `zap.choose_channel(ids, shares, recipient)`: among channels in the order of their priority.
#[pg_extern(sql = false)]
fn choose_channel(ids: Vec<i64>, shares: Vec<i16>, recipient: &[u8]) -> Option<i64> {
    let candidates: Vec<Candidate> = ids
        .into_iter()
        .zip(shares)
        .map(|(id, share)| Candidate {
            id,
            share: u8::try_from(share).unwrap_or_default(),
            usable: true,
        })
        .collect();
    route::choose(&candidates, text(recipient))
}

fn names(known: bool) -> Names {
    if known { Names::Known } else { Names::Open }
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_else(|error| pgrx::error!("{error}"))
}

fn json(bytes: &[u8]) -> serde_json::Value {
    serde_json::from_slice(bytes).unwrap_or_else(|error| pgrx::error!("{error}"))
}

/// What the database can hold of it: the daemon stores its messages so.
fn shown(text: &str) -> Vec<u8> {
    // SAFETY: asks for a number.
    let encoding = i64::from(unsafe { pg_sys::GetDatabaseEncoding() });
    let western_only = [
        pg_sys::pg_enc::PG_LATIN1,
        pg_sys::pg_enc::PG_LATIN9,
        pg_sys::pg_enc::PG_WIN1252,
    ];
    if western_only.iter().any(|one| i64::from(*one) == encoding) {
        return western(text).into_bytes();
    }
    text.as_bytes().to_vec()
}

fn refuse(code: PgSqlErrorCode, message: &str) -> ! {
    ereport!(ERROR, code, in_any_encoding(message));
}
