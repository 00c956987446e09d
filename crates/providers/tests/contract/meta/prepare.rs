//! Files that are given to Meta before their message's time begins.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use serde_json::json;
use tokio::sync::Semaphore;
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_providers::{Http, Provider, provider_named};

use super::{NUMBER, accepted_json, body, channel, meta, to_ana};
use crate::server::{AnswerScript, AnsweringServer, SeenRequest, listen};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR and the rest of it";
const KB: usize = 1024;

/// A WebP picture of that size, of the extended format with these flags.
fn sticker(flags: u8, bytes: usize) -> AnswerScript {
    let mut file = b"RIFF\x24\0\0\0WEBPVP8X\x0a\0\0\0".to_vec();
    file.push(flags);
    file.resize(bytes, 0);
    AnswerScript::bytes(200, &file)
}

/// Meta, and beside it a server with files.
fn answers(request: &SeenRequest) -> AnswerScript {
    match request.target.as_str() {
        "GET /a.png" => AnswerScript::bytes(200, PNG),
        "GET /still.webp" => sticker(0, 100 * KB),
        "GET /still-large.webp" => sticker(0, 100 * KB + 1),
        "GET /moving.webp" => sticker(2, 500 * KB),
        "GET /moving-large.webp" => sticker(2, 500 * KB + 1),
        target if target.starts_with("GET ") => AnswerScript::bytes(404, b""),
        target if target.ends_with("/media") => AnswerScript::json(200, &json!({"id": "media-1"})),
        _ => AnswerScript::json(200, &accepted_json()),
    }
}

fn targets(server: &AnsweringServer) -> Vec<String> {
    let requests = server.requests().into_iter();
    requests.map(|request| request.target).collect()
}

/// Q5: the message finds its file, and so do the next ones with the same address.
#[tokio::test]
async fn a_prepared_file_is_neither_fetched_nor_uploaded_again() {
    let server = AnsweringServer::start_with(answers).await;
    let provider = meta(&server.base_url);
    let url = format!("{}/a.png", server.base_url);
    let message = to_ana(body("image", json!({ "url": url })));
    provider.prepare(&message).await.expect("uploaded");
    let upload = format!("POST /v25.0/{NUMBER}/media");
    assert_eq!(targets(&server), ["GET /a.png", &upload]);
    for _ in 0..2 {
        provider.prepare(&message).await.expect("known");
        provider.send(&message).await.expect("sent");
    }
    let send = format!("POST /v25.0/{NUMBER}/messages");
    assert_eq!(targets(&server)[2..], [send.clone(), send]);
    let sent = server.requests().pop().expect("a message").body;
    assert_eq!(sent["image"], json!({"id": "media-1"}));
}

/// What comes when the file's server is let.
#[derive(Clone)]
struct Gate {
    open: Arc<Semaphore>,
    fetches: Arc<AtomicUsize>,
}

impl Gate {
    async fn file(self) -> Vec<u8> {
        self.fetches.fetch_add(1, Ordering::Relaxed);
        let leave = self.open.acquire().await;
        leave.expect("the gate is there").forget();
        PNG.to_vec()
    }

    /// Meta, and beside it the file.
    async fn serve(&self) -> String {
        let gate = self.clone();
        let uploaded = || async { axum::Json(json!({"id": "media-1"})) };
        let accepted = || async { axum::Json(accepted_json()) };
        let app = Router::new()
            .route("/a.png", get(move || gate.file()))
            .route(&format!("/v25.0/{NUMBER}/media"), post(uploaded))
            .route(&format!("/v25.0/{NUMBER}/messages"), post(accepted));
        let (listener, base_url) = listen().await;
        tokio::spawn(axum::serve(listener, app).into_future());
        base_url
    }
}

/// B2: the time for a file has nothing to do with the time for its message.
#[tokio::test]
async fn a_file_may_take_longer_than_a_message() {
    let gate = Gate {
        open: Arc::new(Semaphore::new(0)),
        fetches: Arc::default(),
    };
    let base_url = gate.serve().await;
    let http = Http::new(
        Duration::from_secs(6),
        "127.0.0.0/8".parse().expect("a network"),
    );
    let provider: Arc<dyn Provider> =
        provider_named("meta", channel(&base_url, json!({})), http).expect("meta is there");
    let message = to_ana(body("image", json!({"url": format!("{base_url}/a.png")})));
    let slow = async {
        // Half of the time for a message is over when this is.
        let too_slow = provider.send(&message).await.expect_err("too slow");
        assert_eq!(too_slow.class, ErrorClass::SourceError, "{too_slow}");
        gate.open.add_permits(1);
    };
    let (prepared, ()) = tokio::join!(provider.prepare(&message), slow);
    prepared.expect("there is time enough");
    provider.send(&message).await.expect("sent");
    assert_eq!(gate.fetches.load(Ordering::Relaxed), 1);
}

/// Prepares a message and gives what Meta was asked.
async fn prepared(kind: &str, file: &str) -> (Result<(), SendError>, usize) {
    let server = AnsweringServer::start_with(answers).await;
    let url = format!("{}/{file}", server.base_url);
    let message = to_ana(body(kind, json!({ "url": url })));
    let prepared = meta(&server.base_url).prepare(&message).await;
    let asked = targets(&server).into_iter();
    let asked = asked.filter(|target| target.starts_with("POST")).count();
    (prepared, asked)
}

/// Q5: a sticker that does not move has to be smaller.
#[tokio::test]
async fn how_large_a_sticker_may_be_depends_on_whether_it_moves() {
    for file in ["still.webp", "moving.webp"] {
        let (prepared, asked) = prepared("sticker", file).await;
        prepared.expect("uploaded");
        assert_eq!(asked, 1, "{file}");
    }
    for (file, cap) in [
        ("still-large.webp", "100 KB"),
        ("moving-large.webp", "500 KB"),
    ] {
        let (refused, asked) = prepared("sticker", file).await;
        let error = refused.expect_err("too large");
        assert_eq!((error.class, asked), (ErrorClass::Rejected, 0));
        let expected = format!("a sticker may have at most {cap}");
        assert!(error.message.ends_with(&expected), "{error}");
    }
}

/// Q5: nothing is uploaded for a message that Meta would refuse, or whose file is missing.
#[tokio::test]
async fn what_cannot_be_sent_is_refused_by_the_preparation() {
    let (refused, asked) = prepared("image", "missing.png").await;
    let error = refused.expect_err("missing");
    assert_eq!((error.class, asked), (ErrorClass::Rejected, 0));
    let server = AnsweringServer::start_with(answers).await;
    let url = format!("{}/a.png", server.base_url);
    let caption = "x".repeat(1025);
    let message = to_ana(body("image", json!({"url": url, "caption": caption})));
    let refused = meta(&server.base_url).prepare(&message).await;
    assert_eq!(refused.expect_err("long").class, ErrorClass::Rejected);
    assert_eq!(server.requests().len(), 0);
}
