//! Every answer to a send, and the class it means.

use serde_json::{Value, json};
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::{MessageBody, Reaction};
use zapgres_providers::OutgoingMessage;

use super::{answered, to_ana, waha};
use crate::SECRET;
use crate::server::{AnswerScript, AnsweringServer};

/// C8: whatever engine answers, the message has the name that its receipts will have.
#[tokio::test]
async fn the_id_is_found_in_the_answer_of_every_engine() {
    let whole = "true_551187654321@c.us_3EB0C5A277";
    let answers = [
        json!({"id": whole, "timestamp": 1}),
        json!({"id": {"fromMe": true, "remote": "551187654321@c.us", "id": "3EB0C5A277", "_serialized": whole}}),
        json!({"id": {"fromMe": true, "remote": "551187654321@c.us", "id": "3EB0C5A277"}}),
        json!({"key": {"id": "3EB0C5A277", "fromMe": true, "remoteJid": "551187654321@c.us"}, "message": {}}),
        json!({"_data": {"id": {"_serialized": whole}}}),
        json!({"id": "3EB0C5A277", "to": "551187654321@c.us"}),
    ];
    for answer in answers {
        for status in [200, 201] {
            let accepted = answered(AnswerScript::json(status, &answer)).await.unwrap();
            assert_eq!(accepted.provider_message_id, "3EB0C5A277", "{answer}");
            let address = accepted.recipient_address.as_deref();
            assert_eq!(address, Some("551187654321@c.us"), "{answer}");
        }
    }
}

#[tokio::test]
async fn a_yes_that_does_not_name_the_message_is_uncertain() {
    let bodies = [
        "",
        "OK",
        "{",
        "[]",
        "{}",
        "null",
        r#"{"id":""}"#,
        r#"{"id":7}"#,
        r#"{"key":{}}"#,
    ];
    for body in bodies {
        for status in [200, 201, 204] {
            let error = refused(AnswerScript::text(status, body)).await;
            assert_eq!(error.class, ErrorClass::Uncertain, "{status} {body}");
        }
    }
}

/// One engine answers a reaction with nothing at all.
#[tokio::test]
async fn a_reaction_without_a_name_gets_ours() {
    let server = AnsweringServer::start(AnswerScript::text(200, "")).await;
    let reaction = |reference: Option<&str>| OutgoingMessage {
        reference: reference.map(str::to_owned),
        ..to_ana(MessageBody::Reaction(Reaction {
            message_id: "B".to_owned(),
            from_me: false,
            emoji: "👍".to_owned(),
        }))
    };
    let provider = waha(&server.base_url);
    let accepted = provider.send(&reaction(Some("n-7"))).await.unwrap();
    assert_eq!(accepted.provider_message_id, "n-7");
    let error = provider.send(&reaction(None)).await.expect_err("no name");
    assert_eq!(error.class, ErrorClass::Uncertain);
}

async fn refused(script: AnswerScript) -> SendError {
    let error = answered(script.clone()).await.expect_err("a refusal");
    assert!(error.reached_provider, "{script:?}");
    for private in [SECRET, "987654321"] {
        assert!(!error.message.contains(private), "{}", error.message);
    }
    error
}

fn nest(status: u16, message: Value) -> AnswerScript {
    AnswerScript::json(
        status,
        &json!({"statusCode": status, "message": message, "error": "Any"}),
    )
}

/// P1: the error table of the contract, row by row.
#[tokio::test]
async fn every_row_of_the_error_table_has_its_class() {
    let not_working = json!({
        "error": "Session status is not as expected. Try again later or restart the session",
        "session": "loja 1", "status": "SCAN_QR_CODE", "expected": ["WORKING"],
    });
    let rows = [
        (ErrorClass::ChannelAuth, nest(401, json!("Unauthorized"))),
        (
            ErrorClass::ChannelAuth,
            nest(403, json!("Forbidden resource")),
        ),
        (
            ErrorClass::ChannelAuth,
            nest(404, json!("We didn't find a session with name 'loja 1'.")),
        ),
        (
            ErrorClass::ChannelAuth,
            nest(422, json!("Session \"loja 1\" does not exist")),
        ),
        (
            ErrorClass::ChannelDown,
            AnswerScript::json(422, &not_working),
        ),
        (
            ErrorClass::ChannelDown,
            nest(422, json!("Session status is not as expected")),
        ),
        (
            ErrorClass::Rejected,
            nest(422, json!("The method is not implemented by the engine.")),
        ),
        (
            ErrorClass::Rejected,
            nest(422, json!("Video is available only in Plus version.")),
        ),
        (
            ErrorClass::Rejected,
            nest(400, json!(["text must be a string"])),
        ),
        (
            ErrorClass::Rejected,
            nest(413, json!("request entity too large")),
        ),
        (ErrorClass::Rejected, nest(409, json!("Conflict"))),
        (ErrorClass::Throttled, nest(429, json!("Too many requests"))),
        (
            ErrorClass::Transient,
            nest(503, json!("Service unavailable")),
        ),
        (
            ErrorClass::Uncertain,
            nest(500, json!("Internal server error")),
        ),
        (
            ErrorClass::Uncertain,
            AnswerScript::json(500, &json!({"exception": {"message": "Evaluation failed"}})),
        ),
    ];
    for (class, script) in rows {
        let error = refused(script.clone()).await;
        assert_eq!(error.class, class, "{script:?}: {error}");
    }
}

/// T8: one message must not hold up its channel for a kind that this version has no request for, or for a message that
/// is gone. Texts have a request in every version: there, the channel's address is wrong.
#[tokio::test]
async fn what_is_not_there_for_one_message_is_no_fault_of_the_channel() {
    let no_route = || nest(404, json!("Cannot PUT /api/reaction"));
    let no_text_route = || nest(404, json!("Cannot POST /api/sendText"));
    let gone = || nest(404, json!("Message not found"));
    let no_session = || nest(404, json!("Session not found"));
    let text = MessageBody::text("Oi");
    let reaction = MessageBody::Reaction(Reaction {
        message_id: "B".to_owned(),
        from_me: false,
        emoji: "👍".to_owned(),
    });
    for (class, body, script) in [
        (ErrorClass::Rejected, &reaction, no_route()),
        (ErrorClass::Rejected, &reaction, gone()),
        (ErrorClass::Rejected, &text, gone()),
        (ErrorClass::ChannelAuth, &reaction, no_session()),
        (ErrorClass::ChannelAuth, &text, no_session()),
        (ErrorClass::ChannelAuth, &text, no_text_route()),
        (
            ErrorClass::ChannelAuth,
            &reaction,
            AnswerScript::text(404, "<html>"),
        ),
    ] {
        let server = AnsweringServer::start(script.clone()).await;
        let sent = waha(&server.base_url).send(&to_ana(body.clone())).await;
        assert_eq!(sent.expect_err("a refusal").class, class, "{script:?}");
    }
}

/// Answers of what stands before WAHA: no object of JSON.
#[tokio::test]
async fn answers_of_proxies_and_other_servers_have_their_class() {
    let rows = [
        (ErrorClass::ChannelAuth, 301),
        (ErrorClass::ChannelAuth, 401),
        (ErrorClass::ChannelAuth, 404),
        (ErrorClass::ChannelAuth, 405),
        (ErrorClass::ChannelAuth, 410),
        (ErrorClass::ChannelAuth, 422),
        (ErrorClass::Transient, 408),
        (ErrorClass::Transient, 503),
        (ErrorClass::Throttled, 429),
        (ErrorClass::Rejected, 413),
        (ErrorClass::Uncertain, 500),
        (ErrorClass::Uncertain, 502),
        (ErrorClass::Uncertain, 504),
    ];
    for (class, status) in rows {
        let html = "<html>\n<h1>nginx</h1> ligue 5511987654321</html>";
        for script in [
            AnswerScript::text(status, html),
            AnswerScript::text(status, ""),
        ] {
            assert_eq!(refused(script).await.class, class, "{status}");
        }
    }
}

#[tokio::test]
async fn the_message_says_what_is_wrong() {
    let not_working = json!({"error": "Session status is not as expected", "status": "FAILED"});
    let cases = [
        (nest(401, json!("Unauthorized")), "HTTP 401: Unauthorized"),
        (
            nest(400, json!(["chatId must be a string"])),
            "HTTP 400: chatId must be a string",
        ),
        (
            AnswerScript::json(422, &not_working),
            "HTTP 422: Session status is not as expected (status FAILED)",
        ),
        (
            AnswerScript::text(502, "<html>"),
            "HTTP 502: not an answer of WAHA",
        ),
        (
            nest(500, json!(format!("key {SECRET} of\n5511987654321"))),
            "HTTP 500: key [secret] of *********4321",
        ),
    ];
    for (script, expected) in cases {
        assert_eq!(refused(script).await.message, expected);
    }
}

#[tokio::test]
async fn the_wish_to_wait_is_understood() {
    let error = refused(nest(429, json!("Too many requests")).header("retry-after", "7")).await;
    assert_eq!(error.retry_after.map(|wait| wait.as_secs()), Some(7));
}
