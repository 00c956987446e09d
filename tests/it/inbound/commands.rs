//! `zapgres channel webhook`.

use reqwest::StatusCode;

use super::stand::{SECRETS, Stand, TOKEN, channel_path, receipts, sign, status};
use crate::cluster::plain;
use crate::{daemon, wait};

/// C1: a command makes an address, shows it once, and can revoke the others.
#[tokio::test]
async fn a_command_makes_an_address() {
    let stand = Stand::open(plain()).await;
    let receiver = stand.receive().await;
    let base = "https://zap.example.com/zap";
    let said = daemon::succeed(
        &stand.database,
        &[
            "channel",
            "webhook",
            "number_1060",
            "--url",
            base,
            "--revoke-others",
        ],
    );
    let url = said.lines().next().expect("an address");
    let path = url.strip_prefix(base).expect("below the base");
    assert!(path.starts_with("/webhooks/meta/"), "{said}");
    assert!(said.contains("/api/v1/whatsapp/webhook"), "{said}");
    assert!(said.contains("1 other"), "{said}");
    let body = receipts(&[status("wamid.1", "read", 1)]).to_string();
    let signature = sign(SECRETS[0], body.as_bytes());
    let answered = async |path: &str| {
        let answer = receiver.post(path, body.clone(), Some(&signature)).await;
        answer.status()
    };
    assert_eq!(answered(path).await, StatusCode::OK);
    wait::until("the old address is no longer good", async || {
        answered(&channel_path(TOKEN)).await == StatusCode::NOT_FOUND
    })
    .await;
    let kept = "select count(*) from zap.channel_webhook";
    assert_eq!(stand.session.count(kept).await, 1);
    let token = path.rsplit('/').next().expect("a token");
    let text = "select w::text from zap.channel_webhook as w";
    assert!(!stand.session.value(text).await.contains(token));
}

/// B10: what is missing is named.
#[tokio::test]
async fn an_unknown_channel_is_named() {
    let stand = Stand::open(plain()).await;
    let output = daemon::run(&stand.database, &["channel", "webhook", "nobody"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("there is no channel nobody"), "{said}");
}
