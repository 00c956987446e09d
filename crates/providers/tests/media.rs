//! A large file on its way from its address to the provider. Alone in its process, so that memory and open files are its own.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use futures_util::{StreamExt, stream};
use secrecy::SecretString;
use serde_json::json;
use tokio::net::TcpListener;
use zapgres_core::message::MessageBody;
use zapgres_core::recipient::Recipient;
use zapgres_providers::{ChannelAddress, Http, Options, OutgoingMessage, Secrets, provider_named};

const CHUNK_BYTES: u64 = 64 * 1024;
const FILE_BYTES: u64 = 100 * 1024 * 1024;
/// Buffers of server and client, and what the allocator keeps; a copy of the file would be three times that.
const GROWTH_MAX_KB: u64 = 32 * 1024;

/// Bytes of the form that Meta was given.
type Uploaded = Arc<AtomicU64>;

/// A document of 100 MB that exists nowhere.
async fn document() -> Response {
    let chunk = Bytes::from(vec![b'%'; CHUNK_BYTES as usize]);
    let chunks = stream::repeat(chunk).take((FILE_BYTES / CHUNK_BYTES) as usize);
    let headers = [
        (CONTENT_TYPE, "application/pdf".to_owned()),
        (CONTENT_LENGTH, FILE_BYTES.to_string()),
    ];
    let body = Body::from_stream(chunks.map(Ok::<_, Infallible>));
    (headers, body).into_response()
}

async fn upload(State(uploaded): State<Uploaded>, body: Body) -> axum::Json<serde_json::Value> {
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let bytes = chunk.expect("the whole form").len() as u64;
        uploaded.fetch_add(bytes, Ordering::Relaxed);
    }
    axum::Json(json!({"id": "media-1"}))
}

async fn accept() -> axum::Json<serde_json::Value> {
    axum::Json(json!({"messages": [{"id": "wamid.X"}]}))
}

async fn serve(uploaded: Uploaded) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("a bound socket");
    let app = Router::new()
        .route("/a.pdf", get(document))
        .route("/v25.0/1/media", post(upload))
        .route("/v25.0/1/messages", post(accept))
        .with_state(uploaded);
    tokio::spawn(axum::serve(listener, app).into_future());
    format!("http://{address}")
}

/// The most memory that this process ever had.
fn peak_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let words = line.expect("a peak").split_whitespace();
    words.rev().nth(1).expect("a number").parse().expect("kB")
}

/// Files that are open and have no name any more.
fn nameless_files() -> usize {
    let open = std::fs::read_dir("/proc/self/fd").expect("Linux");
    open.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok())
        .filter(|file| file.to_string_lossy().ends_with("(deleted)"))
        .count()
}

/// Q5: a file is streamed both ways; afterwards nothing is left of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_of_100_mb_needs_little_memory_and_leaves_no_file() {
    let uploaded = Uploaded::default();
    let base_url = serve(Arc::clone(&uploaded)).await;
    let channel = ChannelAddress {
        base_url: base_url.clone(),
        instance: "1".to_owned(),
        credential: SecretString::from("a token"),
        secrets: Secrets::default(),
        options: Options::default(),
    };
    let allowed = "127.0.0.0/8".parse().expect("a network");
    let http = Http::new(Duration::from_secs(20), allowed);
    let provider = provider_named("meta", channel, http).expect("meta is there");
    let recipient = Recipient::parse("phone", "11987654321").expect("a number");
    let file = json!({"url": format!("{base_url}/a.pdf")});
    let body = MessageBody::from_parts("document", None, Some(&file)).expect("a document");
    let message = OutgoingMessage::new(recipient, body);

    let before = peak_kb();
    provider.prepare(&message).await.expect("it is uploaded");
    provider.send(&message).await.expect("it is sent");
    let growth = peak_kb() - before;
    assert!(growth < GROWTH_MAX_KB, "{growth} kB for {FILE_BYTES} bytes");
    let bytes = uploaded.load(Ordering::Relaxed);
    assert!((FILE_BYTES..FILE_BYTES + 4096).contains(&bytes), "{bytes}");
    assert_eq!(nameless_files(), 0);
}
