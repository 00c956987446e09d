//! Every provider that tells, from an order to its reader and the customer's reply.

use serde_json::{Value, json};

use super::listening::{listen, make_address};
use crate::channels::providers::{instance_at, move_to};
use crate::cluster::plain;
use crate::delivery::stand::Stand;
use crate::{sandbox, wait};

/// Each, and the secret that proves its deliveries; MegaAPI tells nothing, as no form of that is known.
const PROVIDERS: [(&str, Option<&str>); 5] = [
    ("meta", Some("app_secret")),
    ("evolution", None),
    ("zapi", None),
    ("waha", Some("hmac_key")),
    ("http", Some("hmac_key")),
];

async fn tell_sandbox(stand: &Stand, method: reqwest::Method, path: &str, body: &Value) {
    let url = format!("{}/sandbox/{path}", stand.provider.url());
    let answer = sandbox::client().request(method, url).json(body).send();
    let answer = answer.await.expect("an answer");
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
}

/// C1, C8, P4: with every provider an order's message is seen to be sent, delivered and read, however mixed up that is told,
/// and what the customer answers is kept, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_are_followed_to_their_readers_and_answers() {
    for (provider, secret) in PROVIDERS {
        let stand = Stand::open(plain()).await;
        move_to(&stand, provider).await;
        if let Some(name) = secret {
            let secrets =
                format!("update zap.channel set secrets = '{{\"{name}\": \"env:SANDBOX_KEY\"}}'");
            stand.session.run(&secrets).await;
        }
        let (_daemon, base) = listen(&stand).await;
        let said = make_address(&stand, &base, &[]).await;
        let url = said.lines().next().expect("an address");
        let at = format!("{provider}/{}", instance_at(provider));
        let hook = json!({"url": url, "secret": "the-key", "shuffle": true, "repeat": 1});
        tell_sandbox(
            &stand,
            reqwest::Method::PUT,
            &format!("webhooks/{at}"),
            &hook,
        )
        .await;
        stand.place(1..=3).await;
        let read = "select count(*) from zap.notification_queue
             where status = 'read' and sent_at is not null and delivered_at is not null and read_at is not null";
        wait::until(&format!("{provider}: all are read"), async || {
            stand.session.count(read).await == 3
        })
        .await;
        let reply = json!({"from": "5511987654321", "text": "Obrigada!"});
        tell_sandbox(
            &stand,
            reqwest::Method::POST,
            &format!("inbound/{at}"),
            &reply,
        )
        .await;
        let kept = "select direction, chat, kind, text, is_own from zap.message_history where text = 'Obrigada!'";
        let expected = [["in", "+5511987654321", "text", "Obrigada!", "f"]];
        wait::until(&format!("{provider}: the answer is kept"), async || {
            stand.session.rows(kept).await == expected
        })
        .await;
    }
}
