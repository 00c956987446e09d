//! Files: given to Meta once, refused before anything is sent.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::join;
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_providers::{Provider, provider_named};

use super::{NUMBER, accepted_json, body, channel, meta, meta_with, to_ana};
use crate::server::{AnswerScript, AnsweringServer, SeenRequest, Then, rude_server};
use crate::{expect_silence, http};

/// The beginning is all that makes it a picture.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR and the rest of it";
const PNG_BASE64: &str = "iVBORw0KGgoAAAANSUhEUiBhbmQgdGhlIHJlc3Qgb2YgaXQ=";
const OGG: &[u8] = b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0OpusHead";
const WEBP: &[u8] = b"RIFF\x24\0\0\0WEBPVP8 ";
const MP4: &[u8] = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2mp41";
const PDF: &[u8] = b"%PDF-1.7 and the rest of it";

/// Meta, and beside it a server with files.
fn answers(request: &SeenRequest) -> AnswerScript {
    let Some(path) = request.target.strip_prefix("GET /files/") else {
        return match request.target.ends_with("/media") {
            true => AnswerScript::json(200, &json!({"id": "media-1"})),
            false => AnswerScript::json(200, &accepted_json()),
        };
    };
    let html = "<!DOCTYPE html><html>entre";
    match path {
        "a.png" => AnswerScript::bytes(200, PNG).header("content-type", "image/png"),
        "a.mp4" => AnswerScript::bytes(200, MP4),
        "a.ogg" => AnswerScript::bytes(200, OGG),
        "a.webp" => AnswerScript::bytes(200, WEBP),
        "a.pdf" => AnswerScript::bytes(200, PDF).header("content-type", "application/pdf"),
        "login" => AnswerScript::text(200, html).header("content-type", "text/html"),
        "posing.png" => AnswerScript::text(200, html).header("content-type", "image/png"),
        "large.png" => AnswerScript::bytes(200, &[PNG, &[0; 6 << 20]].concat()),
        "empty.png" => AnswerScript::bytes(200, b""),
        "moved" => AnswerScript::bytes(302, b"").header("location", "/files/a.png"),
        status => AnswerScript::bytes(status.parse().expect("a status"), b"no"),
    }
}

async fn server() -> AnsweringServer {
    AnsweringServer::start_with(answers).await
}

fn uploads(server: &AnsweringServer) -> Vec<SeenRequest> {
    let requests = server.requests().into_iter();
    requests
        .filter(|request| request.target.ends_with("/media"))
        .collect()
}

fn messages(server: &AnsweringServer) -> Vec<Value> {
    let requests = server.requests().into_iter();
    requests
        .filter(|request| request.target.ends_with("/messages"))
        .map(|request| request.body)
        .collect()
}

/// Sends a file and gives Meta's requests.
async fn sent(kind: &str, mut payload: Value) -> (Vec<SeenRequest>, Value) {
    let server = server().await;
    if let Some(path) = payload["url"].as_str() {
        payload["url"] = format!("{}/files/{path}", server.base_url).into();
    }
    // `url` begins with http once it is whole.
    let message = to_ana(body(kind, payload));
    meta(&server.base_url)
        .send(&message)
        .await
        .expect("it is sent");
    (uploads(&server), messages(&server).remove(0))
}

/// P1, Q5: every kind with a file, its type and its object.
#[tokio::test]
async fn every_kind_of_file_is_uploaded_and_named_by_its_id() {
    for (kind, file, more, mime_type, expected) in [
        (
            "image",
            "a.png",
            json!({"caption": "x"}),
            "image/png",
            json!({"caption": "x"}),
        ),
        (
            "video",
            "a.mp4",
            json!({"caption": "x"}),
            "video/mp4",
            json!({"caption": "x"}),
        ),
        (
            "document",
            "a.pdf",
            json!({"caption": "x", "file_name": "nota.pdf"}),
            "application/pdf",
            json!({"caption": "x", "filename": "nota.pdf"}),
        ),
        ("audio", "a.ogg", json!({}), "audio/ogg", json!({})),
        (
            "audio",
            "a.ogg",
            json!({"voice": true}),
            "audio/ogg",
            json!({"voice": true}),
        ),
        ("audio", "a.mp4", json!({}), "audio/mp4", json!({})),
        ("sticker", "a.webp", json!({}), "image/webp", json!({})),
    ] {
        let mut payload = more;
        payload["url"] = json!(file);
        let (uploads, message) = sent(kind, payload).await;
        let form = String::from_utf8_lossy(&uploads[0].bytes).into_owned();
        assert!(
            form.contains(&format!("Content-Type: {mime_type}")),
            "{form}"
        );
        let mut expected = expected;
        expected["id"] = json!("media-1");
        assert_eq!(message[kind], expected, "{file}");
    }
}

/// Q5: the form is the documented one and holds the bytes.
#[tokio::test]
async fn the_upload_is_what_meta_expects() {
    for payload in [json!({"url": "a.png"}), json!({"base64": PNG_BASE64})] {
        let (uploads, message) = sent("image", payload).await;
        assert_eq!(message["image"], json!({"id": "media-1"}));
        let [upload] = uploads.as_slice() else {
            panic!("one upload, not {uploads:?}");
        };
        assert_eq!(upload.target, format!("POST /v25.0/{NUMBER}/media"));
        assert_eq!(
            upload.header("authorization"),
            format!("Bearer {}", crate::SECRET)
        );
        assert!(
            upload
                .header("content-type")
                .starts_with("multipart/form-data")
        );
        let form = String::from_utf8_lossy(&upload.bytes).into_owned();
        for part in [
            "name=\"messaging_product\"\r\n\r\nwhatsapp\r\n",
            "name=\"type\"\r\n\r\nimage/png\r\n",
            "name=\"file\"; filename=\"file\"\r\nContent-Type: image/png\r\n\r\n",
        ] {
            assert!(form.contains(part), "{part}: {form}");
        }
        let bytes = upload.bytes.windows(PNG.len());
        assert_eq!(bytes.filter(|window| *window == PNG).count(), 1);
    }
}

#[tokio::test]
async fn the_header_of_a_template_has_its_file() {
    for (kind, file, more) in [
        ("image", "a.png", json!({})),
        ("video", "a.mp4", json!({})),
        ("document", "a.pdf", json!({"filename": "nota.pdf"})),
    ] {
        let server = server().await;
        let url = format!("{}/files/{file}", server.base_url);
        let template = json!({"name": "t", "language": "pt_BR",
                              "header": {"type": kind, "url": url, "file_name": "nota.pdf"}});
        let message = to_ana(body("template", template));
        meta(&server.base_url).send(&message).await.expect("sent");
        let mut object = more;
        object["id"] = json!("media-1");
        let expected = json!([{"type": "header", "parameters": [{"type": kind, kind: object}]}]);
        assert_eq!(messages(&server)[0]["template"]["components"], expected);
    }
}

fn picture(server: &AnsweringServer, file: &str) -> zapgres_providers::OutgoingMessage {
    let url = format!("{}/files/{file}", server.base_url);
    to_ana(body("image", json!({"url": url})))
}

/// Q5: a broadcast with one picture uploads it once, by whatever way it comes, and also when all begin together.
#[tokio::test]
async fn the_same_file_is_uploaded_once() {
    let server = server().await;
    let provider: Arc<dyn Provider> = meta(&server.base_url);
    let by_address = picture(&server, "a.png");
    let inline = to_ana(body("image", json!({"base64": PNG_BASE64})));
    let (first, second) = join!(provider.send(&by_address), provider.send(&inline));
    assert!(first.is_ok() && second.is_ok());
    provider.send(&by_address).await.expect("sent");
    assert_eq!((uploads(&server).len(), messages(&server).len()), (1, 3));
}

/// The refusal of a file, for which no message was sent.
async fn refusal(kind: &str, payload: Value) -> SendError {
    let server = server().await;
    let mut payload = payload;
    if let Some(path) = payload["url"].as_str() {
        payload["url"] = format!("{}/files/{path}", server.base_url).into();
    }
    let message = to_ana(body(kind, payload));
    let error = meta(&server.base_url)
        .send(&message)
        .await
        .expect_err("a refusal");
    assert_eq!(messages(&server).len() + uploads(&server).len(), 0);
    assert!(!error.message.contains(&server.base_url), "{error}");
    error
}

/// Q5: what is wrong with the file is said, and nothing is sent.
#[tokio::test]
async fn a_file_that_cannot_be_sent_is_refused_with_the_reason() {
    let types = "not an image (image/jpeg, image/png)";
    for (payload, reason) in [
        (
            json!({"url": "404"}),
            "the file at the address is missing (HTTP 404)".to_owned(),
        ),
        (
            json!({"url": "410"}),
            "the file at the address is missing (HTTP 410)".to_owned(),
        ),
        (
            json!({"url": "403"}),
            "not everybody may read the file at the address (HTTP 403)".to_owned(),
        ),
        (
            json!({"url": "moved"}),
            "the file's address leads to another one (HTTP 302): give that".to_owned(),
        ),
        (
            json!({"url": "large.png"}),
            "the file is 6.1 MB, an image may have at most 5 MB".to_owned(),
        ),
        (
            json!({"url": "login"}),
            format!("the file is text/html, {types}"),
        ),
        (
            json!({"url": "posing.png"}),
            format!("the file is text/html, {types}"),
        ),
        (
            json!({"url": "a.pdf"}),
            format!("the file is application/pdf, {types}"),
        ),
        (json!({"url": "empty.png"}), "the file is empty".to_owned()),
        (
            json!({"base64": "%%%%"}),
            "the file is not base64".to_owned(),
        ),
        (
            json!({"base64": "AAAA"}),
            "nothing tells that the file is an image".to_owned(),
        ),
    ] {
        let error = refusal("image", payload.clone()).await;
        assert_eq!(error.message, reason, "{payload}");
        let kind = (error.class, error.reached_provider);
        assert_eq!(kind, (ErrorClass::Rejected, false), "{payload}");
    }
}

/// Base64 of more bytes than allowed is cut off while it is decoded.
#[tokio::test]
async fn a_file_that_is_too_large_as_base64_is_refused() {
    let base64 = format!("{}{}", &PNG_BASE64[..44], "AAAA".repeat(2 << 20));
    let error = refusal("image", json!({"base64": base64})).await;
    assert!(error.message.contains("at most 5 MB"), "{error}");
}

/// A file that may come later is asked for again, so often and no more; the channel works meanwhile.
#[tokio::test]
async fn a_file_that_cannot_be_had_now_is_an_error_of_the_source() {
    for status in ["408", "429", "500", "503"] {
        let error = refusal("image", json!({"url": status})).await;
        let expected = format!("the file cannot be read from its address now (HTTP {status})");
        assert_eq!(error.message, expected);
        let kind = (error.class, error.reached_provider);
        assert_eq!(kind, (ErrorClass::SourceError, true));
    }
    let server = server().await;
    let message = to_ana(body("image", json!({"url": "http://127.0.0.1:1/a.png"})));
    let error = meta(&server.base_url)
        .send(&message)
        .await
        .expect_err("nobody there");
    assert_eq!(error.class, ErrorClass::SourceError);
    assert_eq!(error.message, "no connection to the file's address");
}

/// A file's address is written by whoever fills the queue, and may not lead into this machine's network.
#[tokio::test]
async fn a_private_address_is_not_asked_for_a_file() {
    for host in ["10.0.0.1", "169.254.169.254", "[::1]"] {
        let file = json!({"url": format!("http://{host}/a.png")});
        let message = to_ana(body("image", file));
        let sent = meta("http://127.0.0.1:1").send(&message).await;
        let error = sent.expect_err("a refusal");
        let expected = "the file's address leads to the private address";
        assert!(error.message.starts_with(expected), "{error}");
        let kind = (error.class, error.reached_provider);
        assert_eq!(kind, (ErrorClass::Rejected, false));
    }
}

/// B2: half of the time is for the file, so that a slow one is not taken for a message without an answer.
#[tokio::test]
async fn a_file_or_upload_that_takes_too_long_is_no_uncertain_message() {
    expect_silence();
    let silent = rude_server(Then::Nothing).await;
    let provider = provider_named("meta", channel(&silent, json!({})), http()).expect("meta");
    let inline = json!({"base64": PNG_BASE64});
    let elsewhere = json!({"url": format!("{silent}/a.png")});
    for file in [inline, elsewhere] {
        let message = to_ana(body("image", file));
        let error = provider.send(&message).await.expect_err("too slow");
        assert_eq!(error.class, ErrorClass::SourceError, "{error}");
        assert!(error.message.starts_with("the file "), "{error}");
    }
}

/// B2: no message was sent, so nothing is uncertain, whatever becomes of the upload.
#[tokio::test]
async fn a_failed_upload_is_never_uncertain() {
    let expired = json!({"error": {"code": 190, "message": "expired"}});
    for (script, class) in [
        (AnswerScript::text(502, ""), ErrorClass::Transient),
        (AnswerScript::json(200, &json!({})), ErrorClass::Transient),
        (AnswerScript::json(401, &expired), ErrorClass::ChannelAuth),
    ] {
        let server =
            AnsweringServer::start_with(move |request| match request.target.ends_with("/media") {
                true => script.clone(),
                false => answers(request),
            })
            .await;
        let error = meta(&server.base_url)
            .send(&picture(&server, "a.png"))
            .await
            .expect_err("no upload");
        assert_eq!(error.class, class, "{error}");
        assert_eq!(messages(&server).len(), 0);
    }
}

/// Once an upload has failed, the next message tries again.
#[tokio::test]
async fn a_failed_upload_is_not_remembered() {
    let server = AnsweringServer::start_with(|request| match request.target.ends_with("/media") {
        true => AnswerScript::text(503, ""),
        false => answers(request),
    })
    .await;
    let provider = meta(&server.base_url);
    for _ in 0..2 {
        let sent = provider.send(&picture(&server, "a.png")).await;
        assert_eq!(sent.expect_err("no upload").class, ErrorClass::Transient);
    }
    assert_eq!(uploads(&server).len(), 2);
}

/// Meta may have lost a file before its time; a message that is sent again has it with it.
#[tokio::test]
async fn the_file_of_a_refused_message_is_uploaded_again() {
    for (code, uploaded) in [(131_053, 2), (100, 2), (131_026, 1)] {
        let error = json!({"error": {"code": code, "message": "no"}});
        let server = AnsweringServer::start_with(move |request| {
            match request.target.ends_with("/messages") {
                true => AnswerScript::json(400, &error),
                false => answers(request),
            }
        })
        .await;
        let provider = meta(&server.base_url);
        let message = picture(&server, "a.png");
        for _ in 0..2 {
            provider.send(&message).await.expect_err("a refusal");
        }
        assert_eq!(uploads(&server).len(), uploaded, "{code}");
    }
}

/// Who wants Meta to fetch files has them looked at all the same; base64 has no address.
#[tokio::test]
async fn with_link_media_the_address_is_passed_on() {
    let server = server().await;
    let provider = meta_with(&server.base_url, json!({"link_media": true}));
    let message = picture(&server, "a.png");
    provider.send(&message).await.expect("sent");
    let url = format!("{}/files/a.png", server.base_url);
    assert_eq!(messages(&server)[0]["image"], json!({"link": url}));
    assert_eq!(uploads(&server).len(), 0);
    let missing = provider.send(&picture(&server, "404")).await;
    assert_eq!(missing.expect_err("missing").class, ErrorClass::Rejected);
    let inline = to_ana(body("image", json!({"base64": PNG_BASE64})));
    provider.send(&inline).await.expect("sent");
    assert_eq!(uploads(&server).len(), 1);
}
