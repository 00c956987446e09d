//! Every refusal of the contract and what it means.

use std::time::Duration;

use serde_json::{Value, json};
use zapgres_core::error_class::{ErrorClass, SendError, ThrottleScope};
use zapgres_core::message::MessageBody;

use super::{answered, meta, to_ana};
use crate::SECRET;
use crate::server::{AnswerScript, AnsweringServer};

/// Meta's answer with this code.
fn answer(status: u16, code: u64) -> AnswerScript {
    error_answer(status, &json!({"code": code}))
}

/// Meta's answer with these fields in its error.
fn error_answer(status: u16, fields: &Value) -> AnswerScript {
    let mut error = json!({
        "message": "(#1) Something\nto +5531987654321", "type": "OAuthException",
        "error_data": {"messaging_product": "whatsapp", "details": format!("token {SECRET}")},
        "fbtrace_id": "A1b2",
    });
    let fields = fields.as_object().expect("an object").clone();
    error.as_object_mut().expect("an object").extend(fields);
    AnswerScript::json(status, &json!({"error": error}))
}

async fn refused(script: AnswerScript) -> SendError {
    let error = answered(script.clone()).await.expect_err("a refusal");
    assert!(error.reached_provider, "{script:?}");
    for private in [SECRET, "987654321"] {
        assert!(!error.message.contains(private), "{}", error.message);
    }
    assert!(!error.message.contains('\n') && error.message.chars().count() <= 300);
    error
}

/// P1: the table of codes, row by row.
#[tokio::test]
async fn every_code_of_the_table_has_its_class() {
    let rows: [(ErrorClass, Vec<u64>); 8] = [
        (
            ErrorClass::ChannelAuth,
            [0, 190, 3, 10, 33, 368]
                .into_iter()
                .chain(200..=299)
                .chain([131_005, 131_031, 131_037, 131_042, 131_045])
                .chain([133_000, 133_005, 133_006, 133_008, 133_009])
                .chain([133_010, 133_015, 133_016])
                .collect(),
        ),
        (
            ErrorClass::Throttled,
            vec![
                4, 80_007, 80_008, 130_429, 131_048, 131_049, 131_056, 131_064, 132_069,
            ],
        ),
        (ErrorClass::ChannelDown, vec![131_057]),
        (
            ErrorClass::Transient,
            vec![1, 2, 131_000, 131_016, 131_052, 131_053, 133_004],
        ),
        (
            ErrorClass::RecipientInvalid,
            vec![130_497, 131_021, 131_026, 131_030],
        ),
        (ErrorClass::WindowClosed, vec![131_047]),
        (ErrorClass::OptedOut, vec![131_050]),
        (
            ErrorClass::Rejected,
            vec![
                100, 130_472, 131_008, 131_009, 131_051, 131_062, 131_063, 132_000, 132_001,
                132_005, 132_007, 132_008, 132_012, 132_015, 132_016, 132_068, 134_011, 135_000,
                137_000,
            ],
        ),
    ];
    // The text of the message says which answer it gets.
    let server = AnsweringServer::start_with(|request| {
        let text = request.body["text"]["body"].as_str().expect("a text");
        let (status, code) = text.split_once(' ').expect("two numbers");
        let status = status.parse().expect("a status");
        answer(status, code.parse().expect("a code"))
    })
    .await;
    let provider = meta(&server.base_url);
    for (class, codes) in rows {
        for code in codes {
            // The status says nothing: Meta asks to go by the code.
            for status in [400, 500] {
                let message = to_ana(MessageBody::text(format!("{status} {code}")));
                let error = provider.send(&message).await.expect_err("a refusal");
                assert_eq!(error.class, class, "{status} {code}");
                assert!(error.message.contains(&format!("code {code}:")), "{error}");
            }
        }
    }
}

/// T9: how long to wait, and who.
#[tokio::test]
async fn limits_are_about_a_recipient_or_the_channel_and_have_their_wait() {
    let recipient = ThrottleScope::Recipient;
    let channel = ThrottleScope::Channel;
    for (code, scope, seconds) in [
        (131_056, recipient, 6),
        (131_049, recipient, 24 * 60 * 60),
        (131_064, recipient, 24 * 60 * 60),
        (132_069, recipient, 60),
        (130_429, channel, 5),
        (4, channel, 300),
        (80_007, channel, 300),
        (80_008, channel, 300),
        (131_048, channel, 60 * 60),
        (131_057, channel, 60),
        (368, channel, 60 * 60),
        (131_031, channel, 60 * 60),
    ] {
        let error = refused(answer(400, code)).await;
        let wait = error.retry_after.map(|wait| wait.as_secs());
        assert_eq!((error.scope, wait), (scope, Some(seconds)), "{code}");
    }
    assert_eq!(refused(answer(400, 131_026)).await.retry_after, None);
}

/// The longer of both waits.
#[tokio::test]
async fn the_wait_that_meta_asks_for_is_kept() {
    for (code, asked, seconds) in [(131_056, "90", 90), (131_056, "1", 6), (2, "7", 7)] {
        let error = refused(answer(429, code).header("retry-after", asked)).await;
        assert_eq!(error.retry_after, Some(Duration::from_secs(seconds)));
    }
}

/// Code 100 is about the message, unless it says that the channel's number is not there.
#[tokio::test]
async fn a_number_that_does_not_exist_is_an_error_of_the_channel() {
    let error = refused(error_answer(
        400,
        &json!({"code": 100, "error_subcode": 33}),
    ))
    .await;
    assert_eq!(error.class, ErrorClass::ChannelAuth);
    let error = refused(error_answer(
        400,
        &json!({"code": 100, "error_subcode": 2_494_055}),
    ))
    .await;
    assert_eq!(error.class, ErrorClass::Rejected);
}

/// Only the code counts: what else has an odd shape does not hide it.
#[tokio::test]
async fn a_code_is_read_whatever_stands_beside_it() {
    for fields in [
        json!({"code": "131026"}),
        json!({"code": 131_026, "error_subcode": "2494055"}),
        json!({"code": 131_026, "error_subcode": -1}),
        json!({"code": 131_026, "message": {"text": "no"}, "title": 7}),
        json!({"code": 131_026, "is_transient": "false"}),
    ] {
        let error = refused(error_answer(400, &fields)).await;
        assert_eq!(error.class, ErrorClass::RecipientInvalid, "{fields}");
        assert!(error.message.contains("code 131026"), "{error}");
    }
}

#[tokio::test]
async fn a_code_that_is_not_known_is_judged_by_what_stands_beside_it() {
    let unknown = |more: Value| {
        let mut fields = json!({"code": -1});
        let more = more.as_object().expect("an object").clone();
        fields.as_object_mut().expect("an object").extend(more);
        fields
    };
    for (status, is_transient, class) in [
        (500, json!(true), ErrorClass::Transient),
        (500, json!(null), ErrorClass::Uncertain),
        (400, json!(true), ErrorClass::Transient),
        (500, json!(false), ErrorClass::Uncertain),
        (400, json!(false), ErrorClass::Rejected),
        (404, json!(false), ErrorClass::Rejected),
        (401, json!(false), ErrorClass::ChannelAuth),
        (403, json!(false), ErrorClass::ChannelAuth),
        (429, json!(false), ErrorClass::Throttled),
    ] {
        let fields = unknown(json!({"is_transient": is_transient}));
        let error = refused(error_answer(status, &fields)).await;
        assert_eq!(error.class, class, "{status} {fields}");
    }
}

#[tokio::test]
async fn the_message_says_what_is_wrong_in_metas_words() {
    for (data, expected) in [
        (
            json!({"details": "Message failed"}),
            "HTTP 400: code 131026: (#131026) Undeliverable: Message failed",
        ),
        (
            json!("a text"),
            "HTTP 400: code 131026: (#131026) Undeliverable: a text",
        ),
        (
            json!(null),
            "HTTP 400: code 131026: (#131026) Undeliverable",
        ),
    ] {
        let fields = json!({"code": 131_026, "message": "(#131026) Undeliverable",
                            "error_data": data});
        let error = refused(error_answer(400, &fields)).await;
        assert_eq!(error.message, expected);
    }
}

/// Answers of what stands before Meta, or of another server: there is no error of Meta's in them.
#[tokio::test]
async fn answers_of_proxies_and_other_servers_have_their_class() {
    let rows = [
        (ErrorClass::Uncertain, vec![500, 502, 504, 520]),
        (ErrorClass::Transient, vec![400, 408, 503]),
        (ErrorClass::Throttled, vec![429]),
        (
            ErrorClass::ChannelAuth,
            vec![301, 302, 307, 308, 401, 402, 403, 404, 405, 410],
        ),
        (ErrorClass::Rejected, vec![413]),
    ];
    for (class, statuses) in rows {
        for status in statuses {
            let html = "<html>\n<h1>proxy</h1> ligue 5531987654321</html>";
            let error = refused(AnswerScript::text(status, html)).await;
            assert_eq!(error.class, class, "{status}");
            let json = AnswerScript::json(status, &json!({"error": "no"}));
            assert_eq!(refused(json).await.class, class, "{status}");
        }
    }
}
