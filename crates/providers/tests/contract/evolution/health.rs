//! Whether a number is connected.

use serde_json::json;
use zapgres_providers::ConnectionState;

use super::evolution;
use crate::SECRET;
use crate::server::{AnswerScript, AnsweringServer};

/// P3: the question is the documented one.
#[tokio::test]
async fn health_is_asked_as_evolution_expects() {
    let open = json!({"instance": {"instanceName": "loja1", "state": "open"}});
    let server = AnsweringServer::start(AnswerScript::json(200, &open)).await;
    let health = evolution(&server.base_url).health().await.unwrap();
    assert_eq!(health.state, ConnectionState::Connected);
    let request = &server.requests()[0];
    assert_eq!(
        request.target,
        "GET /instance/connectionState/loja%201%2Fsul"
    );
    assert_eq!(request.header("apikey"), SECRET);
    assert!(request.bytes.is_empty());
}
