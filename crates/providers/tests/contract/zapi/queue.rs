//! Whether a message whose answer was lost is still in Z-API's queue.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use zapgres_core::error_class::ErrorClass;
use zapgres_core::message::MessageBody;
use zapgres_providers::{Accepted, Enquiry, OutgoingMessage, Reconciliation};

use super::{target, targets, zapi};
use crate::phone;
use crate::server::{AnswerScript, AnsweringServer};

const SINCE: &str = "2026-03-31T14:40:00Z";
const UNTIL: &str = "2026-03-31T14:41:00Z";
/// 14:40:31
const BETWEEN: i64 = 1_774_968_031_776;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn enquiry() -> Enquiry {
    Enquiry {
        message: OutgoingMessage::new(phone("11987654321"), MessageBody::text("Pedido 7")),
        since: at(SINCE),
        until: at(UNTIL),
        others: HashSet::from(["OTHER".to_owned()]),
    }
}

fn queued() -> Value {
    json!({
        "_id": "019D44", "ZaapId": "019D44", "MessageId": "ECF39", "InstanceId": "loja1",
        "Phone": "5511987654321", "Message": "Pedido 7", "DelayMessage": -1, "DelayTyping": 0,
        "Created": BETWEEN, "CreatedAt": "2026-03-31T14:40:31.776+00:00", "Beta": false,
    })
}

fn with(field: &str, value: Value) -> Value {
    let mut message = queued();
    message[field] = value;
    message
}

fn page(messages: &[Value]) -> AnswerScript {
    AnswerScript::json(
        200,
        &json!({"messages": messages, "pagingState": "", "hasMore": false}),
    )
}

async fn reconciled(script: AnswerScript, enquiry: &Enquiry) -> Reconciliation {
    let server = AnsweringServer::start(script).await;
    let found = zapi(&server.base_url).reconcile(enquiry).await;
    found.expect("an answer")
}

fn found(id: &str, address: &str) -> Reconciliation {
    Reconciliation::Found(Accepted {
        provider_message_id: id.to_owned(),
        recipient_address: Some(address.to_owned()),
    })
}

/// B2: a message in the queue was accepted.
#[tokio::test]
async fn a_message_that_waits_in_the_queue_is_found() {
    let cases = [
        (queued(), found("ECF39", "5511987654321")),
        (
            with("MessageId", json!(null)),
            found("019D44", "5511987654321"),
        ),
        // Without the ninth digit it is the same number.
        (
            with("Phone", json!("551187654321")),
            found("ECF39", "551187654321"),
        ),
    ];
    for (message, expected) in cases {
        let page = page(&[json!({"Message": 7}), message]);
        assert_eq!(reconciled(page, &enquiry()).await, expected);
    }
}

/// B2: and one that is not there may have gone out already.
#[tokio::test]
async fn a_message_that_is_not_in_the_queue_may_have_been_sent() {
    for message in [
        with("Phone", json!("5511912345678")),
        with("Message", json!("Pedido 8")),
        with("MessageId", json!("OTHER")),
        with("Created", json!(at(SINCE).timestamp_millis() - 1)),
        with("Created", json!(at(UNTIL).timestamp_millis() + 1000)),
        with("Created", json!(null)),
    ] {
        let found = reconciled(page(std::slice::from_ref(&message)), &enquiry()).await;
        assert_eq!(found, Reconciliation::CannotTell, "{message}");
    }
    assert_eq!(
        reconciled(page(&[]), &enquiry()).await,
        Reconciliation::CannotTell
    );
}

#[tokio::test]
async fn one_of_two_equal_messages_is_not_taken_for_the_other() {
    let both = page(&[with("MessageId", json!("OTHER")), queued()]);
    assert_eq!(
        reconciled(both, &enquiry()).await,
        found("ECF39", "5511987654321")
    );
}

#[tokio::test]
async fn a_page_of_long_texts_is_read() {
    let long = with("Message", json!("é".repeat(4096)));
    let mut messages = vec![long; 29];
    messages.push(queued());
    assert_eq!(
        reconciled(page(&messages), &enquiry()).await,
        found("ECF39", "5511987654321")
    );
}

#[tokio::test]
async fn all_pages_are_looked_through() {
    let server = AnsweringServer::start_with(|request| {
        let (messages, next) = match request.body["pagingState"].as_str() {
            None => (vec![], Some("2")),
            Some("2") => (vec![], Some("3")),
            _ => (vec![queued()], None),
        };
        let body = json!({"messages": messages, "pagingState": next, "hasMore": next.is_some()});
        AnswerScript::json(200, &body)
    })
    .await;
    let answer = zapi(&server.base_url).reconcile(&enquiry()).await;
    assert_eq!(answer, Ok(found("ECF39", "5511987654321")));
    let bodies: Vec<Value> = server
        .requests()
        .into_iter()
        .map(|request| request.body)
        .collect();
    assert_eq!(
        bodies,
        [
            json!({"pageSize": 30}),
            json!({"pageSize": 30, "pagingState": "2"}),
            json!({"pageSize": 30, "pagingState": "3"}),
        ]
    );
    assert_eq!(targets(&server)[0], target("POST", "queue"));
}

#[tokio::test]
async fn a_queue_without_end_is_left_at_last() {
    let endless = json!({"messages": [], "pagingState": "again", "hasMore": true});
    let server = AnsweringServer::start(AnswerScript::json(200, &endless)).await;
    let answer = zapi(&server.base_url).reconcile(&enquiry()).await;
    assert_eq!(answer, Ok(Reconciliation::CannotTell));
    assert_eq!(server.requests().len(), 34);
}

#[tokio::test]
async fn only_texts_can_be_told_apart_in_the_queue() {
    let image = json!({"kind": "image", "url": "https://loja.example/a.png"});
    let enquiry = Enquiry {
        message: OutgoingMessage {
            body: serde_json::from_value(image).expect("a message"),
            ..enquiry().message
        },
        ..enquiry()
    };
    let server = AnsweringServer::start(page(&[queued()])).await;
    let answer = zapi(&server.base_url).reconcile(&enquiry).await;
    assert_eq!(answer, Ok(Reconciliation::CannotTell));
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_server_without_such_a_queue_cannot_tell_and_one_in_trouble_is_asked_again() {
    for script in [
        AnswerScript::json(404, &json!({"error": "NOT_FOUND"})),
        AnswerScript::json(200, &json!({"error": "NOT_FOUND"})),
        AnswerScript::text(405, ""),
        AnswerScript::json(200, &json!([queued()])),
        AnswerScript::text(200, "<html>"),
    ] {
        assert_eq!(
            reconciled(script, &enquiry()).await,
            Reconciliation::CannotTell
        );
    }
    for (class, script) in [
        (ErrorClass::ChannelAuth, AnswerScript::text(403, "")),
        (ErrorClass::Throttled, AnswerScript::text(429, "")),
        (ErrorClass::Transient, AnswerScript::text(500, "")),
        (
            ErrorClass::ChannelDown,
            AnswerScript::json(503, &json!({"error": "not connected"})),
        ),
    ] {
        let server = AnsweringServer::start(script).await;
        let error = zapi(&server.base_url).reconcile(&enquiry()).await;
        assert_eq!(error.expect_err("an error").class, class);
    }
}
