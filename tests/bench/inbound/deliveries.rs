//! Deliveries at a fixed rate: each is a receipt of one message, signed, as Meta sends it.

use std::ops::Range;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, StatusCode};
use serde_json::json;
use sha2::Sha256;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::daemon::Daemon;

/// The app's secret.
pub const SECRET: &str = "the-app-secret";
/// Meta's id of the number.
pub const NUMBER: &str = "1060";
/// The address that Meta's app has for all of its numbers.
const PATH: &str = "/api/v1/whatsapp/webhook";
/// Meta waits some 10 s.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How deliveries were answered.
pub struct Answers {
    /// Times until the answer in milliseconds, ascending.
    pub milliseconds: Vec<f64>,
    /// Deliveries per second that were begun and answered.
    pub rate: f64,
}

/// Delivers the receipts of these numbers; two of each message.
pub async fn deliver(daemon: &Daemon, rate: u32, numbers: Range<u64>) -> Answers {
    let client = Client::builder()
        .timeout(TIMEOUT)
        .tcp_nodelay(true)
        .build()
        .expect("an HTTP client");
    let url = format!("{}{PATH}", daemon.url);
    let count = numbers.end - numbers.start;
    let mut ticks = interval(Duration::from_secs(1) / rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let begin = Instant::now();
    let mut answers = JoinSet::new();
    for number in numbers {
        let body = receipt(number);
        let signature = sign(body.as_bytes());
        ticks.tick().await;
        answers.spawn(post(client.clone(), url.clone(), body, signature));
    }
    let mut milliseconds = answers.join_all().await;
    let rate = count as f64 / begin.elapsed().as_secs_f64();
    milliseconds.sort_by(f64::total_cmp);
    Answers { milliseconds, rate }
}

async fn post(client: Client, url: String, body: String, signature: String) -> f64 {
    let begin = Instant::now();
    let request = client
        .post(url)
        .header("x-hub-signature-256", signature)
        .body(body);
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    begin.elapsed().as_secs_f64() * 1000.0
}

/// Even numbers tell of a delivery, odd ones that the same message was read.
fn receipt(number: u64) -> String {
    let status = ["delivered", "read"][usize::from(number % 2 == 1)];
    let status = json!({
        "id": format!("wamid.{}", number / 2), "status": status, "timestamp": "1700000000", "recipient_id": "551187654321",
        "conversation": {"id": "c0ffee", "origin": {"type": "utility"}},
        "pricing": {"billable": true, "pricing_model": "PMP", "category": "utility"},
    });
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "5511988887777", "phone_number_id": NUMBER},
        "statuses": [status],
    });
    json!({
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}],
    })
    .to_string()
}

fn sign(body: &[u8]) -> String {
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(SECRET.as_bytes());
    let mac = mac.expect("a key of any length").chain_update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}
