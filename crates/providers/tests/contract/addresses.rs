//! Where requests do not go.

use std::time::Duration;

use serde_json::json;
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::MessageBody;
use zapgres_providers::{Accepted, Http, OutgoingMessage, provider_named};

use crate::server::{AnswerScript, AnsweringServer};
use crate::{address, phone};

/// Long enough for names that lead nowhere to be found out.
const SEND_TIMEOUT: Duration = Duration::from_secs(5);

async fn send(base_url: &str, allowed: &str) -> Result<Accepted, SendError> {
    let http = Http::new(SEND_TIMEOUT, allowed.parse().expect("networks"));
    let provider = provider_named("evolution", address(base_url), http).expect("it exists");
    let message = OutgoingMessage::new(phone("11987654321"), MessageBody::text("Olá"));
    provider.send(&message).await
}

async fn server() -> AnsweringServer {
    let accepted = json!({"key": {"id": "3EB0", "remoteJid": "5511987654321@s.whatsapp.net"}});
    AnsweringServer::start(AnswerScript::json(201, &accepted)).await
}

/// P1: a channel's address does not open what only this machine can reach.
#[tokio::test]
async fn an_address_of_this_machine_is_refused_unless_it_is_allowed() {
    let server = server().await;
    let error = send(&server.base_url, "10.0.0.0/8").await.unwrap_err();
    let expected = "the channel's address leads to the private address 127.0.0.1; \
                    allow it with --allow-addresses 127.0.0.1";
    assert_eq!(error.message, expected);
    let class = (error.class, error.reached_provider);
    assert_eq!(class, (ErrorClass::ChannelAuth, false));
    assert!(server.requests().is_empty());

    let accepted = send(&server.base_url, "127.0.0.1").await.expect("a yes");
    assert_eq!(accepted.provider_message_id, "3EB0");
    assert_eq!(server.requests().len(), 1);
}

/// P1: nor does a name that leads there.
#[tokio::test]
async fn a_name_of_this_machine_is_refused_unless_its_address_is_allowed() {
    let server = server().await;
    let by_name = server.base_url.replace("127.0.0.1", "localhost");
    let error = send(&by_name, "").await.unwrap_err();
    let class = (error.class, error.reached_provider);
    assert_eq!(class, (ErrorClass::ChannelAuth, false), "{error}");
    let told = "the channel's address leads to the private address ";
    assert!(error.message.starts_with(told), "{error}");
    assert!(server.requests().is_empty());

    send(&by_name, "127.0.0.0/8").await.expect("a yes");
    assert_eq!(server.requests().len(), 1);
}

/// P1: IPv6 and the metadata service of clouds, with TLS or without.
#[tokio::test]
async fn other_forms_of_private_addresses_are_refused_too() {
    for (base_url, told) in [
        ("http://[::1]:9", "::1"),
        ("https://[::ffff:127.0.0.1]:9", "127.0.0.1"),
        ("https://169.254.169.254", "169.254.169.254"),
        ("http://2130706433:9", "127.0.0.1"),
        ("http://[64:ff9b::10.0.0.5]", "64:ff9b::a00:5"),
    ] {
        let error = send(base_url, "").await.unwrap_err();
        assert_eq!(error.class, ErrorClass::ChannelAuth, "{base_url}: {error}");
        let told = format!("allow it with --allow-addresses {told}");
        assert!(error.message.ends_with(&told), "{base_url}: {error}");
    }
}
