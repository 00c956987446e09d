//! The provider: answers as Evolution API v2 does, and remembers when it was asked for which order.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::database;
use crate::orders::Placed;

/// How long the last requests may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

type Arrivals = Arc<Mutex<HashMap<i64, Vec<Instant>>>>;

/// A running provider.
pub struct Provider {
    address: SocketAddr,
    arrivals: Arrivals,
}

impl Provider {
    /// Starts one on a free port.
    pub async fn start() -> Self {
        let arrivals = Arrivals::default();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("its address");
        let routes = Router::new().route("/message/sendText/{instance}", post(send_text));
        let server = axum::serve(listener, routes.with_state(Arc::clone(&arrivals)));
        tokio::spawn(server.into_future());
        Self { address, arrivals }
    }

    /// Its base address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// When an order was asked for; empty: not yet.
    pub fn arrivals(&self, order: i64) -> Vec<Instant> {
        let arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        arrivals.get(&order).cloned().unwrap_or_default()
    }

    /// Waits until all of these orders were asked for; panics when one is not.
    pub async fn until_asked_for(&self, placed: &[Placed]) {
        let deadline = Instant::now() + PATIENCE;
        for order in placed {
            while self.arrivals(order.id).is_empty() {
                assert!(
                    Instant::now() < deadline,
                    "order {} was never asked for",
                    order.id
                );
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}

async fn send_text(
    State(arrivals): State<Arrivals>,
    Json(message): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let now = Instant::now();
    let number = message["number"].as_str().unwrap_or_default();
    let order = database::order_of_number(number);
    arrivals
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .entry(order)
        .or_default()
        .push(now);
    let key = json!({"remoteJid": format!("{number}@s.whatsapp.net"), "fromMe": true, "id": format!("BENCH{order}")});
    (
        StatusCode::CREATED,
        Json(json!({"key": key, "status": "PENDING"})),
    )
}
