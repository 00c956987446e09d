//! The sandbox tells of its messages as Evolution API does, in any order and more than once.

use reqwest::StatusCode;
use serde_json::json;

use super::listening::{listen, make_address};
use crate::cluster::plain;
use crate::daemon::Daemon;
use crate::delivery::stand::Stand;
use crate::{sandbox, wait};

const ORDERS: u32 = 20;

/// Starts the daemon, and tells the sandbox where it listens.
async fn follow(stand: &Stand) -> (Daemon, String) {
    let (daemon, base) = listen(stand).await;
    let said = make_address(stand, &base, &["--set"]).await;
    assert!(said.contains("evolution delivers there now"), "{said}");
    let url = said.lines().next().expect("an address").to_owned();
    (daemon, url)
}

/// C8: what the sandbox tells, mixed up and twice, ends as it happened.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_are_followed_to_their_readers() {
    let stand = Stand::open(plain()).await;
    let (_daemon, url) = follow(&stand).await;
    let hook = format!(
        "{}/sandbox/webhooks/evolution/instance_1",
        stand.provider.url()
    );
    let told = json!({"url": url, "shuffle": true, "repeat": 1});
    let answer = sandbox::client().put(hook).json(&told).send().await;
    assert!(answer.expect("an answer").status().is_success());
    stand.place(1..=ORDERS).await;
    let read = "select count(*) from zap.notification_queue
         where status = 'read' and delivered_at is not null and read_at is not null";
    wait::until("all are read", async || {
        stand.session.count(read).await == u64::from(ORDERS)
    })
    .await;
    let twice = "select count(*) from (
             select from zap.notification_logs where event in ('sent', 'delivered', 'read')
             group by notification_id, event having count(*) > 1
         ) as t";
    assert_eq!(stand.session.count(twice).await, 0);
}

/// C1: without a signature, the secret in the address is the proof; an event's name may follow it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_secret_in_the_address_is_the_proof() {
    let stand = Stand::open(plain()).await;
    let (_daemon, url) = follow(&stand).await;
    let post = async |url: &str, instance: &str| {
        let body = json!({
            "event": "messages.update", "instance": instance,
            "data": {"keyId": "3EB0", "fromMe": true, "status": "READ"},
        });
        let answer = sandbox::client().post(url).json(&body).send().await;
        answer.expect("an answer").status()
    };
    assert_eq!(post(&url, "instance_1").await, StatusCode::OK);
    let by_event = format!("{url}/messages-update");
    assert_eq!(post(&by_event, "instance_1").await, StatusCode::OK);
    let another = format!("{url}x");
    assert_eq!(post(&another, "instance_1").await, StatusCode::NOT_FOUND);
    let stored = "select count(*) from zap.inbound_event";
    assert_eq!(stand.session.count(stored).await, 2);
    // What is said of another instance is not this address's to say.
    assert_eq!(post(&url, "instance_2").await, StatusCode::OK);
    assert_eq!(stand.session.count(stored).await, 2);
}

/// C1: a channel with a secret refuses what does not repeat it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_header_is_asked_for() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("update zap.channel set secrets = '{\"webhook_header\": \"env:SANDBOX_KEY\"}'")
        .await;
    let (_daemon, url) = follow(&stand).await;
    let body =
        json!({"event": "connection.update", "instance": "instance_1", "data": {"state": "close"}});
    let client = sandbox::client();
    let without = client.post(&url).json(&body).send().await;
    assert_eq!(
        without.expect("an answer").status(),
        StatusCode::UNAUTHORIZED
    );
    stand
        .session
        .run("update zap.channel_health set health_due_at = now() + interval '1 hour'")
        .await;
    let request = client.post(&url).header("x-zapgres-secret", "the-key");
    let with = request.json(&body).send().await;
    assert_eq!(with.expect("an answer").status(), StatusCode::OK);
    // The number's health is looked at, and that says when to look again.
    let looked = "select count(*) from zap.channel_health where health_due_at < now() + interval '50 minutes'";
    wait::until("its health is looked at", async || {
        stand.session.count(looked).await == 1
    })
    .await;
}
