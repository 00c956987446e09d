//! `/sandbox/meta`: templates, and how strict the window is.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::named::refusal;
use crate::meta::{Template, Windows};
use crate::state::SandboxState;

/// What to change; what is left out stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    windows: Option<Windows>,
    templates: Option<Vec<Template>>,
    app_secret: Option<String>,
}

/// `GET`: `windows` and `templates`.
pub(super) async fn show(State(state): State<Arc<SandboxState>>) -> Json<Value> {
    Json(json!({"windows": state.meta.windows(), "templates": state.meta.templates()}))
}

/// `PUT {"windows"?, "templates"?, "app_secret"?}`: 200 with how it is then. Templates are as Meta lists them.
pub(super) async fn set(State(state): State<Arc<SandboxState>>, body: Bytes) -> Response {
    match serde_json::from_slice::<Wanted>(&body) {
        Ok(wanted) => {
            if let Some(windows) = wanted.windows {
                state.meta.set_windows(windows);
            }
            if let Some(templates) = wanted.templates {
                state.meta.set_templates(templates);
            }
            if let Some(app_secret) = wanted.app_secret {
                state.meta.set_app_secret(app_secret);
            }
            show(State(state)).await.into_response()
        }
        Err(error) => refusal(StatusCode::BAD_REQUEST, &format!("not a setting: {error}")),
    }
}
