//! The one address that Meta's app has for all of its numbers.

use reqwest::StatusCode;
use serde_json::json;

use super::stand::{NUMBER, SECRETS, Stand, delivery, sign, status};
use crate::cluster::plain;

const PATH: &str = "/api/v1/whatsapp/webhook";

/// C1: each number's news goes to its channel.
#[tokio::test]
async fn deliveries_go_to_the_channel_of_their_number() {
    let stand = Stand::open(plain()).await;
    stand.add_channel("2", "2060", &["env:APP_SECRET"]).await;
    let receiver = stand.receive().await;
    let of = |number: &str| {
        let statuses = json!({"statuses": [status("wamid.1", "read", 1)]});
        delivery(number, &statuses)["entry"][0].clone()
    };
    let body = json!({"object": "whatsapp_business_account", "entry": [of(NUMBER), of("2060"), of("3060")]});
    let body = body.to_string();
    let signature = sign(SECRETS[0], body.as_bytes());
    let answer = receiver.post(PATH, body, Some(&signature)).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let channels = "select c.instance from zap.inbound_event as e join zap.channel as c on c.id = e.channel_id order by 1";
    assert_eq!(stand.session.column(channels).await, [NUMBER, "2060"]);
}

/// C1: whoever knows the secret of one app tells nothing about the numbers of another.
#[tokio::test]
async fn an_app_tells_of_its_own_numbers_only() {
    let stand = Stand::open(plain()).await;
    stand
        .add_channel("2", "2060", &["env:NEXT_APP_SECRET"])
        .await;
    let receiver = stand.receive().await;
    let statuses = json!({"statuses": [status("wamid.1", "read", 1)]});
    let deliver = async |number: &str, secret: &str| {
        let body = delivery(number, &statuses).to_string();
        let signature = sign(secret, body.as_bytes());
        receiver.post(PATH, body, Some(&signature)).await.status()
    };
    for (number, secret, answer) in [
        (NUMBER, SECRETS[1], StatusCode::UNAUTHORIZED),
        ("2060", "another", StatusCode::UNAUTHORIZED),
        ("3060", SECRETS[1], StatusCode::NOT_FOUND),
    ] {
        assert_eq!(deliver(number, secret).await, answer, "{number}");
    }
    assert_eq!(stand.stored().await, 0);
    assert_eq!(deliver("2060", SECRETS[1]).await, StatusCode::OK);
    assert_eq!(stand.stored().await, 1);
}

/// C1: a channel whose secret is not to be had here keeps nobody else's news away; its own are to be delivered again.
#[tokio::test]
async fn a_missing_secret_is_a_trouble_of_ours() {
    let stand = Stand::open(plain()).await;
    stand.add_channel("2", "2060", &["env:NOT_SET"]).await;
    let receiver = stand.receive().await;
    let deliver = async |number: &str, secret: &str| {
        let statuses = json!({"statuses": [status("wamid.1", "read", 1)]});
        let body = delivery(number, &statuses).to_string();
        let signature = sign(secret, body.as_bytes());
        receiver.post(PATH, body, Some(&signature)).await.status()
    };
    assert_eq!(deliver(NUMBER, SECRETS[0]).await, StatusCode::OK);
    assert_eq!(
        deliver("2060", "whatever it is").await,
        StatusCode::SERVICE_UNAVAILABLE
    );
}
