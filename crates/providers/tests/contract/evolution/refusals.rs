//! Every refusal of the contract and the class it means.

use secrecy::SecretString;
use serde_json::json;
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::{MessageBody, Poll};
use zapgres_providers::{OutgoingMessage, provider_named};

use super::{answered, channel, envelope, evolution};
use crate::server::{AnswerScript, AnsweringServer};
use crate::{SECRET, http, phone};

async fn refused(script: AnswerScript) -> SendError {
    let error = answered(script.clone()).await.expect_err("a refusal");
    assert!(error.reached_provider, "{script:?}");
    for private in [SECRET, "987654321", "5511987654321"] {
        assert!(!error.message.contains(private), "{}", error.message);
    }
    assert!(!error.message.contains('\n') && error.message.chars().count() <= 300);
    error
}

async fn assert_class(expected: ErrorClass, script: AnswerScript) {
    let error = refused(script.clone()).await;
    assert_eq!(error.class, expected, "{script:?}: {error}");
}

/// The error table of the contract, row by row.
#[tokio::test]
async fn every_row_of_the_error_table_has_its_class() {
    let not_on_whatsapp = json!([{
        "jid": "5511987654321@s.whatsapp.net", "exists": false, "number": "5511987654321",
        "name": "Ana", "lid": "1@lid",
    }]);
    let schema = json!([["instance requires property \"text\""]]);
    let rows = [
        (ErrorClass::RecipientInvalid, 400, not_on_whatsapp),
        (ErrorClass::Rejected, 400, schema),
        (
            ErrorClass::ChannelAuth,
            404,
            json!(["The \"loja1\" instance does not exist"]),
        ),
        (ErrorClass::ChannelAuth, 401, json!("Unauthorized")),
        (
            ErrorClass::ChannelAuth,
            403,
            json!(["This name \"loja1\" is already in use."]),
        ),
        (
            ErrorClass::ChannelAuth,
            404,
            json!(["Cannot POST /message/sendText/loja1"]),
        ),
        (
            ErrorClass::ChannelDown,
            400,
            json!(["Error: Connection Closed"]),
        ),
        (ErrorClass::ChannelDown, 400, json!("Connection Closed")),
        (
            ErrorClass::ChannelDown,
            400,
            json!(["Error: Connection was lost"]),
        ),
        (
            ErrorClass::ChannelDown,
            400,
            json!(["The \"loja1\" instance is not connected"]),
        ),
        (
            ErrorClass::RecipientInvalid,
            400,
            json!(["Group not found"]),
        ),
        (
            ErrorClass::RecipientInvalid,
            404,
            json!(["Group not found"]),
        ),
        (
            ErrorClass::RecipientInvalid,
            400,
            json!(["Error: item-not-found"]),
        ),
        (ErrorClass::Throttled, 400, json!(["Error: rate-overlimit"])),
        (
            ErrorClass::Rejected,
            400,
            json!(["Owned media must be a url or base64"]),
        ),
        (
            ErrorClass::Rejected,
            400,
            json!(["For base64 the file name must be informed."]),
        ),
        (ErrorClass::Transient, 400, json!(["Error: Timed Out"])),
        // Evolution writes a message into its database after WhatsApp has it.
        (
            ErrorClass::Uncertain,
            400,
            json!([
                "PrismaClientKnownRequestError: \nInvalid `this.prismaRepository.message.create()` \
                 invocation:\n\nServer has closed the connection."
            ]),
        ),
        (
            ErrorClass::Transient,
            400,
            json!(["TypeError: Cannot read properties of undefined"]),
        ),
        (
            ErrorClass::Transient,
            400,
            json!([{"jid": "x", "exists": true}]),
        ),
        (ErrorClass::Transient, 400, json!([])),
        (ErrorClass::Transient, 500, json!("Internal server error")),
        (ErrorClass::Transient, 502, json!(["Error: upstream"])),
        (ErrorClass::Throttled, 429, json!(["Too many requests"])),
        (ErrorClass::Rejected, 409, json!(["Conflict"])),
        (
            ErrorClass::Rejected,
            413,
            json!(["request entity too large"]),
        ),
    ];
    for (class, status, message) in rows {
        assert_class(class, envelope(status, &message)).await;
    }
}

/// Answers of what stands before Evolution: there is no envelope.
#[tokio::test]
async fn answers_of_proxies_and_other_servers_have_their_class() {
    let rows = [
        (ErrorClass::Uncertain, 502),
        (ErrorClass::Uncertain, 504),
        (ErrorClass::Uncertain, 500),
        (ErrorClass::Uncertain, 520),
        (ErrorClass::Transient, 503),
        (ErrorClass::Transient, 400),
        (ErrorClass::Transient, 408),
        (ErrorClass::Throttled, 429),
        (ErrorClass::ChannelAuth, 401),
        (ErrorClass::ChannelAuth, 402),
        (ErrorClass::ChannelAuth, 403),
        (ErrorClass::ChannelAuth, 404),
        (ErrorClass::ChannelAuth, 405),
        (ErrorClass::ChannelAuth, 410),
        (ErrorClass::Rejected, 413),
    ];
    for (class, status) in rows {
        let html = "<html>\n<h1>nginx</h1> ligue 5511987654321</html>";
        assert_class(class, AnswerScript::text(status, html)).await;
        assert_class(class, AnswerScript::text(status, "")).await;
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_but_is_an_error_of_the_address() {
    for status in [301, 302, 307, 308] {
        let script = AnswerScript::text(status, "").header("location", "http://127.0.0.1:1/");
        let error = refused(script).await;
        assert_eq!(error.class, ErrorClass::ChannelAuth);
        assert!(
            error.message.contains("correct the channel's address"),
            "{error}"
        );
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
        r#"{"key":{}}"#,
        r#"{"key":{"id":""}}"#,
        r#"{"key":{"id":7}}"#,
    ];
    for body in bodies {
        for status in [200, 201, 204] {
            let error = refused(AnswerScript::text(status, body)).await;
            assert_eq!(error.class, ErrorClass::Uncertain, "{status} {body}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_far_too_large_is_not_read() {
    let body = format!(
        "{{\"key\":{{\"id\":\"X\"}},\"pad\":\"{}\"}}",
        "x".repeat(1 << 20)
    );
    assert_class(ErrorClass::Uncertain, AnswerScript::text(201, &body)).await;
    assert_class(ErrorClass::ChannelAuth, AnswerScript::text(401, &body)).await;
}

#[tokio::test]
async fn the_providers_wish_to_wait_is_understood() {
    let wishes = [
        ("7", Some(7)),
        (" 90 ", Some(90)),
        ("9999999999", Some(86_400)),
        ("99999999999999999999999999", Some(86_400)),
        ("1.5", Some(1)),
        ("0", Some(0)),
        // By the server's own clock, whatever ours says.
        ("Wed, 21 Oct 2026 07:28:30 GMT", Some(30)),
        ("Wed, 21 Oct 2026 07:27:00 GMT", Some(0)),
        ("Fri, 31 Dec 9999 23:59:59 GMT", Some(86_400)),
    ];
    let ignored = [
        ("-1", None),
        ("inf", None),
        ("1e3", None),
        ("", None),
        (".", None),
        ("soon", None),
    ];
    for (text, seconds) in wishes.into_iter().chain(ignored) {
        let script = envelope(429, &json!(["Too many requests"]))
            .header("retry-after", text)
            .header("date", "Wed, 21 Oct 2026 07:28:00 GMT");
        let error = refused(script).await;
        assert_eq!(error.class, ErrorClass::Throttled);
        assert_eq!(
            error.retry_after.map(|wait| wait.as_secs()),
            seconds,
            "{text}"
        );
    }
    assert_eq!(refused(AnswerScript::text(429, "")).await.retry_after, None);
}

#[tokio::test]
async fn the_message_says_what_is_wrong() {
    let cases = [
        (
            envelope(400, &json!([{"exists": false}])),
            "HTTP 400: this number is not on WhatsApp",
        ),
        (
            envelope(404, &json!(["The \"loja1\" instance does not exist"])),
            "HTTP 404: The \"loja1\" instance does not exist",
        ),
        (
            envelope(401, &json!("Unauthorized")),
            "HTTP 401: Unauthorized",
        ),
        (
            envelope(400, &json!([["instance requires property \"text\""]])),
            "HTTP 400: [\"instance requires property \\\"text\\\"\"]",
        ),
        (
            AnswerScript::text(502, "<html>"),
            "HTTP 502: not an answer of Evolution API",
        ),
    ];
    for (script, expected) in cases {
        assert_eq!(refused(script).await.message, expected);
    }
}

/// P7: servers repeat URLs and bodies as they came.
#[tokio::test]
async fn secrets_are_hidden_in_every_spelling() {
    let mut channel = channel("", &json!({}));
    channel.credential = SecretString::from("k/1 \"é%+");
    channel.secrets.add("old", SecretString::from("k/1"));
    for spelled in [
        "k/1 \"é%+",
        "k%2F1%20%22%C3%A9%25%2B",
        "k%2f1+%22%c3%a9%25%2b",
        "k/1%20%22%C3%A9%25+",
        r#"k/1 \"é%+"#,
        r#"k\/1 \u0022\u00e9%+"#,
    ] {
        let echo = envelope(400, &json!([format!("Cannot GET /{spelled}/x")]));
        let server = AnsweringServer::start(echo).await;
        channel.base_url = server.base_url.clone();
        let provider = provider_named("evolution", channel.clone(), http()).expect("evolution");
        let message = OutgoingMessage::new(phone("11987654321"), MessageBody::text("Oi"));
        let error = provider.send(&message).await.expect_err("a refusal");
        assert_eq!(
            error.message, "HTTP 400: Cannot GET /[secret]/x",
            "{spelled}"
        );
    }
}

#[tokio::test]
async fn secrets_and_numbers_that_the_provider_repeats_are_hidden() {
    let echo = json!([format!(
        "Error: apikey {SECRET}\nnumber 5511987654321\u{1b}[31m failed"
    )]);
    let message = refused(envelope(400, &echo)).await.message;
    assert_eq!(
        message,
        "HTTP 400: Error: apikey [secret] number *********4321 [31m failed"
    );
    let long = json!(["é".repeat(5000)]);
    assert_eq!(
        refused(envelope(400, &long)).await.message.chars().count(),
        300
    );
}

/// P1: a server that is too old for a kind refuses that message alone: texts still go, and nothing is held up.
#[tokio::test]
async fn a_route_that_only_some_versions_have_is_no_fault_of_the_channel() {
    let server = AnsweringServer::start_with(|request| {
        let path = request.target.trim_start_matches("POST ");
        envelope(404, &json!([format!("Cannot POST {path}")]))
    })
    .await;
    let poll = MessageBody::Poll(Poll {
        question: "?".to_owned(),
        options: vec!["a".to_owned(), "b".to_owned()],
        choices: 1,
    });
    for (body, class) in [
        (poll, ErrorClass::Rejected),
        (MessageBody::text("Oi"), ErrorClass::ChannelAuth),
    ] {
        let message = OutgoingMessage::new(phone("11987654321"), body);
        let sent = evolution(&server.base_url).send(&message).await;
        assert_eq!(sent.expect_err("a refusal").class, class);
    }
}
