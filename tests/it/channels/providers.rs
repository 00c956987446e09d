//! Every provider, from an order to its API.

use serde_json::json;

use super::requests::{OLD_NUMBER, ask_text, until};
use crate::cluster::plain;
use crate::delivery::stand::Stand;
use crate::sandbox::text;

/// The number that each knows `OLD_NUMBER` by; some cannot be asked before.
const NUMBERS: [(&str, &str); 6] = [
    ("evolution", "553187654321"),
    ("zapi", "553187654321"),
    ("waha", "553187654321"),
    ("meta", "5531987654321"),
    ("megaapi", "5531987654321"),
    ("http", "5531987654321"),
];

/// The name that the channel of company 1 has at a provider.
pub fn instance_at(provider: &str) -> &'static str {
    match provider {
        "meta" => "1060",
        _ => "instance_1",
    }
}

/// Makes the channel of company 1 one at this provider.
pub async fn move_to(stand: &Stand, provider: &str) {
    let instance = instance_at(provider);
    let (path, options) = match provider {
        "http" => (
            format!("/http/{instance}"),
            json!({"body": {"to": "{{ digits }}", "text": "{{ text }}"}, "message_id": "/id"}),
        ),
        _ => (String::new(), json!({})),
    };
    stand
        .session
        .run(&format!(
            "update zap.channel
             set provider = '{provider}', instance = '{instance}', base_url = base_url || '{path}', options = '{options}'"
        ))
        .await;
}

/// P1: each sends, to the number that it knows, and its id of the message is kept.
#[tokio::test]
async fn every_provider_sends() {
    for (provider, number) in NUMBERS {
        let stand = Stand::open(plain()).await;
        move_to(&stand, provider).await;
        let _daemon = stand.daemon();
        let id = ask_text(&stand, OLD_NUMBER, "Oi").await;
        until(&stand, &id, "sent").await;
        let messages = stand.provider.messages().await;
        assert_eq!(messages.len(), 1, "{provider}");
        let told =
            ["provider", "instance", "number", "text"].map(|field| text(&messages[0], field));
        assert_eq!(told, [provider, instance_at(provider), number, "Oi"]);
        let kept = "select provider_message_id from zap.notification_queue";
        let kept = stand.session.value(kept).await;
        assert!(
            kept.contains(&text(&messages[0], "id")),
            "{provider}: {kept}"
        );
    }
}
