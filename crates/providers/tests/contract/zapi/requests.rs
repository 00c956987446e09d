//! The request of every kind of message.

use serde_json::{Value, json};
use zapgres_core::error_class::ErrorClass;
use zapgres_core::message::{MessageBody, MessageKind};
use zapgres_core::recipient::Recipient;
use zapgres_providers::{OutgoingMessage, fit, provider_named};

use super::{CLIENT_TOKEN, accepted_json, channel, target, zapi};
use crate::server::{AnswerScript, AnsweringServer, SeenRequest};
use crate::{http, phone};

fn message(body: &Value) -> OutgoingMessage {
    let body: MessageBody = serde_json::from_value(body.clone()).expect("a message");
    OutgoingMessage::new(phone("11987654321"), body)
}

/// The request that sending this makes, with these options of the channel.
async fn request(message: &OutgoingMessage, options: &Value) -> SeenRequest {
    let server = AnsweringServer::start(AnswerScript::json(200, &accepted_json())).await;
    let channel = channel(&server.base_url, options);
    let provider = provider_named("zapi", channel, http()).expect("zapi is there");
    let accepted = provider.send(message).await.expect("accepted");
    assert_eq!(accepted.provider_message_id, "D241F7");
    assert_eq!(accepted.recipient_address, None);
    let requests = server.requests();
    let [request] = requests.as_slice() else {
        panic!("one request, not {requests:?}");
    };
    request.clone()
}

/// Asserts the operation and, besides `phone`, the fields.
async fn assert_request(body: Value, operation: &str, mut fields: Value) {
    let request = request(&message(&body), &json!({})).await;
    fields["phone"] = json!("5511987654321");
    assert_eq!(request.target, target("POST", operation), "{body}");
    assert_eq!(request.body, fields, "{body}");
    assert_eq!(request.header("client-token"), CLIENT_TOKEN);
    assert_eq!(request.header("content-type"), "application/json");
}

/// P1: the request is the documented one.
#[tokio::test]
async fn a_text_is_sent_as_documented() {
    assert_request(
        json!({"kind": "text", "text": "Olá, Ana!\n*R$ 5,00*"}),
        "send-text",
        json!({"message": "Olá, Ana!\n*R$ 5,00*"}),
    )
    .await;
}

/// P1
#[tokio::test]
async fn files_are_sent_as_addresses_or_data_uris() {
    let url = "https://loja.example/a.bin";
    for (kind, usual) in [
        ("image", "image/jpeg"),
        ("video", "video/mp4"),
        ("audio", "audio/ogg"),
        ("sticker", "image/webp"),
    ] {
        let operation = format!("send-{kind}");
        assert_request(
            json!({"kind": kind, "url": url}),
            &operation,
            json!({kind: url}),
        )
        .await;
        for (given, shown) in [(Value::Null, usual), (json!("image/png"), "image/png")] {
            assert_request(
                json!({"kind": kind, "base64": "QUJD", "mime_type": given}),
                &operation,
                json!({kind: format!("data:{shown};base64,QUJD")}),
            )
            .await;
        }
    }
    assert_request(
        json!({"kind": "image", "url": url, "caption": "Nova"}),
        "send-image",
        json!({"image": url, "caption": "Nova"}),
    )
    .await;
    assert_request(
        json!({"kind": "audio", "url": url, "voice": true}),
        "send-audio",
        json!({"audio": url, "waveform": true}),
    )
    .await;
}

/// P1: the type of a document stands in the URL.
#[tokio::test]
async fn a_documents_ending_comes_from_its_name_its_type_or_its_address() {
    let url = "https://loja.example/nota";
    assert_request(
        json!({"kind": "document", "url": url, "file_name": "Nota 7.PDF", "caption": "Nota"}),
        "send-document/pdf",
        json!({"document": url, "fileName": "Nota 7.PDF", "caption": "Nota"}),
    )
    .await;
    assert_request(
        json!({"kind": "document", "url": url, "mime_type": "text/csv; charset=utf-8"}),
        "send-document/csv",
        json!({"document": url}),
    )
    .await;
    assert_request(
        json!({"kind": "document", "url": format!("{url}.xlsx?v=1.2")}),
        "send-document/xlsx",
        json!({"document": format!("{url}.xlsx?v=1.2")}),
    )
    .await;
    assert_request(
        json!({"kind": "document", "base64": "QUJD", "mime_type": "application/pdf"}),
        "send-document/pdf",
        json!({"document": "data:application/pdf;base64,QUJD"}),
    )
    .await;
}

#[tokio::test]
async fn a_document_of_no_known_type_is_refused_before_it_is_sent() {
    for body in [
        json!({"kind": "document", "base64": "QUJD"}),
        json!({"kind": "document", "url": "https://loja.example/nota", "file_name": "a/../b.c d"}),
    ] {
        let error = zapi("http://127.0.0.1:1").send(&message(&body)).await;
        let error = error.expect_err("refused");
        assert_eq!(error.class, ErrorClass::Rejected);
        assert!(!error.reached_provider);
        assert!(error.message.contains("give file_name or mime_type"));
    }
}

/// P1
#[tokio::test]
async fn places_and_contacts_are_sent_as_documented() {
    assert_request(
        json!({"kind": "location", "latitude": -23.5, "longitude": -46.625,
            "name": "Loja", "address": "Rua A, 1"}),
        "send-location",
        json!({"title": "Loja", "address": "Rua A, 1", "latitude": "-23.5", "longitude": "-46.625"}),
    )
    .await;
    assert_request(
        json!({"kind": "location", "latitude": -23.5, "longitude": 0.0}),
        "send-location",
        json!({"title": "-23.5, 0", "address": "-23.5, 0", "latitude": "-23.5", "longitude": "0"}),
    )
    .await;
    let ana = json!({"name": "Ana", "phone": "+5511987654321", "organization": "Loja"});
    let bia = json!({"name": "Bia", "phone": "+5511912345678"});
    assert_request(
        json!({"kind": "contact", "contacts": [ana]}),
        "send-contact",
        json!({"contactName": "Ana", "contactPhone": "5511987654321",
            "contactBusinessDescription": "Loja"}),
    )
    .await;
    assert_request(
        json!({"kind": "contact", "contacts": [ana, bia]}),
        "send-contacts",
        json!({"contacts": [
            {"name": "Ana", "phones": ["5511987654321"], "businessDescription": "Loja"},
            {"name": "Bia", "phones": ["5511912345678"]},
        ]}),
    )
    .await;
}

/// P1
#[tokio::test]
async fn an_emoji_is_set_and_taken_away() {
    assert_request(
        json!({"kind": "reaction", "message_id": "3EB0", "emoji": "👍"}),
        "send-reaction",
        json!({"messageId": "3EB0", "reaction": "👍"}),
    )
    .await;
    assert_request(
        json!({"kind": "reaction", "message_id": "3EB0", "emoji": ""}),
        "send-remove-reaction",
        json!({"messageId": "3EB0"}),
    )
    .await;
}

/// P1
#[tokio::test]
async fn choices_are_sent_as_documented() {
    assert_request(
        json!({"kind": "buttons", "title": "Pedido", "text": "Confirma?", "footer": "Loja",
            "buttons": [{"id": "s", "label": "Sim"}, {"id": "n", "label": "Não"}]}),
        "send-button-list",
        json!({"message": "*Pedido*\nConfirma?\n\n_Loja_", "buttonList": {"buttons": [
            {"id": "s", "label": "Sim"}, {"id": "n", "label": "Não"},
        ]}}),
    )
    .await;
    assert_request(
        json!({"kind": "list", "text": "Escolha", "footer": "Loja", "button": "Abrir", "sections": [
            {"title": "Doces", "rows": [{"id": "1", "title": "Bolo", "description": "Fatia"}]},
            {"rows": [{"id": "2", "title": "Pão"}]},
        ]}),
        "send-option-list",
        json!({"message": "Escolha\n\n_Loja_", "optionList": {
            "title": "Abrir", "buttonLabel": "Abrir", "options": [
                {"id": "1", "title": "Bolo", "description": "Fatia"},
                {"id": "2", "title": "Pão", "description": ""},
            ],
        }}),
    )
    .await;
    let poll = |choices| json!({"kind": "poll", "question": "Qual?", "options": ["A", "B"], "choices": choices});
    let options = json!([{"name": "A"}, {"name": "B"}]);
    assert_request(
        poll(1),
        "send-poll",
        json!({"message": "Qual?", "poll": options, "pollMaxOptions": 1}),
    )
    .await;
    assert_request(
        poll(0),
        "send-poll",
        json!({"message": "Qual?", "poll": options}),
    )
    .await;
}

/// P1: a message that quotes names the quoted one in `messageId`.
#[tokio::test]
async fn messages_quote_where_that_is_documented_and_are_refused_elsewhere() {
    let quoting = |body: &Value| OutgoingMessage {
        quotes: Some("3EB0".to_owned()),
        ..message(body)
    };
    let place = json!({"kind": "location", "latitude": 1.0, "longitude": 1.0});
    for body in [json!({"kind": "text", "text": "Sim"}), place] {
        let request = request(&quoting(&body), &json!({})).await;
        assert_eq!(request.body["messageId"], "3EB0");
    }
    let provider = zapi("http://127.0.0.1:1");
    assert!(provider.can_quote());
    for body in [
        json!({"kind": "poll", "question": "?", "options": ["A", "B"]}),
        json!({"kind": "audio", "url": "https://loja.example/a.ogg"}),
        json!({"kind": "reaction", "message_id": "1", "emoji": "👍"}),
    ] {
        let error = provider.send(&quoting(&body)).await.expect_err("refused");
        assert_eq!(error.class, ErrorClass::Rejected);
        assert!(!error.reached_provider && error.message.contains("quote"));
    }
}

/// O4: recipients without a number are written to as Z-API spells them.
#[tokio::test]
async fn every_recipient_has_its_spelling() {
    let text = || MessageBody::text("Oi");
    for (kind, address, spelling) in [
        ("phone", "+14155550100", "14155550100"),
        ("group", "120363025246125486", "120363025246125486-group"),
        (
            "group",
            "5511987654321-1623456789",
            "5511987654321-1623456789",
        ),
        ("lid", "81896604192873", "81896604192873@lid"),
    ] {
        let recipient = Recipient::parse(kind, address).expect("a recipient");
        let message = OutgoingMessage::new(recipient, text());
        assert_eq!(request(&message, &json!({})).await.body["phone"], spelling);
    }
    let confirmed = OutgoingMessage {
        confirmed_address: Some("551187654321".to_owned()),
        ..OutgoingMessage::new(phone("11987654321"), text())
    };
    assert_eq!(
        request(&confirmed, &json!({})).await.body["phone"],
        "551187654321"
    );
    let bsuid = Recipient::parse("bsuid", "BR.1502576394655843").expect("a bsuid");
    let message = OutgoingMessage::new(bsuid, text());
    let error = zapi("http://127.0.0.1:1").send(&message).await;
    let error = error.expect_err("refused");
    assert_eq!(error.class, ErrorClass::Rejected);
    assert!(!error.reached_provider && error.message.contains("bsuid"));
}

#[tokio::test]
async fn pauses_are_asked_for_where_they_are_known() {
    let options = json!({"delay_seconds": 15, "typing_seconds": 1});
    let text = message(&json!({"kind": "text", "text": "Oi"}));
    let body = request(&text, &options).await.body;
    assert_eq!(
        (&body["delayMessage"], &body["delayTyping"]),
        (&json!(15), &json!(1))
    );
    let image = message(&json!({"kind": "image", "url": "https://loja.example/a.png"}));
    let body = request(&image, &options).await.body;
    assert_eq!(
        (&body["delayMessage"], &body["delayTyping"]),
        (&json!(15), &Value::Null)
    );
}

#[test]
fn wrong_options_are_named() {
    for (options, name) in [
        (json!({"delay_seconds": 0}), "delay_seconds"),
        (json!({"delay_seconds": 16}), "delay_seconds"),
        (json!({"typing_seconds": "3"}), "typing_seconds"),
        (json!({"delay": 1}), "delay"),
    ] {
        let channel = channel("http://127.0.0.1:1", &options);
        let error = provider_named("zapi", channel, http()).err();
        let error = error.expect("refused").to_string();
        assert!(error.starts_with(&format!("option {name}: ")), "{error}");
    }
}

/// P1: all kinds but templates.
#[test]
fn templates_are_the_only_kind_it_lacks() {
    let provider = zapi("http://127.0.0.1:1");
    let lacks: Vec<MessageKind> = MessageKind::ALL
        .into_iter()
        .filter(|kind| !provider.kinds().contains(kind))
        .collect();
    assert_eq!(lacks, [MessageKind::Template]);
    let template = message(&json!({"kind": "template", "name": "a", "language": "pt_BR"}));
    let error = fit(&*provider, template, true).expect_err("refused");
    assert_eq!(error.message, "zapi has no messages of kind template");
}

/// The token is optional until it is switched on in the account.
#[tokio::test]
async fn without_a_client_token_none_is_sent() {
    let server = AnsweringServer::start(AnswerScript::json(200, &accepted_json())).await;
    let provider = provider_named("zapi", crate::address(&server.base_url), http());
    let text = message(&json!({"kind": "text", "text": "Oi"}));
    let sent = provider.expect("zapi is there").send(&text).await;
    assert!(sent.is_ok());
    assert!(!server.requests()[0].headers.contains_key("client-token"));
}

#[test]
fn its_address_need_not_be_given() {
    let registered = zapgres_providers::registered("zapi").expect("zapi is there");
    assert_eq!(registered.base_url, Some("https://api.z-api.io"));
}
