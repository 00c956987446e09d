//! Media: uploaded, described, downloaded, deleted.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::check::missing;
use super::error::{Code, Refusal};
use super::request::{admit, check_token, read, success, unknown_object};
use crate::form::{self, FormField};
use crate::sending::json_answer;
use crate::state::SandboxState;
use crate::stats::Outcome;

/// Where media can be downloaded, with the token.
pub(super) const DOWNLOAD_PATH: &str = "/whatsapp_business/attachments";

const MIB: usize = 1024 * 1024;

/// Largest upload: a document, and the form around it.
const UPLOAD_LIMIT_BYTES: usize = 101 * MIB;

/// Media kept; the oldest make room for the newest.
const KEPT_BYTES: usize = 256 * MIB;

/// Types that are taken, and how large each may be.
const TYPES: [(&str, usize); 19] = [
    ("image/jpeg", 5 * MIB),
    ("image/png", 5 * MIB),
    ("image/webp", 500 * 1024),
    ("video/mp4", 16 * MIB),
    ("video/3gpp", 16 * MIB),
    ("audio/aac", 16 * MIB),
    ("audio/amr", 16 * MIB),
    ("audio/mpeg", 16 * MIB),
    ("audio/mp4", 16 * MIB),
    ("audio/ogg", 16 * MIB),
    ("audio/opus", 16 * MIB),
    ("text/plain", 100 * MIB),
    ("application/pdf", 100 * MIB),
    ("application/msword", 100 * MIB),
    ("application/vnd.ms-excel", 100 * MIB),
    ("application/vnd.ms-powerpoint", 100 * MIB),
    (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        100 * MIB,
    ),
    (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        100 * MIB,
    ),
    (
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        100 * MIB,
    ),
];

/// One file.
#[derive(Clone)]
pub(super) struct Media {
    id: String,
    mime_type: String,
    content: Bytes,
}

/// The files that were uploaded.
#[derive(Default)]
pub(super) struct MediaStore(Mutex<(u64, VecDeque<Media>)>);

impl MediaStore {
    /// The file of this id.
    pub(super) fn get(&self, id: &str) -> Option<Media> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.1.iter().find(|media| media.id == id).cloned()
    }

    fn add(&self, mime_type: String, content: Bytes) -> String {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.0 += 1;
        let id = format!("10{:013}", kept.0);
        kept.1.push_back(Media {
            id: id.clone(),
            mime_type,
            content,
        });
        while kept
            .1
            .iter()
            .map(|media| media.content.len())
            .sum::<usize>()
            > KEPT_BYTES
        {
            kept.1.pop_front();
        }
        id
    }

    fn remove(&self, id: &str) -> bool {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = kept.1.len();
        kept.1.retain(|media| media.id != id);
        kept.1.len() < before
    }
}

impl Media {
    /// What is known about a file: where it is, and what.
    pub(super) fn describe(&self, server_url: &str) -> Value {
        let hash = Sha256::digest(&self.content);
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        json!({
            "url": format!("{server_url}{DOWNLOAD_PATH}?mid={}", self.id),
            "mime_type": self.mime_type,
            "sha256": hash,
            "file_size": self.content.len(),
            "id": self.id,
            "messaging_product": "whatsapp",
        })
    }
}

/// `POST /{phone_number_id}/media`: 200 with the id.
pub(super) async fn upload(
    State(state): State<Arc<SandboxState>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    match uploaded(&state, &id, &parts.headers, body).await {
        Ok(media_id) => {
            state.stats.count(Outcome::Answered);
            json_answer(StatusCode::OK, &json!({"id": media_id}))
        }
        Err(refusal) => refusal.counted(&state),
    }
}

async fn uploaded(
    state: &SandboxState,
    id: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<String, Refusal> {
    admit(state, headers, id)?;
    let content_type = headers.get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let body = read(body, UPLOAD_LIMIT_BYTES).await?;
    let fields = form::read(content_type.unwrap_or_default(), body)
        .await
        .map_err(|error| Refusal::new(Outcome::Malformed, Code::InvalidParameter, error))?;
    let text = |name: &str| {
        let field = fields.iter().find(|field| field.name == name)?;
        std::str::from_utf8(&field.content).ok()
    };
    if text("messaging_product") != Some("whatsapp") {
        let details = "The parameter messaging_product is required.";
        return Err(Refusal::of_body(Code::InvalidParameter, details));
    }
    let file = fields.iter().find(|field| field.is_file);
    let file = file.ok_or_else(|| missing("file"))?;
    let mime_type = checked_type(file, text("type"))?;
    Ok(state.meta.media.add(mime_type, file.content.clone()))
}

/// The file's type, which is taken and whose limit the file keeps.
fn checked_type(file: &FormField, named: Option<&str>) -> Result<String, Refusal> {
    let declared = file.content_type.as_deref().or(named).unwrap_or_default();
    let essence = declared.split(';').next().unwrap_or_default().trim();
    let Some((_, limit)) = TYPES.iter().find(|(known, _)| *known == essence) else {
        let details = format!("Unsupported file type {essence}");
        return Err(Refusal::of_body(Code::MediaUpload, details));
    };
    if file.content.len() > *limit {
        let details = format!(
            "File of {} bytes is larger than the {limit} bytes that {essence} may have",
            file.content.len()
        );
        return Err(Refusal::of_body(Code::MediaUpload, details));
    }
    Ok(essence.to_owned())
}

/// `DELETE /{media_id}`.
pub(super) async fn delete(
    State(state): State<Arc<SandboxState>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = check_token(&state, &headers) {
        return refusal.counted(&state);
    }
    if state.meta.media.remove(&id) {
        return success(&state);
    }
    unknown_object(&id).counted(&state)
}

/// Which file to download.
#[derive(Deserialize)]
pub(super) struct Wanted {
    mid: String,
}

/// `GET` of the address that a file's description names.
pub(super) async fn download(
    State(state): State<Arc<SandboxState>>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    if let Err(refusal) = check_token(&state, &headers) {
        return refusal.counted(&state);
    }
    let Some(media) = state.meta.media.get(&wanted.mid) else {
        return unknown_object(&wanted.mid).counted(&state);
    };
    state.stats.count(Outcome::Answered);
    ([(header::CONTENT_TYPE, media.mime_type)], media.content).into_response()
}
