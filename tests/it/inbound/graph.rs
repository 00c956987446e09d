//! Meta's API, as far as sending a message needs it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::routing::any;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

struct Shared {
    accepted: Mutex<Vec<Value>>,
    /// Whether it answers to messages.
    answers: watch::Sender<bool>,
}

/// A running server; messages get the ids `wamid.1`, `wamid.2`, ….
pub struct Graph {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Graph {
    /// Starts it on a free port.
    pub async fn start() -> Self {
        let shared = Arc::new(Shared {
            accepted: Mutex::default(),
            answers: watch::Sender::new(true),
        });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let routes = Router::new()
            .route("/{version}/{number}", any(number))
            .route("/{version}/{number}/messages", any(message))
            .with_state(shared.clone());
        tokio::spawn(axum::serve(listener, routes).into_future());
        Self { address, shared }
    }

    /// Its base address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The messages that it has got, oldest first.
    pub fn messages(&self) -> Vec<Value> {
        lock(&self.shared).clone()
    }

    /// Leaves messages without an answer until [`Self::answer`].
    pub fn keep_silent(&self) {
        self.shared.answers.send_replace(false);
    }

    /// Answers all messages.
    pub fn answer(&self) {
        self.shared.answers.send_replace(true);
    }
}

fn lock(shared: &Shared) -> std::sync::MutexGuard<'_, Vec<Value>> {
    let accepted = shared.accepted.lock();
    accepted.unwrap_or_else(PoisonError::into_inner)
}

async fn number() -> Json<Value> {
    Json(json!({
        "id": "1", "display_phone_number": "+55 11 98888-7777", "verified_name": "Loja", "quality_rating": "GREEN",
        "status": "CONNECTED",
    }))
}

async fn message(State(shared): State<Arc<Shared>>, Json(message): Json<Value>) -> Json<Value> {
    let number = {
        let mut accepted = lock(&shared);
        accepted.push(message);
        accepted.len()
    };
    let mut answers = shared.answers.subscribe();
    answers
        .wait_for(|answers| *answers)
        .await
        .expect("the server runs");
    Json(json!({
        "messaging_product": "whatsapp",
        "contacts": [{"input": "5511987654321", "wa_id": "551187654321"}],
        "messages": [{"id": format!("wamid.{number}")}],
    }))
}
