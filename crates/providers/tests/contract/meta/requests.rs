//! The request of every kind of message.

use serde_json::{Value, json};
use zapgres_core::message::{MessageBody, MessageKind};
use zapgres_core::recipient::Recipient;
use zapgres_providers::OutgoingMessage;

use super::{NUMBER, accepted_json, body, meta, meta_with, to_ana};
use crate::SECRET;
use crate::server::{AnswerScript, AnsweringServer, SeenRequest};

/// The only request that sending `message` makes.
async fn request_of(message: &OutgoingMessage) -> SeenRequest {
    let server = AnsweringServer::start(AnswerScript::json(200, &accepted_json())).await;
    meta(&server.base_url)
        .send(message)
        .await
        .expect("it is sent");
    let mut requests = server.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    requests.remove(0)
}

/// P1: the request is the documented one.
#[tokio::test]
async fn a_text_is_what_meta_expects() {
    let message = to_ana(MessageBody::text("Olá, Ana!\n*Total: R$ 5,00*"));
    let request = request_of(&message).await;
    assert_eq!(request.target, format!("POST /v25.0/{NUMBER}/messages"));
    assert_eq!(request.header("authorization"), format!("Bearer {SECRET}"));
    assert_eq!(request.header("content-type"), "application/json");
    let expected = json!({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+5531987654321",
        "type": "text",
        "text": {"body": "Olá, Ana!\n*Total: R$ 5,00*", "preview_url": false},
    });
    assert_eq!(request.body, expected);
}

#[tokio::test]
async fn a_path_in_the_address_and_another_version_are_kept() {
    let server = AnsweringServer::start(AnswerScript::json(200, &accepted_json())).await;
    let base_url = format!("{}/graph/", server.base_url);
    let provider = meta_with(&base_url, json!({"api_version": "v26.1"}));
    let message = to_ana(MessageBody::text("Oi"));
    provider.send(&message).await.expect("it is sent");
    let target = format!("POST /graph/v26.1/{NUMBER}/messages");
    assert_eq!(server.requests()[0].target, target);
}

/// P1: every kind without a file; those with one are in `media`.
#[tokio::test]
async fn every_kind_has_its_object() {
    for (kind, payload, name, expected) in kinds() {
        let request = request_of(&to_ana(body(kind, payload))).await;
        assert_eq!(request.body["type"], name);
        assert_eq!(request.body[name], expected, "{kind}");
    }
}

/// Kind, payload in the queue, Meta's name of it, and the object of that name.
fn kinds() -> Vec<(&'static str, Value, &'static str, Value)> {
    vec![
        (
            "text",
            json!({"text": "https://loja.example", "preview": true}),
            "text",
            json!({"body": "https://loja.example", "preview_url": true}),
        ),
        (
            "location",
            json!({"latitude": -23.5, "longitude": -46.6, "name": "Loja", "address": "Sé, 1"}),
            "location",
            json!({"latitude": -23.5, "longitude": -46.6, "name": "Loja", "address": "Sé, 1"}),
        ),
        (
            "location",
            json!({"latitude": 0.0, "longitude": 0.5}),
            "location",
            json!({"latitude": 0.0, "longitude": 0.5}),
        ),
        (
            "contact",
            json!({"contacts": [
                {"name": "Bia Souza", "phone": "+5511987654321", "organization": "Loja",
                 "email": "bia@loja.example"},
                {"name": "Caio", "phone": "+5511987654322"},
            ]}),
            "contacts",
            json!([
                {"name": {"formatted_name": "Bia Souza", "first_name": "Bia"},
                 "phones": [{"phone": "+5511987654321", "type": "CELL", "wa_id": "5511987654321"}],
                 "org": {"company": "Loja"}, "emails": [{"email": "bia@loja.example"}]},
                {"name": {"formatted_name": "Caio", "first_name": "Caio"},
                 "phones": [{"phone": "+5511987654322", "type": "CELL", "wa_id": "5511987654322"}]},
            ]),
        ),
        (
            "reaction",
            json!({"message_id": "wamid.IN", "emoji": "👍"}),
            "reaction",
            json!({"message_id": "wamid.IN", "emoji": "👍"}),
        ),
        (
            "reaction",
            json!({"message_id": "wamid.IN", "emoji": ""}),
            "reaction",
            json!({"message_id": "wamid.IN", "emoji": ""}),
        ),
        (
            "buttons",
            json!({"title": "Pedido", "text": "Confirma?", "footer": "Loja",
                   "buttons": [{"id": "y", "label": "Sim"}, {"id": "n", "label": "Não"}]}),
            "interactive",
            json!({"type": "button", "header": {"type": "text", "text": "Pedido"},
                   "body": {"text": "Confirma?"}, "footer": {"text": "Loja"},
                   "action": {"buttons": [
                       {"type": "reply", "reply": {"id": "y", "title": "Sim"}},
                       {"type": "reply", "reply": {"id": "n", "title": "Não"}}]}}),
        ),
        (
            "list",
            json!({"text": "O que deseja?", "button": "Ver", "title": "", "sections": [
                {"title": "Pizzas", "rows": [{"id": "p1", "title": "Calabresa",
                                              "description": "G"}]},
                {"title": "Bebidas", "rows": [{"id": "b1", "title": "Água"}]}]}),
            "interactive",
            json!({"type": "list", "body": {"text": "O que deseja?"},
                   "action": {"button": "Ver", "sections": [
                       {"title": "Pizzas", "rows": [{"id": "p1", "title": "Calabresa",
                                                     "description": "G"}]},
                       {"title": "Bebidas", "rows": [{"id": "b1", "title": "Água"}]}]}}),
        ),
    ]
}

/// O4, P8: what an approved template is filled with.
#[tokio::test]
async fn templates_are_filled_by_place_or_by_name() {
    let rows = [
        (
            json!({"name": "hello_world", "language": "en_US"}),
            json!({"name": "hello_world", "language": {"code": "en_US"}}),
        ),
        (
            json!({"name": "pedido", "language": "pt_BR",
                   "header": {"type": "text", "text": "12"},
                   "parameters": [{"text": "Ana"}, {"text": "R$ 45,90"}],
                   "buttons": [{"type": "url", "index": 0, "text": "p/12"},
                               {"type": "quick_reply", "index": 1, "payload": "CANCEL:12"},
                               {"type": "copy_code", "index": 2, "code": "OFF10"}]}),
            json!({"name": "pedido", "language": {"code": "pt_BR"}, "components": [
                {"type": "header", "parameters": [{"type": "text", "text": "12"}]},
                {"type": "body", "parameters": [{"type": "text", "text": "Ana"},
                                                {"type": "text", "text": "R$ 45,90"}]},
                {"type": "button", "sub_type": "url", "index": "0",
                 "parameters": [{"type": "text", "text": "p/12"}]},
                {"type": "button", "sub_type": "quick_reply", "index": "1",
                 "parameters": [{"type": "payload", "payload": "CANCEL:12"}]},
                {"type": "button", "sub_type": "copy_code", "index": "2",
                 "parameters": [{"type": "coupon_code", "coupon_code": "OFF10"}]}]}),
        ),
        (
            json!({"name": "pedido", "language": "pt_BR",
                   "parameters": [{"name": "cliente", "text": "Ana"}]}),
            json!({"name": "pedido", "language": {"code": "pt_BR"}, "components": [
                {"type": "body", "parameters": [
                    {"type": "text", "parameter_name": "cliente", "text": "Ana"}]}]}),
        ),
    ];
    for (payload, expected) in rows {
        let request = request_of(&to_ana(body("template", payload))).await;
        assert_eq!(request.body["type"], "template");
        assert_eq!(request.body["template"], expected);
    }
}

/// O4: people with a number, people with a name only, groups.
#[tokio::test]
async fn every_kind_of_recipient_that_meta_knows_has_its_field() {
    for (kind, address, recipient_type, field, expected) in [
        (
            "phone",
            "+5531987654321",
            "individual",
            "to",
            "+5531987654321",
        ),
        ("bsuid", "BR.15025", "individual", "recipient", "BR.15025"),
        (
            "group",
            "Y2FwaV9ncm91cDo=",
            "group",
            "to",
            "Y2FwaV9ncm91cDo=",
        ),
    ] {
        let recipient = Recipient::parse(kind, address).expect("a recipient");
        let message = OutgoingMessage::new(recipient, MessageBody::text("Oi"));
        let request = request_of(&message).await.body;
        assert_eq!(request["recipient_type"], recipient_type);
        assert_eq!(request[field], expected);
        let fields = request.as_object().expect("an object");
        assert_ne!(fields.contains_key("to"), fields.contains_key("recipient"));
    }
}

/// The address that Meta itself uses, if we know it: it may lack the ninth digit.
#[tokio::test]
async fn a_confirmed_address_is_written_to() {
    let mut message = to_ana(MessageBody::text("Oi"));
    message.confirmed_address = Some("553187654321".to_owned());
    assert_eq!(request_of(&message).await.body["to"], "+553187654321");
}

/// B2: our own name of the message comes back in receipts. A reaction names its message itself.
#[tokio::test]
async fn a_message_has_its_reference_and_what_it_quotes() {
    let mut message = to_ana(MessageBody::text("Oi"));
    message.reference = Some("job-123".to_owned());
    message.quotes = Some("wamid.IN".to_owned());
    let request = request_of(&message).await.body;
    assert_eq!(request["biz_opaque_callback_data"], "job-123");
    assert_eq!(request["context"], json!({"message_id": "wamid.IN"}));
    message.body = body("reaction", json!({"message_id": "wamid.IN", "emoji": "👍"}));
    assert_eq!(request_of(&message).await.body["context"], Value::Null);
}

#[tokio::test]
async fn polls_are_the_only_kind_that_meta_lacks() {
    let provider = meta("http://127.0.0.1:1");
    let kinds = provider.kinds();
    let lacking: Vec<_> = MessageKind::ALL
        .into_iter()
        .filter(|kind| !kinds.contains(kind))
        .collect();
    assert_eq!(lacking, [MessageKind::Poll]);
    assert!(provider.can_quote());
}
