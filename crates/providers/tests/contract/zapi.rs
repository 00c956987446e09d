//! What the Z-API provider makes of every answer and delivery that its contract knows, and of others.

mod inbound;
mod lookup;
mod queue;
mod refusals;
mod requests;
mod session;
mod webhook;

use std::sync::Arc;

use secrecy::SecretString;
use serde_json::{Value, json};
use zapgres_core::error_class::SendError;
use zapgres_core::message::MessageBody;
use zapgres_providers::{
    Accepted, ChannelAddress, Options, OutgoingMessage, Provider, Secrets, provider_named,
};

use crate::server::{AnswerScript, AnsweringServer, SeenRequest};
use crate::{SECRET, address, http, phone};

const CLIENT_TOKEN: &str = "F1e2d3c4-account-token";

/// A channel with a Client-Token and these options.
fn channel(base_url: &str, options: &Value) -> ChannelAddress {
    let mut secrets = Secrets::default();
    secrets.add("client_token", SecretString::from(CLIENT_TOKEN));
    ChannelAddress {
        secrets,
        options: Options(options.as_object().expect("an object").clone()),
        ..address(base_url)
    }
}

fn zapi(base_url: &str) -> Arc<dyn Provider> {
    let channel = channel(base_url, &json!({}));
    provider_named("zapi", channel, http()).expect("zapi is there")
}

/// Where a request has to go.
fn target(method: &str, operation: &str) -> String {
    format!("{method} /instances/loja1/token/{SECRET}/{operation}")
}

fn accepted_json() -> Value {
    json!({"zaapId": "019D44B0", "messageId": "D241F7", "id": "D241F7"})
}

/// The result of a text when the server gives this answer.
async fn answered(script: AnswerScript) -> Result<Accepted, SendError> {
    let server = AnsweringServer::start(script).await;
    let message = OutgoingMessage::new(phone("11987654321"), MessageBody::text("Oi"));
    zapi(&server.base_url).send(&message).await
}

/// A server that has an answer for each operation, and none for others.
async fn server_with(answers: Vec<(&'static str, AnswerScript)>) -> AnsweringServer {
    AnsweringServer::start_with(move |request: &SeenRequest| {
        let found = answers
            .iter()
            .find(|(operation, _)| request.target.ends_with(&format!("/{operation}")));
        found.map_or_else(
            || AnswerScript::json(404, &json!({"error": "NOT_FOUND"})),
            |(_, answer)| answer.clone(),
        )
    })
    .await
}

fn targets(server: &AnsweringServer) -> Vec<String> {
    let requests = server.requests();
    requests.into_iter().map(|request| request.target).collect()
}
