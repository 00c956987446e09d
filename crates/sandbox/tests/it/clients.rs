//! Zapgres's own clients of every provider, against the sandbox.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::Uri;
use axum::http::header::CONTENT_TYPE;
use chrono::TimeDelta;
use secrecy::SecretString;
use serde_json::{Value, json};
use zapgres_core::error_class::ErrorClass;
use zapgres_core::message::{MessageBody, MessageKind};
use zapgres_core::phone::PhoneNumber;
use zapgres_core::recipient::Recipient;
use zapgres_providers::{
    ChannelAddress, ConnectionState, Enquiry, Http, Lookup, Options, OutgoingMessage, Pairing,
    Provider, Reconciliation, Secrets, names, provider_named,
};
use zapgres_sandbox::system_clock;

use crate::client::{Running, start};

const ANA: &str = "5511987654321";
const PATIENCE: Duration = Duration::from_secs(60);

/// The client of that name for the sandbox, and its instance there.
pub fn client(sandbox: &Running, name: &str) -> (Arc<dyn Provider>, &'static str) {
    let instance = if name == "meta" { "105512345" } else { "loja" };
    let path = if name == "http" { "/http/loja" } else { "" };
    let options = match name {
        "http" => json!({
            "body": {"to": "{{ to }}", "text": "{{ text }}"},
            "message_id": "/id",
            "health_url": format!("http://{}/http/loja", sandbox.address),
        }),
        _ => json!({}),
    };
    let address = ChannelAddress {
        base_url: format!("http://{}{path}", sandbox.address),
        instance: instance.to_owned(),
        credential: SecretString::from("key"),
        secrets: Secrets::default(),
        options: Options(options.as_object().unwrap().clone()),
    };
    let http = Http::new(PATIENCE, "127.0.0.0/8".parse().unwrap());
    (provider_named(name, address, http).unwrap(), instance)
}

fn number(text: &str) -> PhoneNumber {
    zapgres_core::phone::normalize(&format!("+{text}"), None).unwrap()
}

pub fn to_ana(body: MessageBody) -> OutgoingMessage {
    OutgoingMessage::new(Recipient::Phone(number(ANA)), body)
}

/// A server of files, each of the type that its path names: its address.
async fn files() -> String {
    let file = |uri: Uri| async move {
        let kind = uri.path().trim_start_matches('/').to_owned();
        ([(CONTENT_TYPE, kind)], "some bytes")
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, Router::new().fallback(file)).into_future());
    format!("http://{address}")
}

/// A message of that kind, with a file of that server; reactions are on the message of that id.
fn body(kind: MessageKind, files: &str, earlier: &str) -> MessageBody {
    let file =
        |mime_type: &str| json!({"url": format!("{files}/{mime_type}"), "mime_type": mime_type});
    let payload = match kind {
        MessageKind::Text => json!({"text": "Olá"}),
        MessageKind::Template => json!({"name": "pedido", "language": "pt_BR"}),
        MessageKind::Image => file("image/jpeg"),
        MessageKind::Video => file("video/mp4"),
        MessageKind::Audio => file("audio/ogg"),
        MessageKind::Sticker => file("image/webp"),
        MessageKind::Document => file("application/pdf"),
        MessageKind::Location => json!({"latitude": -23.5, "longitude": -46.6, "name": "Loja"}),
        MessageKind::Contact => json!({"contacts": [{"name": "Rui", "phone": "+5511912345678"}]}),
        MessageKind::Reaction => json!({"message_id": earlier, "from_me": true, "emoji": "👍"}),
        MessageKind::Buttons => json!({"text": "Sim?", "buttons": [{"id": "1", "label": "Sim"}]}),
        MessageKind::List => {
            json!({"title": "Menu", "text": "Qual?", "footer": "Loja", "button": "Ver",
            "sections": [{"title": "Pizzas", "rows": [{"id": "1", "title": "a", "description": "b"}]}]})
        }
        MessageKind::Poll => json!({"question": "Qual?", "options": ["a", "b"], "choices": 1}),
    };
    MessageBody::from_parts(kind.as_str(), None, Some(&payload)).unwrap()
}

async fn connect(sandbox: &Running, provider: &str, instance: &str, connection: &Value) {
    let path = format!("/sandbox/connections/{provider}/{instance}");
    assert_eq!(sandbox.put(&path, connection).await.status, 200);
}

/// P1: what a client takes for accepted is a message at the provider, under that id.
#[tokio::test]
async fn every_kind_of_every_provider_is_sent() {
    let files = files().await;
    for name in names() {
        let sandbox = start();
        let approved = json!({"templates": [{"name": "pedido", "language": "pt_BR",
            "components": [{"type": "BODY", "text": "Seu pedido saiu."}]}]});
        assert_eq!(sandbox.put("/sandbox/meta", &approved).await.status, 200);
        let (client, _) = client(&sandbox, name);
        let mut earlier = String::new();
        for kind in client.kinds() {
            let message = to_ana(body(*kind, &files, &earlier));
            let accepted = client.send(&message).await;
            let accepted = accepted.unwrap_or_else(|error| panic!("{name} {kind:?}: {error}"));
            let messages = sandbox.get("/sandbox/messages").await.json();
            let kept = messages.as_array().unwrap().last().unwrap();
            let kept_as = match kind {
                MessageKind::Contact => "contacts",
                other => other.as_str(),
            };
            assert_eq!(
                (&kept["id"], &kept["kind"], &kept["provider"]),
                (
                    &json!(accepted.provider_message_id),
                    &json!(kept_as),
                    &json!(name)
                )
            );
            assert_eq!(kept["number"], ANA);
            earlier = accepted.provider_message_id;
        }
    }
}

/// P1: what a provider refuses is a refusal of the class that it means.
#[tokio::test]
async fn refusals_are_understood() {
    for name in names() {
        let sandbox = start();
        let (client, _) = client(&sandbox, name);
        for (fault, class) in [
            (
                json!({"kind": "rate_limit", "limit": 0, "window_ms": 60_000, "times": 1}),
                ErrorClass::Throttled,
            ),
            (
                json!({"kind": "drop_after", "times": 1}),
                ErrorClass::Uncertain,
            ),
            (
                json!({"kind": "status", "code": 401, "times": 1}),
                ErrorClass::ChannelAuth,
            ),
        ] {
            sandbox.fault(fault).await;
            let refused = client.send(&to_ana(MessageBody::text("oi"))).await;
            assert_eq!(refused.unwrap_err().class, class, "{name}");
        }
    }
}

/// P3
#[tokio::test]
async fn the_connection_is_told_and_mended() {
    for name in names() {
        let sandbox = start();
        let (client, instance) = client(&sandbox, name);
        let health = client.health().await.unwrap();
        assert_eq!(health.state, ConnectionState::Connected, "{name}");
        if matches!(name, "meta" | "http") {
            continue;
        }
        let lost = json!({"state": "disconnected"});
        connect(&sandbox, name, instance, &lost).await;
        let health = client.health().await.unwrap();
        assert_eq!(health.state, ConnectionState::Disconnected, "{name}");
        client.recover().await.unwrap();
        let health = client.health().await.unwrap();
        assert_eq!(health.state, ConnectionState::Connected, "{name}");
    }
}

/// P3
#[tokio::test]
async fn a_number_is_paired_by_a_code() {
    for name in ["evolution", "zapi", "waha", "megaapi"] {
        let sandbox = start();
        let (client, instance) = client(&sandbox, name);
        let forgotten = json!({"state": "disconnected", "needs_pairing": true});
        connect(&sandbox, name, instance, &forgotten).await;
        let shown = client.pair(None).await.unwrap();
        assert!(
            matches!(shown, Pairing::QrCode(_) | Pairing::QrImage(_)),
            "{name}: {shown:?}"
        );
        if matches!(name, "zapi" | "waha") {
            let typed = client.pair(Some(&number("5511912345678"))).await.unwrap();
            assert!(matches!(typed, Pairing::Code(_)), "{name}: {typed:?}");
        }
        let scan = format!("/sandbox/connections/{name}/{instance}/scan");
        assert_eq!(sandbox.post(&scan, &json!({})).await.status, 200);
        assert_eq!(client.pair(None).await, Ok(Pairing::Connected), "{name}");
    }
}

/// P1: the address in the answer lacks the ninth digit where the account is registered so.
#[tokio::test]
async fn numbers_are_looked_up() {
    for name in names() {
        let sandbox = start();
        let (client, _) = client(&sandbox, name);
        if !client.can_look_up() {
            continue;
        }
        let hidden = json!({"kind": "not_on_whatsapp", "recipient": ANA});
        sandbox.fault(hidden).await;
        let numbers = [number("5531987654321"), number(ANA)];
        let found = client.look_up(&numbers).await.unwrap();
        let Lookup::Exists { address, .. } = &found[0] else {
            panic!("{name}: {found:?}");
        };
        assert!(address.starts_with("553187654321"), "{name}: {address}");
        assert_eq!(found[1], Lookup::Absent, "{name}");
    }
}

/// B2: a message whose answer was lost is found again, in the history or in the queue.
#[tokio::test]
async fn a_message_whose_answer_was_lost_is_found() {
    for name in ["evolution", "waha", "zapi"] {
        let sandbox = start();
        let (client, instance) = client(&sandbox, name);
        if name == "zapi" {
            let lost = json!({"state": "disconnected"});
            connect(&sandbox, name, instance, &lost).await;
        }
        sandbox.fault(json!({"kind": "drop_after"})).await;
        let message = to_ana(MessageBody::text("oi"));
        let since = system_clock()() - TimeDelta::minutes(1);
        let error = client.send(&message).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Uncertain, "{name}");
        let enquiry = Enquiry {
            message,
            since,
            until: since + TimeDelta::minutes(2),
            others: HashSet::new(),
        };
        let found = client.reconcile(&enquiry).await.unwrap();
        let Reconciliation::Found(accepted) = found else {
            panic!("{name}: {found:?}");
        };
        let recover = json!({"state": "connected"});
        connect(&sandbox, name, instance, &recover).await;
        let messages = sandbox.get("/sandbox/messages").await.json();
        assert_eq!(messages[0]["id"], json!(accepted.provider_message_id));
    }
}
