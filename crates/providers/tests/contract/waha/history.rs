//! What the provider makes of a chat's history when an answer was lost.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::MessageBody;
use zapgres_providers::{Accepted, Enquiry, OutgoingMessage, Reconciliation};

use super::{to_ana, waha};
use crate::server::{AnswerScript, AnsweringServer};

const TEXT: &str = "Pedido 7, Ana!";

fn sent_at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_717_689_097, 0).expect("a time")
}

fn enquiry(message: OutgoingMessage) -> Enquiry {
    Enquiry {
        message,
        since: sent_at() - TimeDelta::seconds(60),
        until: sent_at() + TimeDelta::seconds(60),
        others: HashSet::from(["KNOWN".to_owned()]),
    }
}

fn text() -> OutgoingMessage {
    to_ana(MessageBody::text(TEXT))
}

fn record(fields: &Value) -> Value {
    let mut record = json!({
        "id": "true_551187654321@c.us_3EB0C5A277", "timestamp": sent_at().timestamp(), "fromMe": true,
        "from": "5511912345678@c.us", "body": TEXT, "hasMedia": false, "ack": 1, "_data": {},
    });
    for (name, value) in fields.as_object().expect("fields") {
        record[name] = value.clone();
    }
    record
}

async fn asked(script: AnswerScript) -> Result<Reconciliation, SendError> {
    let server = AnsweringServer::start(script).await;
    waha(&server.base_url).reconcile(&enquiry(text())).await
}

async fn shown(records: &[Value]) -> Reconciliation {
    let answer = asked(AnswerScript::json(200, &json!(records))).await;
    answer.expect("an answer")
}

/// B2: the chat is asked for our own messages of that time, with the ninth digit and without.
#[tokio::test]
async fn the_question_names_chat_and_time() {
    let server = AnsweringServer::start(AnswerScript::json(200, &json!([]))).await;
    let provider = waha(&server.base_url);
    let told = provider.reconcile(&enquiry(text())).await;
    assert_eq!(told, Ok(Reconciliation::NotFound));
    let query = "limit=50&downloadMedia=false&filter.fromMe=true\
        &filter.timestamp.gte=1717689037&filter.timestamp.lte=1717689157";
    let target = |chat: &str| format!("GET /api/loja%201/chats/{chat}@c.us/messages?{query}");
    let targets = |server: &AnsweringServer| -> Vec<String> {
        let requests = server.requests();
        requests.into_iter().map(|request| request.target).collect()
    };
    assert_eq!(
        targets(&server),
        [target("5511987654321"), target("551187654321")]
    );

    let confirmed = OutgoingMessage {
        confirmed_address: Some("551187654321@c.us".to_owned()),
        ..text()
    };
    let server = AnsweringServer::start(AnswerScript::json(200, &json!([]))).await;
    let told = waha(&server.base_url).reconcile(&enquiry(confirmed)).await;
    assert_eq!(told, Ok(Reconciliation::NotFound));
    assert_eq!(targets(&server), [target("551187654321")]);
}

/// B2: a message that is there is not sent again; it has the id that its receipts have.
#[tokio::test]
async fn the_message_is_found_by_text_and_time() {
    let other = record(&json!({"id": "true_551187654321@c.us_A", "body": "Pedido 8, Ana!"}));
    let expected = Reconciliation::Found(Accepted {
        provider_message_id: "3EB0C5A277".to_owned(),
        recipient_address: Some("551187654321@c.us".to_owned()),
    });
    assert_eq!(shown(&[other, record(&json!({}))]).await, expected);
    let milliseconds = json!({"timestamp": sent_at().timestamp_millis()});
    assert_eq!(shown(&[record(&milliseconds)]).await, expected);
}

/// B2: old versions ignore the filters, so all of them are applied to the answer.
#[tokio::test]
async fn messages_that_only_look_like_it_are_not_it() {
    for fields in [
        json!({"fromMe": false}),
        json!({"body": "pedido 7, ana!"}),
        json!({"body": null}),
        json!({"hasMedia": true}),
        json!({"ack": -1}),
        json!({"id": "true_551187654321@c.us_KNOWN"}),
        json!({"id": ""}),
        json!({"timestamp": sent_at().timestamp() - 61}),
        json!({"timestamp": sent_at().timestamp() + 61}),
        json!({"timestamp": null}),
    ] {
        let told = shown(&[record(&fields)]).await;
        assert_eq!(told, Reconciliation::NotFound, "{fields}");
    }
}

#[tokio::test]
async fn what_is_not_all_of_the_history_cannot_tell() {
    let others: Vec<Value> = (0..50)
        .map(|number| record(&json!({"id": format!("true_1@c.us_{number}"), "body": "Oi"})))
        .collect();
    assert_eq!(shown(&others).await, Reconciliation::CannotTell);
    let store = json!({"statusCode": 400, "message": "Enable NOWEB store"});
    for script in [
        AnswerScript::json(400, &store),
        AnswerScript::text(404, ""),
        AnswerScript::text(200, "<html>"),
        AnswerScript::json(200, &json!({"messages": []})),
    ] {
        assert_eq!(asked(script).await, Ok(Reconciliation::CannotTell));
    }
}

#[tokio::test]
async fn only_texts_are_told_apart() {
    let sticker = MessageBody::from_parts("sticker", None, Some(&json!({"base64": "AAAA"})));
    let enquiry = enquiry(to_ana(sticker.expect("a sticker")));
    let told = waha("http://127.0.0.1:1").reconcile(&enquiry).await;
    assert_eq!(told, Ok(Reconciliation::CannotTell));
}

#[tokio::test]
async fn who_cannot_be_asked_is_an_error() {
    for (class, status) in [
        (ErrorClass::ChannelAuth, 401),
        (ErrorClass::Throttled, 429),
        (ErrorClass::Transient, 500),
        (ErrorClass::Transient, 502),
    ] {
        let error = asked(AnswerScript::text(status, ""))
            .await
            .expect_err("a refusal");
        assert_eq!(error.class, class, "{status}");
    }
}
