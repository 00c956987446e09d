//! Forms with files, as clients upload media.

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};
use axum::http::header::CONTENT_TYPE;

/// One field of a form.
pub(crate) struct FormField {
    pub(crate) name: String,
    /// Whether it came with a file name.
    pub(crate) is_file: bool,
    pub(crate) content_type: Option<String>,
    pub(crate) content: Bytes,
}

/// Reads a form that is in memory already, so that it needs no limit here.
///
/// # Errors
/// One line that says what is wrong with it.
pub(crate) async fn read(content_type: &str, body: Bytes) -> Result<Vec<FormField>, String> {
    let mut request = Request::builder()
        .header(CONTENT_TYPE, content_type)
        .body(Body::from(body))
        .map_err(|error| error.to_string())?;
    DefaultBodyLimit::disable().apply(&mut request);
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|error| error.body_text())?;
    let mut fields = Vec::new();
    while let Some(field) = form.next_field().await.map_err(|error| error.body_text())? {
        fields.push(FormField {
            name: field.name().unwrap_or_default().to_owned(),
            is_file: field.file_name().is_some(),
            content_type: field.content_type().map(str::to_owned),
            content: field.bytes().await.map_err(|error| error.body_text())?,
        });
    }
    Ok(fields)
}
