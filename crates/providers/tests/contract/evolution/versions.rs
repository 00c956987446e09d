//! Which version a server is: as the channel's options say, or as its answers show.

use std::time::Duration;

use serde_json::{Value, json};
use zapgres_core::error_class::ErrorClass;
use zapgres_providers::{Http, OutgoingMessage, UnusableChannel, provider_named};

use super::requests::to_ana;
use super::{accepted_json, channel, envelope, evolution, evolution_with};
use crate::server::{AnswerScript, AnsweringServer, SeenRequest};

/// A server whose schema requires this field.
async fn server_requiring(field: &'static str) -> AnsweringServer {
    AnsweringServer::start_with(move |request: &SeenRequest| {
        if request.body.get(field).is_some() {
            return AnswerScript::json(201, &accepted_json());
        }
        let complaint = format!("instance requires property \"{field}\"");
        envelope(400, &json!([[complaint]]))
    })
    .await
}

/// One message of each kind, and the field by which v1 has it.
fn messages() -> Vec<(OutgoingMessage, &'static str)> {
    let file = json!({"url": "https://example.com/a"});
    let voice = json!({"url": "https://example.com/a", "voice": true});
    let reaction = json!({"message_id": "X", "emoji": "👍"});
    let place = json!({"latitude": 1.0, "longitude": 2.0, "name": "Loja"});
    let card = json!({"contacts": [{"name": "Bia", "phone": "+5511912345678"}]});
    let buttons = json!({"text": "Sim?", "buttons": [{"id": "s", "label": "Sim"}]});
    let list = json!({
        "text": "Escolha", "footer": "Loja", "button": "Ver", "sections": [{"rows": [{"id": "1", "title": "Uva"}]}],
    });
    let poll = json!({"question": "Sabor?", "options": ["Uva", "Kiwi"]});
    [
        ("text", json!({"text": "Oi"}), "textMessage"),
        ("image", file.clone(), "mediaMessage"),
        ("audio", voice, "audioMessage"),
        ("sticker", file, "stickerMessage"),
        ("location", place, "locationMessage"),
        ("contact", card, "contactMessage"),
        ("reaction", reaction, "reactionMessage"),
        ("buttons", buttons, "buttonMessage"),
        ("list", list, "listMessage"),
        ("poll", poll, "pollMessage"),
    ]
    .into_iter()
    .map(|(kind, payload, field)| (to_ana(kind, &payload), field))
    .collect()
}

/// P1: v1 is recognised by what its schema misses; the message goes out at once, and later ones in one request.
#[tokio::test]
async fn a_server_of_v1_is_recognised_by_any_kind_of_message() {
    for (message, field) in messages() {
        let server = server_requiring(field).await;
        let provider = evolution(&server.base_url);
        provider.send(&message).await.expect("v1 has it");
        provider.send(&message).await.expect("v1 has it");
        let in_v1: Vec<bool> = server
            .requests()
            .iter()
            .map(|request| request.body.get(field).is_some())
            .collect();
        assert_eq!(in_v1, [false, true, true], "{field}");
    }
}

/// P1: the server is brought up to date while we run.
#[tokio::test]
async fn a_server_that_becomes_v2_is_recognised_too() {
    let server = AnsweringServer::start_with(|request: &SeenRequest| {
        let is_v1 = request.body.get("textMessage").is_some();
        match request.body["text"].as_str() {
            // The first message meets v1, the others v2.
            Some("1") => envelope(
                400,
                &json!([["instance requires property \"textMessage\""]]),
            ),
            None if is_v1 && request.body["textMessage"]["text"] != "1" => {
                envelope(400, &json!([["instance requires property \"text\""]]))
            }
            _ => AnswerScript::json(201, &accepted_json()),
        }
    })
    .await;
    let provider = evolution(&server.base_url);
    for text in ["1", "2", "3"] {
        let message = to_ana("text", &json!({ "text": text }));
        provider.send(&message).await.expect("either has it");
    }
    let in_v1: Vec<bool> = server
        .requests()
        .iter()
        .map(|request| request.body.get("textMessage").is_some())
        .collect();
    assert_eq!(in_v1, [false, true, true, false, false]);
}

/// A server that wants something else than the other version is not asked a third time.
#[tokio::test]
async fn there_are_never_more_than_two_requests() {
    let server = server_requiring("nothingWeHave").await;
    let message = to_ana("text", &json!({"text": "Oi"}));
    let error = evolution(&server.base_url).send(&message).await;
    assert_eq!(error.expect_err("a refusal").class, ErrorClass::Rejected);
    assert_eq!(server.requests().len(), 1);
    let both = AnsweringServer::start_with(|request: &SeenRequest| {
        let is_v1 = request.body.get("textMessage").is_some();
        let field = if is_v1 { "text" } else { "textMessage" };
        let complaint = format!("instance requires property \"{field}\"");
        envelope(400, &json!([[complaint]]))
    })
    .await;
    let error = evolution(&both.base_url).send(&message).await;
    assert_eq!(error.expect_err("a refusal").class, ErrorClass::Rejected);
    assert_eq!(both.requests().len(), 2);
}

/// B2: only a schema's complaint proves that nothing was sent.
#[tokio::test]
async fn no_other_refusal_is_taken_for_the_other_version() {
    let complaint = "instance requires property \"textMessage\"";
    for script in [
        envelope(400, &json!([complaint])),
        envelope(500, &json!([[complaint]])),
        envelope(
            400,
            &json!([["instance.x requires property \"textMessage\""]]),
        ),
        envelope(400, &json!([["instance requires property \"number\""]])),
        envelope(400, &json!([[7]])),
        AnswerScript::text(400, complaint),
    ] {
        let server = AnsweringServer::start(script).await;
        let message = to_ana("text", &json!({"text": "Oi"}));
        let sent = evolution(&server.base_url).send(&message).await;
        assert!(sent.is_err());
        assert_eq!(server.requests().len(), 1);
    }
}

/// P1: with the wrong option no message goes, also not the next one. None is lost for that.
#[tokio::test]
async fn what_the_options_say_is_not_doubted() {
    for (version, field) in [("2", "textMessage"), ("1", "text")] {
        let server = server_requiring(field).await;
        let provider = evolution_with(&server.base_url, &json!({ "version": version }));
        let message = to_ana("text", &json!({"text": "Oi"}));
        let error = provider.send(&message).await.expect_err("a refusal");
        let kind = (error.class, error.reached_provider);
        assert_eq!(kind, (ErrorClass::ChannelAuth, true));
        assert!(error.message.contains("option version"), "{error}");
        assert_eq!(server.requests().len(), 1);
    }
}

fn built(send_timeout: Duration, options: &Value) -> Result<(), UnusableChannel> {
    let http = Http::new(send_timeout, "127.0.0.0/8".parse().expect("a network"));
    let address = channel("http://127.0.0.1:1", options);
    provider_named("evolution", address, http).map(|_| ())
}

/// O7: a wrong option is named.
#[test]
fn wrong_options_are_refused() {
    let half_a_minute = Duration::from_secs(30);
    for options in [
        json!({}),
        json!({"version": "auto", "delay_ms": 0}),
        json!({"version": "1", "delay_ms": 15_000}),
        json!({"version": 2}),
    ] {
        assert_eq!(built(half_a_minute, &options), Ok(()), "{options}");
    }
    for (options, named) in [
        (
            json!({"version": 3}),
            "option version: must be auto, 1 or 2",
        ),
        (
            json!({"version": "v2"}),
            "option version: must be auto, 1 or 2",
        ),
        (json!({"delay_ms": 15_001}), "delay_ms"),
        (json!({"delay_ms": -1}), "delay_ms"),
        (json!({"delai_ms": 1}), "delai_ms"),
    ] {
        let error = built(half_a_minute, &options).expect_err("a wrong option");
        assert!(error.to_string().contains(named), "{options}: {error}");
    }
}

/// The delay is served inside of the request, which must not be over before the answer.
#[test]
fn a_delay_leaves_five_seconds_of_a_request() {
    let ten_seconds = Duration::from_secs(10);
    assert_eq!(built(ten_seconds, &json!({"delay_ms": 5000})), Ok(()));
    let error = built(ten_seconds, &json!({"delay_ms": 5001})).expect_err("too long");
    assert_eq!(
        error.to_string(),
        "option delay_ms: must be at least 5 s below the time for a request, which is 10 s"
    );
}

#[tokio::test]
async fn a_delay_is_shown_as_typing() {
    for (version, delay, presence) in [
        ("2", "/delay", None),
        ("1", "/options/delay", Some("/options/presence")),
    ] {
        let server = AnsweringServer::start(AnswerScript::json(201, &accepted_json())).await;
        let options = json!({"version": version, "delay_ms": 1200});
        let http = Http::new(
            Duration::from_secs(10),
            "127.0.0.0/8".parse().expect("a network"),
        );
        let provider = provider_named("evolution", channel(&server.base_url, &options), http);
        let provider = provider.expect("evolution is there");
        for (kind, payload, expected) in [
            ("text", json!({"text": "Oi"}), "composing"),
            (
                "audio",
                json!({"base64": "T2dn", "voice": true}),
                "recording",
            ),
        ] {
            provider
                .send(&to_ana(kind, &payload))
                .await
                .expect("accepted");
            let body = server.requests().pop().expect("a request").body;
            assert_eq!(body.pointer(delay), Some(&json!(1200)));
            if let Some(presence) = presence {
                assert_eq!(body.pointer(presence), Some(&json!(expected)));
            }
        }
    }
}
