//! What a yes is, and what is none.

use serde_json::json;
use zapgres_core::error_class::ErrorClass;
use zapgres_core::message::MessageBody;
use zapgres_providers::provider_named;

use super::{accepted_json, answered, channel, to_ana};
use crate::server::{AnswerScript, Then, rude_server};
use crate::{SECRET, expect_silence, http};

#[tokio::test]
async fn an_accepted_message_has_its_id_and_the_address_found() {
    let accepted = answered(AnswerScript::json(200, &accepted_json()))
        .await
        .expect("accepted");
    assert_eq!(accepted.provider_message_id, "wamid.HBgM");
    assert_eq!(accepted.recipient_address.as_deref(), Some("553187654321"));
    for contacts in [json!([]), json!([{"input": "BR.1", "user_id": "BR.1"}])] {
        let mut answer = accepted_json();
        answer["contacts"] = contacts;
        let accepted = answered(AnswerScript::json(200, &answer)).await;
        assert_eq!(accepted.expect("accepted").recipient_address, None);
    }
}

/// B2: what is odd beside the id makes no doubt of a yes, and so no second message.
#[tokio::test]
async fn a_yes_is_one_whatever_stands_beside_the_id() {
    for contacts in [
        json!(null),
        json!("none"),
        json!([{"wa_id": 553_187_654_321_u64}]),
        json!([null]),
    ] {
        let mut answer = accepted_json();
        answer["contacts"] = contacts;
        let accepted = answered(AnswerScript::json(200, &answer)).await;
        let accepted = accepted.expect("accepted");
        assert_eq!(accepted.provider_message_id, "wamid.HBgM");
        assert_eq!(accepted.recipient_address, None);
    }
}

/// P8: a template that Meta holds back is Meta's already; sending it again would make two.
#[tokio::test]
async fn a_message_that_is_held_back_is_accepted() {
    for status in ["held_for_quality_assessment", "paused", "new tomorrow"] {
        let mut answer = accepted_json();
        answer["messages"][0]["message_status"] = json!(status);
        let accepted = answered(AnswerScript::json(200, &answer)).await;
        assert!(accepted.is_ok(), "{status}");
    }
}

/// B2: it may have been sent.
#[tokio::test]
async fn a_yes_that_does_not_name_the_message_is_uncertain() {
    for body in [
        "",
        "{}",
        "[]",
        "ok",
        r#"{"messages": []}"#,
        r#"{"messages": [{"id": ""}]}"#,
        r#"{"messages": [{"id": 7}]}"#,
        r#"{"messages": "wamid.X"}"#,
    ] {
        let error = answered(AnswerScript::text(200, body))
            .await
            .expect_err("not named");
        let kind = (error.class, error.reached_provider);
        assert_eq!(kind, (ErrorClass::Uncertain, true), "{body}");
    }
}

/// Meta asks to go by the code, not by the status.
#[tokio::test]
async fn an_error_is_one_whatever_the_status() {
    for (code, class) in [
        (190, ErrorClass::ChannelAuth),
        (131_026, ErrorClass::RecipientInvalid),
        (999_999, ErrorClass::Uncertain),
    ] {
        let body = json!({"error": {"code": code, "message": "no"}});
        let error = answered(AnswerScript::json(200, &body)).await;
        assert_eq!(error.expect_err("an error").class, class, "{code}");
    }
}

/// B2: what happened on the way, and what it means.
#[tokio::test]
async fn silence_and_broken_connections_are_uncertain_and_refused_ones_are_not() {
    expect_silence();
    let closed = "http://127.0.0.1:1".to_owned();
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"messages\":[{\"id\":\"X\"}";
    for (base_url, class, reached) in [
        (closed, ErrorClass::ChannelDown, false),
        (rude_server(Then::Close).await, ErrorClass::Uncertain, true),
        (
            rude_server(Then::Nothing).await,
            ErrorClass::Uncertain,
            true,
        ),
        (
            rude_server(Then::Write(cut)).await,
            ErrorClass::Uncertain,
            true,
        ),
        ("graph".to_owned(), ErrorClass::ChannelAuth, false),
    ] {
        let channel = channel(&base_url, json!({}));
        let provider = provider_named("meta", channel, http()).expect("meta is there");
        let message = to_ana(MessageBody::text("Oi"));
        let error = provider.send(&message).await.expect_err("a failure");
        let kind = (error.class, error.reached_provider);
        assert_eq!(kind, (class, reached), "{error}");
        assert!(!error.message.contains(SECRET), "{error}");
    }
}
