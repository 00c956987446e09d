//! What the provider makes of Evolution's history when an answer was lost.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::MessageBody;
use zapgres_providers::{Accepted, Enquiry, OutgoingMessage, Reconciliation};

use super::evolution;
use crate::server::{AnswerScript, AnsweringServer, Then, listen, rude_server};
use crate::{SECRET, expect_silence, phone};

const TEXT: &str = "Pedido 7, Ana!";
const ADDRESS: &str = "5511987654321@s.whatsapp.net";

fn sent_at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_717_689_097, 0).expect("a time")
}

fn enquiry(others: &[&str]) -> Enquiry {
    Enquiry {
        message: OutgoingMessage::new(phone("11987654321"), MessageBody::text(TEXT)),
        since: sent_at() - TimeDelta::seconds(60),
        until: sent_at() + TimeDelta::seconds(60),
        others: others
            .iter()
            .map(|id| (*id).to_owned())
            .collect::<HashSet<_>>(),
    }
}

fn record(id: &str, text: &str) -> Value {
    json!({
        "id": "cm1", "key": {"id": id, "fromMe": true, "remoteJid": ADDRESS}, "pushName": "Você",
        "messageType": "conversation", "message": {"conversation": text},
        "messageTimestamp": sent_at().timestamp(), "instanceId": "a-b", "source": "web",
        "contextInfo": null, "MessageUpdate": [{"status": "SERVER_ACK"}],
    })
}

fn history(pages: u32, records: &[Value]) -> AnswerScript {
    let messages = json!({
        "total": records.len(), "pages": pages, "currentPage": 1, "records": records,
    });
    AnswerScript::json(200, &json!({ "messages": messages }))
}

async fn asked_at(base_url: &str, enquiry: &Enquiry) -> Result<Reconciliation, SendError> {
    evolution(base_url).reconcile(enquiry).await
}

async fn asked(script: AnswerScript) -> Result<Reconciliation, SendError> {
    let server = AnsweringServer::start(script).await;
    asked_at(&server.base_url, &enquiry(&["KNOWN"])).await
}

fn found(id: &str) -> Reconciliation {
    Reconciliation::Found(Accepted {
        provider_message_id: id.to_owned(),
        recipient_address: Some(ADDRESS.to_owned()),
    })
}

/// B2: the question is the documented one, and names the recipient and the time.
#[tokio::test]
async fn the_question_is_what_evolution_expects() {
    let server = AnsweringServer::start(history(0, &[])).await;
    let told = asked_at(&server.base_url, &enquiry(&[])).await;
    assert_eq!(told, Ok(Reconciliation::NotFound));
    let requests = server.requests();
    assert_eq!(requests.len(), 2, "with and without the ninth digit");
    assert_eq!(requests[0].target, "POST /chat/findMessages/loja%201%2Fsul");
    assert_eq!(requests[0].header("apikey"), SECRET);
    let address = |body: &Value| body["where"]["key"]["remoteJid"].clone();
    assert_eq!(address(&requests[0].body), ADDRESS);
    assert_eq!(address(&requests[1].body), "551187654321@s.whatsapp.net");
    let expected = json!({
        "where": {
            "key": {"remoteJid": ADDRESS, "remoteJidAlt": ADDRESS, "fromMe": true},
            "messageTimestamp": {
                "gte": "2024-06-06T15:50:37+00:00", "lte": "2024-06-06T15:52:37+00:00",
            },
        },
        "page": 1, "offset": 50,
    });
    assert_eq!(requests[0].body, expected);
}

/// B2: the message is there, in whichever way its version tells it.
#[tokio::test]
async fn a_message_that_was_sent_is_found() {
    let mut with_link = record("X", "");
    with_link["message"] = json!({"extendedTextMessage": {"text": TEXT}});
    let mut with_text_time = record("X", TEXT);
    with_text_time["messageTimestamp"] = json!(sent_at().timestamp().to_string());
    let mut without_updates = record("X", TEXT);
    without_updates["MessageUpdate"] = json!([]);
    for record in [
        record("X", TEXT),
        with_link,
        with_text_time,
        without_updates,
    ] {
        assert_eq!(asked(history(1, &[record])).await, Ok(found("X")));
    }
    let mut by_lid = record("X", TEXT);
    by_lid["key"]["remoteJid"] = json!("1@lid");
    by_lid["key"]["remoteJidAlt"] = json!(ADDRESS);
    assert!(matches!(
        asked(history(1, &[by_lid])).await,
        Ok(Reconciliation::Found(_))
    ));
}

/// B2: nothing that only resembles it counts, also where the server knows fewer filters.
#[tokio::test]
async fn another_message_is_not_taken_for_it() {
    let change = |pointer: &str, value: Value| {
        let mut record = record("X", TEXT);
        *record.pointer_mut(pointer).expect("a field") = value;
        record
    };
    let late = sent_at().timestamp() + 61;
    for record in [
        record("X", "Pedido 8, Ana!"),
        change("/key/fromMe", json!(false)),
        change("/key/remoteJid", json!("5511912345678@s.whatsapp.net")),
        change("/key/id", json!("")),
        change("/messageTimestamp", json!(late)),
        change("/messageTimestamp", json!(null)),
        change("/message", json!(null)),
        change("/MessageUpdate/0/status", json!("ERROR")),
    ] {
        let shown = record.to_string();
        let told = asked(history(1, &[record])).await;
        assert_eq!(told, Ok(Reconciliation::NotFound), "{shown}");
    }
}

/// B2: the same text was sent twice: the message of another notification is not taken for this one's.
#[tokio::test]
async fn of_two_with_the_same_text_the_unknown_one_is_found() {
    let known = record("KNOWN", TEXT);
    let both = history(1, &[known.clone(), record("X", TEXT)]);
    assert_eq!(asked(both).await, Ok(found("X")));
    assert_eq!(
        asked(history(1, &[known])).await,
        Ok(Reconciliation::NotFound)
    );
}

/// B2: a message that is there is found also beside one that cannot be read, which could be the one looked for if it is not.
#[tokio::test]
async fn an_entry_that_cannot_be_read_hides_no_other() {
    let mut odd = record("Y", "Outro");
    odd["key"] = json!({"id": "Y"});
    let beside = history(1, &[odd.clone(), record("X", TEXT)]);
    assert_eq!(asked(beside).await, Ok(found("X")));
    let alone = history(1, &[odd, record("Z", "Outro")]);
    assert_eq!(asked(alone).await, Ok(Reconciliation::CannotTell));
}

#[tokio::test]
async fn what_is_no_history_tells_nothing() {
    let not_all = history(2, &[record("Y", "Outro")]);
    let unknown_route = json!({"status": 404, "response": {"message": ["Cannot POST /chat"]}});
    for script in [
        not_all,
        AnswerScript::json(404, &unknown_route),
        AnswerScript::json(400, &json!({"status": 400})),
        AnswerScript::text(200, "<html>"),
        AnswerScript::json(200, &json!([])),
        AnswerScript::text(200, &"x".repeat(2 * 1024 * 1024)),
    ] {
        assert_eq!(asked(script).await, Ok(Reconciliation::CannotTell));
    }
}

/// Who cannot be asked now is asked later: none of these is an answer about the message.
#[tokio::test]
async fn what_keeps_the_question_from_being_answered_is_an_error() {
    for (status, class) in [
        (401, ErrorClass::ChannelAuth),
        (403, ErrorClass::ChannelAuth),
        (429, ErrorClass::Throttled),
        (500, ErrorClass::Transient),
        (502, ErrorClass::Transient),
    ] {
        let error = asked(AnswerScript::text(status, "no"))
            .await
            .expect_err("an error");
        assert_eq!(error.class, class, "{status}");
    }
    expect_silence();
    let silent = rude_server(Then::Nothing).await;
    let error = asked_at(&silent, &enquiry(&[])).await.expect_err("silence");
    assert_eq!(error.class, ErrorClass::Transient);
    let (listener, base_url) = listen().await;
    drop(listener);
    let error = asked_at(&base_url, &enquiry(&[]))
        .await
        .expect_err("nobody there");
    assert_eq!(error.class, ErrorClass::ChannelDown);
    assert!(!error.message.contains(SECRET) && !error.message.contains("findMessages"));
}
