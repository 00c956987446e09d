//! What is not believed or not understood is refused, and leaves nothing behind but a count.

use reqwest::StatusCode;
use serde_json::json;

use super::stand::{NUMBER, SECRETS, Stand, TOKEN, channel_path, delivery, receipts, sign, status};
use crate::cluster::plain;

const DELIVERIES: &str = "zapgres_webhook_deliveries_total{provider=\"meta\",outcome=\"refused\"}";

fn reason(name: &str) -> String {
    format!("zapgres_webhook_refused_total{{reason=\"{name}\"}}")
}

/// C1: what is not signed with the app's secret, over these very bytes, is nobody's.
#[tokio::test]
async fn a_wrong_signature_is_refused() {
    let stand = Stand::open(plain()).await;
    let receiver = stand.receive().await;
    assert_eq!(receiver.counted(&reason("proof")).await, 0);
    let body = receipts(&[status("wamid.1", "read", 1)]).to_string();
    let right = sign(SECRETS[0], body.as_bytes());
    let of_other_bytes = sign(SECRETS[0], format!("{body} ").as_bytes());
    let of_other_secret = sign("another secret", body.as_bytes());
    for signature in [
        None,
        Some(""),
        Some("sha256="),
        Some(&right["sha256=".len()..]),
        Some(&of_other_bytes),
        Some(&of_other_secret),
    ] {
        let answer = receiver
            .post(&channel_path(TOKEN), body.clone(), signature)
            .await;
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{signature:?}");
    }
    assert_eq!(stand.stored().await, 0);
    assert_eq!(receiver.counted(&reason("proof")).await, 6);
    assert_eq!(receiver.counted(DELIVERIES).await, 6);
    let answer = receiver
        .post(&channel_path(TOKEN), body, Some(&right))
        .await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(stand.stored().await, 1);
}

/// C1: a body is refused by its size before anybody looks into it.
#[tokio::test]
async fn a_body_that_is_too_long_is_refused() {
    let stand = Stand::open(plain()).await;
    let receiver = stand.receive_with(&["--body-limit", "20000"]).await;
    let long = vec![b' '; 20_001];
    let signature = sign(SECRETS[0], &long);
    for path in [channel_path(TOKEN), "/api/v1/whatsapp/webhook".to_owned()] {
        let answer = receiver.post(&path, long.clone(), Some(&signature)).await;
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
    assert_eq!(receiver.counted(&reason("too_large")).await, 2);
    assert_eq!(stand.stored().await, 0);
}

/// C1: what is signed and still no delivery is told apart from trouble of ours.
#[tokio::test]
async fn what_is_no_delivery_is_refused() {
    let stand = Stand::open(plain()).await;
    let receiver = stand.receive().await;
    for (body, why) in [
        ("", "not_json"),
        ("{\"object\":", "not_json"),
        ("[]", "wrong_shape"),
        ("{\"object\": \"page\", \"entry\": []}", "wrong_shape"),
    ] {
        let before = receiver.counted(&reason(why)).await;
        let signature = sign(SECRETS[0], body.as_bytes());
        let answer = receiver
            .post(&channel_path(TOKEN), body, Some(&signature))
            .await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(receiver.counted(&reason(why)).await, before + 1, "{body}");
    }
    assert_eq!(stand.stored().await, 0);
}

/// C1: whoever does not know a channel's address learns nothing, not even which providers there are.
#[tokio::test]
async fn an_unknown_address_is_not_found() {
    let stand = Stand::open(plain()).await;
    let receiver = stand.receive().await;
    let body = receipts(&[status("wamid.1", "read", 1)]).to_string();
    let signature = sign(SECRETS[0], body.as_bytes());
    let hash_of_token = "d1e1d2f3";
    for path in [
        channel_path("another-token"),
        channel_path(hash_of_token),
        channel_path(NUMBER),
        format!("/webhooks/evolution/{TOKEN}"),
        format!("/webhooks/nobody/{TOKEN}"),
        "/webhooks/meta".to_owned(),
        "/webhooks".to_owned(),
    ] {
        let answer = receiver.post(&path, body.clone(), Some(&signature)).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(stand.stored().await, 0);
    assert_eq!(receiver.counted(&reason("unknown_address")).await, 5);
}

/// C1: what is of a kind that we do not know is kept, at both addresses, and changes nothing.
#[tokio::test]
async fn what_is_of_an_unknown_kind_is_stored() {
    let stand = Stand::open(plain()).await;
    let receiver = stand.receive().await;
    let of_account = json!({
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "account_update", "value": {"event": "VERIFIED_ACCOUNT"}}]}],
    });
    let of_number = delivery(NUMBER, &json!({"news": [{"id": "1"}]}));
    receiver.deliver(&of_account).await;
    receiver.deliver(&of_number).await;
    for body in [of_account.to_string(), of_number.to_string()] {
        let signature = sign(SECRETS[0], body.as_bytes());
        let answer = receiver
            .post("/api/v1/whatsapp/webhook", body, Some(&signature))
            .await;
        assert_eq!(answer.status(), StatusCode::OK);
    }
    assert_eq!(stand.stored().await, 4);
    stand.until_read().await;
    let outcomes = "select distinct outcome from zap.inbound_event";
    assert_eq!(stand.session.column(outcomes).await, ["processed"]);
}

/// C1: what tells nothing, or only of another number, is taken and forgotten.
#[tokio::test]
async fn what_is_said_of_nobody_is_not_stored() {
    let stand = Stand::open(plain()).await;
    let receiver = stand.receive().await;
    let of_another = delivery("2060", &json!({"statuses": [status("wamid.1", "read", 1)]}));
    let nothing = json!({"object": "whatsapp_business_account", "entry": []});
    receiver.deliver(&of_another).await;
    receiver.deliver(&nothing).await;
    assert_eq!(stand.stored().await, 0);
    let ignored = "zapgres_webhook_deliveries_total{provider=\"meta\",outcome=\"ignored\"}";
    assert_eq!(receiver.counted(ignored).await, 2);
}
