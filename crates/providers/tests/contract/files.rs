//! Files of providers that fetch them themselves, or get them within the message: looked at before anything is sent.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::MessageBody;
use zapgres_providers::{Accepted, Http, OutgoingMessage, Provider, provider_named};

use crate::server::{AnswerScript, AnsweringServer, SeenRequest};
use crate::{address, phone};

const PROVIDERS: [&str; 4] = ["evolution", "zapi", "waha", "megaapi"];

/// The beginning is all that makes it a picture.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR and the rest of it";
const PNG_BASE64: &str = "iVBORw0KGgoAAAANSUhEUiBhbmQgdGhlIHJlc3Qgb2YgaXQ=";
/// More than 16 MB.
const LARGE_BYTES: usize = 17 << 20;

/// A yes of any of the providers, and beside it a server with files.
fn answers(request: &SeenRequest) -> AnswerScript {
    let Some(path) = request.target.strip_prefix("GET /files/") else {
        let key = json!({"remoteJid": "5511987654321@s.whatsapp.net", "id": "A"});
        let yes = json!({"key": key, "messageId": "A", "id": "true_5511987654321@c.us_A"});
        return AnswerScript::json(200, &yes);
    };
    match path {
        "a.png" => AnswerScript::bytes(200, PNG).header("content-type", "image/png"),
        "large.png" => AnswerScript::bytes(200, &[PNG, &vec![0; LARGE_BYTES]].concat()),
        "login" => AnswerScript::text(200, "<!DOCTYPE html>").header("content-type", "text/html"),
        status => AnswerScript::bytes(status.parse().expect("a status"), b"no"),
    }
}

/// A provider with a server of its own.
struct Channel {
    server: AnsweringServer,
    provider: Arc<dyn Provider>,
}

impl Channel {
    async fn of(provider: &str) -> Self {
        let server = AnsweringServer::start_with(answers).await;
        // Long enough for a busy machine.
        let allowed = "127.0.0.0/8".parse().expect("a network");
        let http = Http::new(Duration::from_secs(20), allowed);
        let provider = provider_named(provider, address(&server.base_url), http);
        Self {
            server,
            provider: provider.expect("the provider is there"),
        }
    }

    fn url(&self, file: &str) -> String {
        format!("{}/files/{file}", self.server.base_url)
    }

    /// As callers do it.
    async fn send(&self, payload: &Value) -> Result<Accepted, SendError> {
        let body = MessageBody::from_parts("image", None, Some(payload)).expect("an image");
        let message = OutgoingMessage::new(phone("11987654321"), body);
        self.provider.prepare(&message).await?;
        self.provider.send(&message).await
    }

    /// What the provider was asked.
    fn sent(&self) -> Vec<SeenRequest> {
        let requests = self.server.requests().into_iter();
        requests
            .filter(|request| !request.target.starts_with("GET /files/"))
            .collect()
    }
}

/// P1, Q5: a good file changes nothing about the request, and is looked at once for many messages.
#[tokio::test]
async fn a_good_file_is_sent_as_it_was_given() {
    for (name, target, field) in [
        ("evolution", "/message/sendMedia/loja1", "/media"),
        ("zapi", "/send-image", "/image"),
        ("waha", "/api/sendImage", "/file/url"),
        (
            "megaapi",
            "/rest/sendMessage/loja1/mediaUrl",
            "/messageData/url",
        ),
    ] {
        let channel = Channel::of(name).await;
        let url = channel.url("a.png");
        for _ in 0..2 {
            let sent = channel.send(&json!({ "url": url })).await;
            sent.expect("it is sent");
        }
        let requests = channel.sent();
        for request in &requests {
            assert!(request.target.ends_with(target), "{}", request.target);
            assert_eq!(request.body.pointer(field), Some(&json!(url)), "{name}");
        }
        let looks = channel.server.requests().len() - requests.len();
        assert_eq!((requests.len(), looks), (2, 1), "{name}");
    }
}

/// P1: what is no file is not looked at.
#[tokio::test]
async fn a_text_needs_no_preparation() {
    for name in PROVIDERS {
        let channel = Channel::of(name).await;
        let message = OutgoingMessage::new(phone("11987654321"), MessageBody::text("Oi"));
        channel.provider.prepare(&message).await.expect("ready");
        assert_eq!(channel.server.requests().len(), 0, "{name}");
    }
}

/// Q5: what is wrong with the file is said, and nothing is sent.
#[tokio::test]
async fn a_file_that_cannot_be_sent_is_refused_with_the_reason() {
    let large = format!("{}{}", &PNG_BASE64[..44], "AAAA".repeat(LARGE_BYTES / 3));
    for name in PROVIDERS {
        let channel = Channel::of(name).await;
        for (payload, reason) in [
            (
                json!({"url": channel.url("404")}),
                "the file at the address is missing (HTTP 404)",
            ),
            (
                json!({"url": channel.url("large.png")}),
                "the file is 17.1 MB, an image may have at most 16 MB",
            ),
            (
                json!({ "base64": large }),
                "an image may have at most 16 MB",
            ),
            (
                json!({"url": channel.url("login")}),
                "the file is text/html, not an image (image/)",
            ),
            (
                json!({"url": "http://10.0.0.1/a.png"}),
                "the file's address leads to the private address",
            ),
        ] {
            let error = channel.send(&payload).await.expect_err(reason);
            assert!(error.message.contains(reason), "{name}: {error}");
            let kind = (error.class, error.reached_provider);
            assert_eq!(kind, (ErrorClass::Rejected, false), "{name}: {reason}");
        }
        assert_eq!(channel.sent().len(), 0, "{name}");
    }
}

/// A file that may come later is asked for again: that it could not be had is not remembered.
#[tokio::test]
async fn a_file_that_cannot_be_had_now_is_an_error_of_the_source() {
    for name in PROVIDERS {
        let channel = Channel::of(name).await;
        for times in 1..=2 {
            let payload = json!({"url": channel.url("503")});
            let error = channel.send(&payload).await.expect_err("not now");
            assert_eq!(error.class, ErrorClass::SourceError, "{name}: {error}");
            assert_eq!(channel.server.requests().len(), times, "{name}");
        }
        assert_eq!(channel.sent().len(), 0, "{name}");
    }
}
