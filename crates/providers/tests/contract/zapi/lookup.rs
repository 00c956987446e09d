//! Which numbers are on WhatsApp.

use serde_json::{Value, json};
use zapgres_core::error_class::ErrorClass;
use zapgres_core::phone::{PhoneNumber, normalize};
use zapgres_providers::Lookup;

use super::{target, zapi};
use crate::server::{AnswerScript, AnsweringServer};

fn numbers(typed: &[&str]) -> Vec<PhoneNumber> {
    let numbers = typed.iter().map(|typed| normalize(typed, None));
    numbers.collect::<Result<_, _>>().expect("numbers")
}

async fn looked_up(answer: &Value, typed: &[&str]) -> Vec<Lookup> {
    let server = AnsweringServer::start(AnswerScript::json(200, answer)).await;
    let found = zapi(&server.base_url).look_up(&numbers(typed)).await;
    found.expect("an answer")
}

fn exists(address: &str, aliases: &[&str]) -> Lookup {
    Lookup::Exists {
        address: address.to_owned(),
        aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
    }
}

/// O4: the address that WhatsApp has, which may lack the ninth digit.
#[tokio::test]
async fn each_number_gets_its_answer_in_its_place() {
    let answer = json!([
        {"exists": false, "inputPhone": "5544988888888", "outputPhone": "5544988888888", "lid": null},
        {"exists": true, "inputPhone": "5544999999999", "outputPhone": "554499999999",
            "lid": "999999999999999@lid"},
    ]);
    let server = AnsweringServer::start(AnswerScript::json(200, &answer)).await;
    let provider = zapi(&server.base_url);
    assert!(provider.can_look_up());
    let asked = numbers(&["44999999999", "44988888888", "11987654321"]);
    let found = provider.look_up(&asked).await;
    let expected = vec![
        exists("554499999999", &["999999999999999@lid"]),
        Lookup::Absent,
        Lookup::CannotTell,
    ];
    assert_eq!(found, Ok(expected));
    let request = &server.requests()[0];
    assert_eq!(request.target, target("POST", "phone-exists-batch"));
    assert_eq!(
        request.body,
        json!({"phones": ["5544999999999", "5544988888888", "5511987654321"]})
    );
}

/// O4: arrays, single objects, truth as a text, and both names of the address.
#[tokio::test]
async fn every_shape_of_a_single_answer_is_understood() {
    let there = exists("554499999999", &["9@lid"]);
    let entry = |exists: Value| json!({"exists": exists, "phone": "554499999999", "lid": "9@lid"});
    for (answer, expected) in [
        (json!([entry(json!(true))]), &there),
        (json!([entry(json!("true"))]), &there),
        (entry(json!(true)), &there),
        (entry(json!("True")), &there),
        (entry(json!(false)), &Lookup::Absent),
        (json!([entry(json!("false"))]), &Lookup::Absent),
        (entry(json!(null)), &Lookup::CannotTell),
        (entry(json!(1)), &Lookup::CannotTell),
        (json!([]), &Lookup::CannotTell),
        (json!({}), &Lookup::CannotTell),
        (json!(null), &Lookup::CannotTell),
        (
            json!([7, "x", {"exists": true, "phone": 7}]),
            &Lookup::CannotTell,
        ),
        (json!({"exists": true}), &exists("5544999999999", &[])),
        (
            json!({"exists": true, "inputPhone": "+5544999999999", "outputPhone": "", "lid": ""}),
            &exists("5544999999999", &[]),
        ),
    ] {
        let found = looked_up(&answer, &["44999999999"]).await;
        assert_eq!(found, std::slice::from_ref(expected), "{answer}");
    }
}

#[tokio::test]
async fn an_answer_without_a_number_is_nobodys_when_several_were_asked_for() {
    let answer = json!({"exists": true, "phone": "554499999999"});
    let found = looked_up(&answer, &["44999999999", "44988888888"]).await;
    assert_eq!(found, [Lookup::CannotTell, Lookup::CannotTell]);
}

#[tokio::test]
async fn many_numbers_are_asked_for_in_parts() {
    let typed: Vec<String> = (0..401).map(|n| format!("11 9{n:08}")).collect();
    let typed: Vec<&str> = typed.iter().map(String::as_str).collect();
    let server = AnsweringServer::start(AnswerScript::json(200, &json!([]))).await;
    let provider = zapi(&server.base_url);
    let found = provider.look_up(&numbers(&typed)).await.unwrap();
    assert_eq!(found, vec![Lookup::CannotTell; 401]);
    let sizes: Vec<usize> = server
        .requests()
        .iter()
        .map(|request| request.body["phones"].as_array().map_or(0, Vec::len))
        .collect();
    assert_eq!(sizes, [200, 200, 1]);
    assert_eq!(provider.look_up(&[]).await, Ok(vec![]));
}

#[tokio::test]
async fn a_refusal_is_an_error_of_a_question() {
    for (class, script) in [
        (
            ErrorClass::ChannelAuth,
            AnswerScript::json(200, &json!({"error": "NOT_FOUND"})),
        ),
        (ErrorClass::Transient, AnswerScript::text(502, "")),
    ] {
        let server = AnsweringServer::start(script).await;
        let error = zapi(&server.base_url)
            .look_up(&numbers(&["11987654321"]))
            .await;
        assert_eq!(error.expect_err("an error").class, class);
    }
}
