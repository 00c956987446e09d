//! Servers that give the answers, or the silence, of one test.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// An answer to every request.
#[derive(Debug, Clone)]
pub struct AnswerScript {
    status: u16,
    headers: Vec<(String, String)>,
    body: Bytes,
}

impl AnswerScript {
    pub fn json(status: u16, body: &Value) -> Self {
        Self::text(status, &body.to_string()).header("content-type", "application/json")
    }

    pub fn text(status: u16, body: &str) -> Self {
        Self::bytes(status, body.as_bytes()).header("content-type", "text/plain; charset=utf-8")
    }

    /// Without a content type.
    pub fn bytes(status: u16, body: &[u8]) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::copy_from_slice(body),
        }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// What a request had in it.
#[derive(Debug, Clone)]
pub struct SeenRequest {
    pub target: String,
    pub headers: HeaderMap,
    /// The body, where it is JSON.
    pub body: Value,
    /// The body as it came.
    pub bytes: Bytes,
    pub client_port: u16,
}

impl SeenRequest {
    /// A header, empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

type Script = dyn Fn(&SeenRequest) -> AnswerScript + Send + Sync;

#[derive(Clone)]
struct Shared {
    script: Arc<Script>,
    requests: Arc<Mutex<Vec<SeenRequest>>>,
}

/// A server on a free port that answers by its script and remembers what it was asked.
pub struct AnsweringServer {
    pub base_url: String,
    requests: Arc<Mutex<Vec<SeenRequest>>>,
}

impl AnsweringServer {
    /// Gives one answer to every request.
    pub async fn start(script: AnswerScript) -> Self {
        Self::start_with(move |_| script.clone()).await
    }

    /// Gives each request an answer of its own.
    pub async fn start_with(
        script: impl Fn(&SeenRequest) -> AnswerScript + Send + Sync + 'static,
    ) -> Self {
        let (listener, base_url) = listen().await;
        let requests = Arc::new(Mutex::new(Vec::new()));
        let shared = Shared {
            script: Arc::new(script),
            requests: Arc::clone(&requests),
        };
        let app = Router::new().fallback(answer).with_state(shared);
        let service = app.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(axum::serve(listener, service).into_future());
        Self { base_url, requests }
    }

    pub fn requests(&self) -> Vec<SeenRequest> {
        self.requests
            .lock()
            .expect("no test panics while it holds this")
            .clone()
    }
}

async fn answer(
    State(shared): State<Shared>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = SeenRequest {
        target: format!("{method} {uri}"),
        headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
        bytes: body,
        client_port: client.port(),
    };
    shared
        .requests
        .lock()
        .expect("no test panics while it holds this")
        .push(request.clone());
    let script = (shared.script)(&request);
    let status = StatusCode::from_u16(script.status).expect("a valid status");
    let mut response = (status, Body::from(script.body)).into_response();
    for (name, value) in &script.headers {
        let name = HeaderName::try_from(name).expect("a valid header");
        response
            .headers_mut()
            .insert(name, value.parse().expect("a valid header value"));
    }
    response
}

pub async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound socket");
    (listener, format!("http://{address}"))
}

/// What a raw server does with a connection after it has read a request.
#[derive(Debug, Clone, Copy)]
pub enum Then {
    /// Closes it.
    Close,
    /// Keeps it open and says nothing.
    Nothing,
    /// Writes this, then closes.
    Write(&'static str),
    /// Writes this, then keeps it open.
    WriteAndWait(&'static str),
}

/// A server that reads one request per connection and then does something rude.
pub async fn rude_server(then: Then) -> String {
    let (listener, base_url) = listen().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(treat(stream, then));
        }
    });
    base_url
}

async fn treat(mut stream: TcpStream, then: Then) -> std::io::Result<()> {
    let mut request = Vec::new();
    // The JSON body of the message is the end of the request.
    while !request.ends_with(b"}") {
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    if let Then::Write(text) | Then::WriteAndWait(text) = then {
        stream.write_all(text.as_bytes()).await?;
    }
    if matches!(then, Then::Nothing | Then::WriteAndWait(_)) {
        std::future::pending::<()>().await;
    }
    Ok(())
}
