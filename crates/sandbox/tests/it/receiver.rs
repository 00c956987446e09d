//! Who is told by webhook: an HTTP server that keeps what it is sent.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::get;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::client::soon;

/// The token that a receiver knows.
pub const VERIFY_TOKEN: &str = "nosso-segredo";

/// One request that arrived.
pub struct Told {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Told {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

struct Desk {
    arrived: mpsc::UnboundedSender<Told>,
    answers: Mutex<VecDeque<u16>>,
}

/// A receiver that answers 200, unless told otherwise.
pub struct Receiver {
    address: SocketAddr,
    arrived: mpsc::UnboundedReceiver<Told>,
    desk: Arc<Desk>,
}

impl Receiver {
    pub async fn start() -> Self {
        let (sender, arrived) = mpsc::unbounded_channel();
        let desk = Arc::new(Desk {
            arrived: sender,
            answers: Mutex::default(),
        });
        let app = Router::new()
            .route("/hook", get(repeat).post(receive))
            .fallback(receive)
            .with_state(Arc::clone(&desk));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(axum::serve(listener, app).into_future());
        Self {
            address,
            arrived,
            desk,
        }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// The next requests are answered with these statuses.
    pub fn answer(&self, statuses: &[u16]) {
        self.desk.answers.lock().unwrap().extend(statuses);
    }

    /// The next request that arrives.
    pub async fn next(&mut self) -> Told {
        soon(self.arrived.recv()).await.unwrap()
    }

    /// The next so many, as JSON.
    pub async fn take(&mut self, count: usize) -> Vec<Value> {
        let mut taken = Vec::new();
        for _ in 0..count {
            taken.push(self.next().await.json());
        }
        taken
    }
}

/// What Meta asks before it tells anything.
#[derive(Deserialize)]
struct Question {
    #[serde(rename = "hub.challenge")]
    challenge: String,
    #[serde(rename = "hub.verify_token")]
    token: String,
}

async fn repeat(Query(question): Query<Question>) -> (StatusCode, String) {
    if question.token == VERIFY_TOKEN {
        (StatusCode::OK, question.challenge)
    } else {
        (StatusCode::FORBIDDEN, String::new())
    }
}

async fn receive(
    State(desk): State<Arc<Desk>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let path = uri.path().to_owned();
    desk.arrived
        .send(Told {
            path,
            headers,
            body,
        })
        .unwrap();
    let answer = desk.answers.lock().unwrap().pop_front();
    StatusCode::from_u16(answer.unwrap_or(200)).unwrap()
}
