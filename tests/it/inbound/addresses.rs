//! Addresses and secrets: made, changed without a gap, revoked.

use reqwest::StatusCode;

use super::stand::{NUMBER, SECRETS, Stand, TOKEN, channel_path, receipts, sign, status};
use crate::cluster::plain;
use crate::wait;

/// C1: while the app's secret is changed, both are good.
#[tokio::test]
async fn two_secrets_are_good_at_a_time() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run(
            "update zap.channel
             set secrets = '{\"app_secret\": [\"env:APP_SECRET\", \"env:NEXT_APP_SECRET\"]}'",
        )
        .await;
    let receiver = stand.receive().await;
    let body = receipts(&[status("wamid.1", "read", 1)]).to_string();
    for secret in SECRETS {
        let signature = sign(secret, body.as_bytes());
        let answer = receiver
            .post(&channel_path(TOKEN), body.clone(), Some(&signature))
            .await;
        assert_eq!(answer.status(), StatusCode::OK, "{secret}");
    }
    assert_eq!(stand.stored().await, 2);
}

/// C1: so are two addresses, until one is revoked.
#[tokio::test]
async fn addresses_are_changed_without_a_gap() {
    let stand = Stand::open(plain()).await;
    let receiver = stand.receive().await;
    let body = receipts(&[status("wamid.1", "read", 1)]).to_string();
    let signature = sign(SECRETS[0], body.as_bytes());
    let answered = async |token: &str| {
        let path = channel_path(token);
        let answer = receiver.post(&path, body.clone(), Some(&signature)).await;
        answer.status()
    };
    assert_eq!(answered(TOKEN).await, StatusCode::OK);
    stand.add_address(NUMBER, "the-next-token").await;
    wait::until("the new address is good", async || {
        answered("the-next-token").await == StatusCode::OK
    })
    .await;
    assert_eq!(answered(TOKEN).await, StatusCode::OK);
    stand
        .session
        .run("delete from zap.channel_webhook as w where w.token_hash = sha256('the-token')")
        .await;
    wait::until("the old one is not", async || {
        answered(TOKEN).await == StatusCode::NOT_FOUND
    })
    .await;
    assert_eq!(answered("the-next-token").await, StatusCode::OK);
}

/// C1: Meta asks a new address to repeat a challenge.
#[tokio::test]
async fn the_handshake_is_answered_to_whoever_knows_the_token() {
    let stand = Stand::open(plain()).await;
    let receiver = stand.receive().await;
    for path in [channel_path(TOKEN), "/api/v1/whatsapp/webhook".to_owned()] {
        let ask = async |mode: &str, token: &str| {
            let question =
                format!("hub.mode={mode}&hub.verify_token={token}&hub.challenge=1158201444");
            receiver.get(&format!("{path}?{question}")).await
        };
        let answer = ask("subscribe", "the-verify-token").await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(answer.text().await.expect("a body"), "1158201444");
        for (mode, token) in [
            ("subscribe", "another"),
            ("unsubscribe", "the-verify-token"),
            ("subscribe", ""),
        ] {
            assert_eq!(
                ask(mode, token).await.status(),
                StatusCode::FORBIDDEN,
                "{path}"
            );
        }
    }
    let unknown = "hub.mode=subscribe&hub.verify_token=the-verify-token&hub.challenge=1";
    let answer = receiver
        .get(&format!("{}?{unknown}", channel_path("x")))
        .await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}

/// Q9: whoever asks learns whether the daemon works.
#[tokio::test]
async fn health_is_told() {
    let stand = Stand::open(plain()).await;
    let receiver = stand.receive().await;
    let answer = receiver.get("/health").await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.text().await.expect("a body"), "working\n");
}
