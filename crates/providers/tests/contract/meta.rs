//! What the provider for Meta's Cloud API makes of everything that its contract knows, and of what it does not.

mod answers;
mod errors;
mod health;
mod limits;
mod media;
mod options;
mod prepare;
mod requests;
mod set_webhook;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Value, json};
use zapgres_core::error_class::SendError;
use zapgres_core::message::MessageBody;
use zapgres_providers::{
    Accepted, ChannelAddress, Http, Options, OutgoingMessage, Provider, provider_named,
};

use crate::server::{AnswerScript, AnsweringServer};
use crate::{address, phone};

/// The id of the number that sends.
const NUMBER: &str = "106540352242922";

/// The channel at `base_url`, with these options.
fn channel(base_url: &str, options: Value) -> ChannelAddress {
    let Value::Object(options) = options else {
        panic!("options are an object");
    };
    let mut channel = ChannelAddress {
        instance: NUMBER.to_owned(),
        options: Options(options),
        ..address(base_url)
    };
    let token = SecretString::from("a-verify-token");
    channel.secrets.add("verify_token", token);
    channel
}

/// The provider for it. Files are fetched and uploaded in half of the time, so that is long enough for a busy machine.
fn meta_with(base_url: &str, options: Value) -> Arc<dyn Provider> {
    let allowed = "127.0.0.0/8".parse().expect("a network");
    let http = Http::new(Duration::from_secs(20), allowed);
    provider_named("meta", channel(base_url, options), http).expect("meta is there")
}

fn meta(base_url: &str) -> Arc<dyn Provider> {
    meta_with(base_url, json!({}))
}

/// A message to Ana.
fn to_ana(body: MessageBody) -> OutgoingMessage {
    OutgoingMessage::new(phone("31987654321"), body)
}

/// What a row of the queue with this kind and payload stands for.
fn body(kind: &str, payload: Value) -> MessageBody {
    MessageBody::from_parts(kind, None, Some(&payload)).expect("a message")
}

fn accepted_json() -> Value {
    json!({
        "messaging_product": "whatsapp",
        "contacts": [{"input": "+5531987654321", "wa_id": "553187654321", "user_id": "BR.1"}],
        "messages": [{"id": "wamid.HBgM", "message_status": "accepted"}],
    })
}

/// The result of a text when Meta gives this answer.
async fn answered(script: AnswerScript) -> Result<Accepted, SendError> {
    let server = AnsweringServer::start(script).await;
    let message = to_ana(MessageBody::text("Olá, Ana!"));
    meta(&server.base_url).send(&message).await
}
