//! What the Evolution provider makes of every answer that its contract knows, and of none.

mod health;
mod history;
mod likeness;
mod lookup;
mod media;
mod refusals;
mod requests;
mod transport;
mod versions;
mod webhook;

use std::sync::Arc;

use serde_json::{Value, json};
use zapgres_core::error_class::SendError;
use zapgres_core::message::MessageBody;
use zapgres_providers::{
    Accepted, ChannelAddress, Options, OutgoingMessage, Provider, provider_named,
};

use crate::server::{AnswerScript, AnsweringServer};
use crate::{SECRET, address, http, phone};

/// The provider for a channel at `base_url`.
fn evolution(base_url: &str) -> Arc<dyn Provider> {
    evolution_with(base_url, &json!({}))
}

/// The same with options.
fn evolution_with(base_url: &str, options: &Value) -> Arc<dyn Provider> {
    let address = channel(base_url, options);
    provider_named("evolution", address, http()).expect("evolution is there")
}

fn channel(base_url: &str, options: &Value) -> ChannelAddress {
    ChannelAddress {
        instance: "loja 1/sul".to_owned(),
        options: Options(options.as_object().expect("an object").clone()),
        ..address(base_url)
    }
}

/// Evolution's envelope around a message.
fn envelope(status: u16, message: &Value) -> AnswerScript {
    let body = json!({"status": status, "error": "Bad Request", "response": {"message": message}});
    AnswerScript::json(status, &body)
}

async fn send_to(base_url: &str) -> Result<Accepted, SendError> {
    let message = OutgoingMessage::new(
        phone("11987654321"),
        MessageBody::text("Olá, Ana!\n*Total: R$ 5,00*"),
    );
    evolution(base_url).send(&message).await
}

/// The result when the server gives this answer.
async fn answered(script: AnswerScript) -> Result<Accepted, SendError> {
    let server = AnsweringServer::start(script).await;
    send_to(&server.base_url).await
}

fn accepted_json() -> Value {
    json!({
        "key": {"remoteJid": "551187654321@s.whatsapp.net", "fromMe": true, "id": "3EB0C5A277"},
        "pushName": "Loja", "status": "PENDING", "message": {"conversation": "Olá"},
        "messageType": "conversation", "messageTimestamp": 1_717_689_097,
        "instanceId": "a-b", "source": "unknown",
    })
}

/// P1: the request is the documented one.
#[tokio::test]
async fn the_request_is_what_evolution_expects() {
    let server = AnsweringServer::start(AnswerScript::json(201, &accepted_json())).await;
    send_to(&format!("{}/", server.base_url)).await.unwrap();
    let requests = server.requests();
    let [request] = requests.as_slice() else {
        panic!("one request, not {requests:?}");
    };
    assert_eq!(request.target, "POST /message/sendText/loja%201%2Fsul");
    assert_eq!(request.header("apikey"), SECRET);
    assert_eq!(request.header("content-type"), "application/json");
    let expected = json!({
        "number": "5511987654321", "text": "Olá, Ana!\n*Total: R$ 5,00*", "linkPreview": false,
    });
    assert_eq!(request.body, expected);
}

#[tokio::test]
async fn a_path_in_the_address_is_kept() {
    let server = AnsweringServer::start(AnswerScript::json(201, &accepted_json())).await;
    send_to(&format!("{}/evo", server.base_url)).await.unwrap();
    assert_eq!(
        server.requests()[0].target,
        "POST /evo/message/sendText/loja%201%2Fsul"
    );
}

#[tokio::test]
async fn an_accepted_message_has_its_id_and_the_address_found() {
    let mut with_text_time = accepted_json();
    with_text_time["messageTimestamp"] = json!("1717689097");
    for (status, body) in [
        (201, accepted_json()),
        (201, with_text_time),
        (200, accepted_json()),
    ] {
        let accepted = answered(AnswerScript::json(status, &body)).await.unwrap();
        assert_eq!(accepted.provider_message_id, "3EB0C5A277");
        let address = accepted.recipient_address.as_deref();
        assert_eq!(address, Some("551187654321@s.whatsapp.net"));
        assert!(!format!("{accepted:?}").contains("551187654321"));
    }
    for beside in [json!(null), json!(7), json!({"user": "551187654321"})] {
        let odd = json!({"key": {"id": "X", "remoteJid": beside}});
        let accepted = answered(AnswerScript::json(201, &odd)).await.unwrap();
        assert_eq!(accepted.provider_message_id, "X");
        assert_eq!(accepted.recipient_address, None);
    }
    let bare = json!({"key": {"id": "X"}});
    let accepted = answered(AnswerScript::json(201, &bare)).await.unwrap();
    assert_eq!(accepted.recipient_address, None);
}

#[tokio::test]
async fn two_messages_share_a_connection() {
    let server = AnsweringServer::start(AnswerScript::json(201, &accepted_json())).await;
    let provider = evolution(&server.base_url);
    let message = OutgoingMessage::new(phone("11987654321"), MessageBody::text("Oi"));
    provider.send(&message).await.unwrap();
    provider.send(&message).await.unwrap();
    let ports: Vec<u16> = server
        .requests()
        .iter()
        .map(|request| request.client_port)
        .collect();
    assert_eq!(ports[0], ports[1]);
}
