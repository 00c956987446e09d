//! Which numbers are on WhatsApp, as Evolution tells.

use serde_json::{Value, json};
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::phone::PhoneNumber;
use zapgres_providers::Lookup;

use super::{envelope, evolution};
use crate::phone;
use crate::server::{AnswerScript, AnsweringServer};

fn number(text: &str) -> PhoneNumber {
    phone(text).phone().expect("a number").clone()
}

fn three() -> [PhoneNumber; 3] {
    ["11987654321", "31987654321", "1132345678"].map(number)
}

async fn looked_up(script: AnswerScript) -> Result<Vec<Lookup>, SendError> {
    let server = AnsweringServer::start(script).await;
    evolution(&server.base_url).look_up(&three()).await
}

fn exists(address: &str, aliases: &[&str]) -> Lookup {
    Lookup::Exists {
        address: address.to_owned(),
        aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
    }
}

fn there(digits: &str) -> Value {
    json!({"jid": format!("{digits}@s.whatsapp.net"), "exists": true, "number": digits})
}

/// O4: the question is the documented one, many numbers at once.
#[tokio::test]
async fn the_question_is_what_evolution_expects() {
    let server = AnsweringServer::start(AnswerScript::json(200, &json!([]))).await;
    let provider = evolution(&server.base_url);
    assert!(provider.can_look_up());
    provider.look_up(&three()).await.expect("an answer");
    assert_eq!(provider.look_up(&[]).await, Ok(Vec::new()));
    let requests = server.requests();
    assert_eq!(requests.len(), 1, "nothing is asked about nobody");
    let target = "POST /chat/whatsappNumbers/loja%201%2Fsul";
    assert_eq!(requests[0].target, target);
    let digits = ["5511987654321", "5531987654321", "551132345678"];
    assert_eq!(requests[0].body, json!({ "numbers": digits }));
}

/// O4: answers are matched by number: their order is the server's, and so is the ninth digit.
#[tokio::test]
async fn answers_are_matched_by_number() {
    let without_ninth = json!({
        "jid": "553187654321@s.whatsapp.net", "exists": true, "number": "5531987654321", "name": "Ana",
        "lid": "123456789012345@lid",
    });
    let absent =
        json!({"jid": "551132345678@s.whatsapp.net", "exists": false, "number": "551132345678"});
    let told = json!([absent, without_ninth, there("5511987654321")]);
    let expected = vec![
        exists("5511987654321@s.whatsapp.net", &[]),
        exists("553187654321@s.whatsapp.net", &["123456789012345@lid"]),
        Lookup::Absent,
    ];
    assert_eq!(
        looked_up(AnswerScript::json(200, &told)).await,
        Ok(expected)
    );
}

/// O4: a number that is missing from the answer, or told of wrongly, may well be on WhatsApp.
#[tokio::test]
async fn what_is_not_told_is_not_absent() {
    let strange = json!([
        7, {}, {"exists": false}, {"exists": "no", "number": "5511987654321"},
        {"exists": true, "number": "5531987654321"},
        {"exists": true, "number": "551132345678", "jid": "551132345678"},
    ]);
    for told in [json!([]), strange] {
        let expected = vec![Lookup::CannotTell; 3];
        assert_eq!(
            looked_up(AnswerScript::json(200, &told)).await,
            Ok(expected)
        );
    }
}

#[tokio::test]
async fn of_two_entries_for_a_number_the_one_that_exists_counts() {
    let absent =
        json!({"jid": "5511987654321@s.whatsapp.net", "exists": false, "number": "5511987654321"});
    let told = json!([absent, there("551187654321")]);
    let looked_up = looked_up(AnswerScript::json(200, &told))
        .await
        .expect("an answer");
    assert_eq!(looked_up[0], exists("551187654321@s.whatsapp.net", &[]));
}

/// Some versions write only that the address is a hidden id.
#[tokio::test]
async fn a_hidden_id_is_an_alias_only_where_it_is_told() {
    let told = json!([
        {"jid": "5511987654321@s.whatsapp.net", "exists": true, "number": "5511987654321", "lid": "lid"},
        {"jid": "1@lid", "exists": true, "number": "5531987654321", "lid": "1@lid"},
    ]);
    let looked_up = looked_up(AnswerScript::json(200, &told))
        .await
        .expect("an answer");
    assert_eq!(looked_up[0], exists("5511987654321@s.whatsapp.net", &[]));
    assert_eq!(looked_up[1], exists("1@lid", &[]));
}

#[tokio::test]
async fn what_keeps_the_question_from_being_answered_is_an_error() {
    for (script, class) in [
        (
            envelope(401, &json!("Unauthorized")),
            ErrorClass::ChannelAuth,
        ),
        (
            envelope(400, &json!(["Error: Connection Closed"])),
            ErrorClass::ChannelDown,
        ),
        (AnswerScript::text(502, "<html>"), ErrorClass::Transient),
        (AnswerScript::text(200, "<html>"), ErrorClass::Transient),
        (
            AnswerScript::json(200, &json!({"numbers": []})),
            ErrorClass::Transient,
        ),
    ] {
        let error = looked_up(script).await.expect_err("an error");
        assert_eq!(error.class, class, "{error}");
    }
}
