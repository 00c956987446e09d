//! What the WAHA provider asks, and what it makes of every answer and delivery that its contract knows.

mod answers;
mod deliveries;
mod history;
mod kinds;
mod proof;
mod sessions;

use std::sync::Arc;

use serde_json::json;
use zapgres_core::error_class::SendError;
use zapgres_core::message::MessageBody;
use zapgres_providers::{Accepted, ChannelAddress, OutgoingMessage, Provider, provider_named};

use crate::server::{AnswerScript, AnsweringServer, SeenRequest};
use crate::{address, http, phone};

/// The provider for a channel at `base_url`.
fn waha(base_url: &str) -> Arc<dyn Provider> {
    let address = ChannelAddress {
        instance: "loja 1".to_owned(),
        ..address(base_url)
    };
    provider_named("waha", address, http()).expect("waha is there")
}

fn to_ana(body: MessageBody) -> OutgoingMessage {
    OutgoingMessage::new(phone("11987654321"), body)
}

/// The one request that this message makes, answered with a name.
async fn request_of(message: &OutgoingMessage) -> SeenRequest {
    let answer = AnswerScript::json(201, &json!({"id": "true_5511987654321@c.us_A"}));
    let server = AnsweringServer::start(answer).await;
    waha(&server.base_url).send(message).await.expect("a yes");
    only(server.requests())
}

fn only(requests: Vec<SeenRequest>) -> SeenRequest {
    let count = requests.len();
    let mut requests = requests.into_iter();
    match (requests.next(), count) {
        (Some(request), 1) => request,
        _ => panic!("one request, not {count}"),
    }
}

/// The result of sending a text when the server gives this answer.
async fn answered(script: AnswerScript) -> Result<Accepted, SendError> {
    let server = AnsweringServer::start(script).await;
    waha(&server.base_url)
        .send(&to_ana(MessageBody::text("Oi")))
        .await
}
