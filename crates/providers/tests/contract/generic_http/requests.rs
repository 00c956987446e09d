//! The requests that templates make.

use proptest::prelude::*;
use serde_json::{Value, json};
use zapgres_core::error_class::ErrorClass;
use zapgres_core::message::{MessageBody, MessageKind};
use zapgres_core::recipient::Recipient;
use zapgres_providers::{OutgoingMessage, fit};

use super::{TEXT, channel, message};
use crate::SECRET;
use crate::server::{AnswerScript, AnsweringServer, SeenRequest};

/// The one request that a channel with these options makes for this message.
async fn request_of(options: &Value, message: &OutgoingMessage) -> SeenRequest {
    let server = AnsweringServer::start(AnswerScript::text(200, "")).await;
    let base_url = format!("{}/v1/messages", server.base_url);
    let provider = channel(&base_url, options).expect("good options");
    provider.send(message).await.expect("a yes");
    server.requests().remove(0)
}

/// T11: an SMS gateway is a channel like any other; nothing that sends messages is changed for it.
#[tokio::test]
async fn an_sms_gateway_with_json_needs_options_only() {
    let options = json!({
        "headers": {"Authorization": "Bearer {{ secret }}", "X-Account": "{{ secrets.account }}"},
        "body": "{\"from\": \"{{ sender }}\", \"to\": \"{{ to }}\", \"text\": \"{{ text }}\", \
            \"callback_data\": \"{{ reference }}\", \"kind\": \"{{ kind }}\"}",
        "message_id": "/messages/0/id",
    });
    let answer = json!({"messages": [{"id": "sms-1", "status": "queued"}]});
    let server = AnsweringServer::start(AnswerScript::json(202, &answer)).await;
    let provider = channel(&format!("{}/sms", server.base_url), &options).unwrap();
    let accepted = provider.send(&message()).await.unwrap();
    assert_eq!(accepted.provider_message_id, "sms-1");
    let request = server.requests().remove(0);
    assert_eq!(request.target, "POST /sms");
    assert_eq!(request.header("authorization"), format!("Bearer {SECRET}"));
    assert_eq!(request.header("x-account"), "loja-account");
    assert_eq!(request.header("content-type"), "application/json");
    let expected = json!({
        "from": "Pizzaria", "to": "+5511987654321", "text": TEXT, "callback_data": "n-7", "kind": "text",
    });
    assert_eq!(request.body, expected);
}

/// Written in one piece on a command line, a body is JSON already.
#[tokio::test]
async fn a_body_may_be_json_with_templates_in_its_texts() {
    let options =
        json!({"body": {"to": "{{ to }}", "text": "{{ sender }}: {{ text }}", "flash": false}});
    let request = request_of(&options, &message()).await;
    let text = format!("Pizzaria: {TEXT}");
    assert_eq!(
        request.body,
        json!({"to": "+5511987654321", "text": text, "flash": false})
    );
}

/// T11: the form-encoded bodies of older gateways.
#[tokio::test]
async fn a_form_is_encoded() {
    let options = json!({
        "content_type": "application/x-www-form-urlencoded; charset=utf-8",
        "body": "To={{ to }}&From={{ sender }}&Body={{ text }}",
    });
    let request = request_of(&options, &message()).await;
    assert_eq!(
        request.header("content-type"),
        "application/x-www-form-urlencoded; charset=utf-8"
    );
    let form: Vec<(String, String)> = form_urlencoded::parse(&request.bytes)
        .into_owned()
        .collect();
    let expected = [
        ("To", "+5511987654321"),
        ("From", "Pizzaria"),
        ("Body", TEXT),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(form, expected);
}

#[tokio::test]
async fn everything_may_be_in_the_query() {
    let options = json!({
        "method": "GET",
        "query": {"key": "{{ secret }}", "number": "{{ digits }}", "text": "{{ text }}"},
    });
    let request = request_of(&options, &message()).await;
    let (path, query) = request.target.split_once('?').expect("a query");
    assert_eq!(path, "GET /v1/messages");
    let query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let expected = [("key", SECRET), ("number", "5511987654321"), ("text", TEXT)];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(query, expected);
    assert!(request.bytes.is_empty());
    assert_eq!(request.header("content-type"), "");
}

#[tokio::test]
async fn xml_and_plain_bodies_are_what_their_type_needs() {
    let xml = json!({"method": "PUT", "content_type": "text/xml", "body": "<sms>{{ text }}</sms>"});
    let request = request_of(&xml, &message()).await;
    assert!(request.target.starts_with("PUT "));
    let body = String::from_utf8(request.bytes.to_vec()).expect("UTF-8");
    assert!(body.contains("&amp; &lt;b&gt;50%"), "{body}");
    let plain = json!({"content_type": "text/plain", "body": "{{ text }}"});
    let request = request_of(&plain, &message()).await;
    assert_eq!(request.bytes, TEXT.as_bytes());
}

/// Templates have Jinja's filters, loops and conditions; whole objects are written as JSON.
#[tokio::test]
async fn a_template_may_do_more_than_fill_in() {
    let options = json!({
        "headers": {"Content-Type": "application/vnd.sms+json"},
        "body": "{\"list\": [{% for n in [1, 2] %}{{ n }}{% if not loop.last %},{% endif %}{% endfor %}], \
            \"shout\": \"> {{ text | upper }}\", \"message\": {{ payload }}}",
    });
    let request = request_of(&options, &message()).await;
    assert_eq!(request.header("content-type"), "application/vnd.sms+json");
    let upper = format!("> {}", TEXT.to_uppercase());
    let payload = json!({"kind": "text", "text": TEXT, "preview": false});
    assert_eq!(
        request.body,
        json!({"list": [1, 2], "shout": upper, "message": payload})
    );
}

/// P1: a channel says which kinds its API takes; others are put in words or refused.
#[tokio::test]
async fn other_kinds_are_sent_where_the_channel_accepts_them() {
    let options = json!({
        "accepts": ["text", "image"],
        "body": "{\"text\": \"{{ text }}\"\
            {% if kind == 'image' %}, \"picture\": \"{{ payload.url }}\"{% endif %}}",
    });
    let image = json!({"url": "https://loja.example/1.png"});
    let image = MessageBody::from_parts("image", Some("Pizza \"nova\""), Some(&image)).unwrap();
    let to_ana = |body| OutgoingMessage { body, ..message() };
    let request = request_of(&options, &to_ana(image)).await;
    let expected = json!({"text": "Pizza \"nova\"", "picture": "https://loja.example/1.png"});
    assert_eq!(request.body, expected);

    let provider = channel("http://127.0.0.1:1", &options).unwrap();
    assert_eq!(provider.kinds(), [MessageKind::Text, MessageKind::Image]);
    let buttons = json!({"buttons": [{"id": "s", "label": "Sim"}]});
    let buttons = MessageBody::from_parts("buttons", Some("Ok?"), Some(&buttons)).unwrap();
    let fitted = fit(provider.as_ref(), to_ana(buttons), true).expect("a text");
    assert_eq!(fitted.body, MessageBody::text("Ok?\n\n1. Sim"));
    let video = MessageBody::from_parts("video", None, Some(&json!({"base64": "AAAA"}))).unwrap();
    assert!(fit(provider.as_ref(), to_ana(video), true).is_err());
}

#[tokio::test]
async fn who_has_no_number_is_not_asked_for() {
    let provider = channel("http://127.0.0.1:1", &json!({})).unwrap();
    let group = Recipient::parse("group", "120363025246125486").expect("a recipient");
    let message = OutgoingMessage::new(group, MessageBody::text("Oi"));
    let error = provider.send(&message).await.expect_err("a refusal");
    assert_eq!(
        (error.class, error.reached_provider),
        (ErrorClass::RecipientInvalid, false)
    );
}

/// A text with a line break cannot be in a header: the message is refused, the channel is not at fault.
#[tokio::test]
async fn a_message_that_fits_no_header_is_refused_before_it_is_sent() {
    let options = json!({"headers": {"X-Reference": "{{ reference }}"}});
    let provider = channel("http://127.0.0.1:1", &options).unwrap();
    let message = OutgoingMessage {
        reference: Some("a\r\nX-Evil: 1".to_owned()),
        ..message()
    };
    let error = provider.send(&message).await.expect_err("a refusal");
    assert_eq!(
        (error.class, error.reached_provider),
        (ErrorClass::Rejected, false)
    );
    assert_eq!(
        error.message,
        "option headers.X-Reference: gives no header: one line"
    );
}

/// A template that repeats what somebody wrote must not fill the memory.
#[tokio::test]
async fn a_body_that_grows_too_large_is_refused_before_it_is_sent() {
    let body = "{\"text\": \"{% for n in range(5000) %}{{ text }}{% endfor %}\"}";
    let provider = channel("http://127.0.0.1:1", &json!({"body": body})).unwrap();
    let message = OutgoingMessage {
        body: MessageBody::text("a".repeat(4096)),
        ..message()
    };
    let error = provider.send(&message).await.expect_err("a refusal");
    assert_eq!(
        (error.class, error.reached_provider),
        (ErrorClass::Rejected, false)
    );
    assert_eq!(error.message, "option body: gives too long a text");
}

/// A file within the body is as long as it is.
#[tokio::test]
async fn a_body_may_hold_the_whole_file() {
    let data = "QUFB".repeat(400 * 1024);
    let payload = json!({"base64": data, "file_name": "a.txt"});
    let document = MessageBody::from_parts("document", None, Some(&payload)).unwrap();
    let options = json!({
        "accepts": ["document"],
        "body": {"file": "{% if payload.base64 is defined %}{{ payload.base64 }}{% endif %}"},
    });
    let message = OutgoingMessage {
        body: document,
        ..message()
    };
    let request = request_of(&options, &message).await;
    assert_eq!(
        request.body["file"].as_str().map(str::len),
        Some(data.len())
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever somebody writes, the body stays one JSON object with that text in it.
    #[test]
    fn no_text_breaks_out_of_a_json_body(text in "\\PC{0,40}|[\"\\\\\n\r\t{}% ]{0,40}") {
        prop_assume!(!text.trim().is_empty());
        let options = json!({"body": "{\"a\": {\"text\": \"[{{ text }}]\"}}"});
        let message = OutgoingMessage { body: MessageBody::text(text.clone()), ..message() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let request = runtime.block_on(request_of(&options, &message));
        prop_assert_eq!(request.body, json!({"a": {"text": format!("[{text}]")}}));
    }
}
