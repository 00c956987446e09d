//! A shop whose daemon receives what Meta delivers.

use std::net::SocketAddr;

use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::graph::Graph;
use crate::cluster::Cluster;
use crate::daemon::{self, Daemon};
use crate::database::Database;
use crate::delivery::transitions;
use crate::session::Session;
use crate::{sandbox, shop, wait};

/// The app's secret, and one that replaces it.
pub const SECRETS: [&str; 2] = ["the-app-secret", "the-next-app-secret"];
/// The secret in the address of the first channel.
pub const TOKEN: &str = "the-token";
/// Meta's id of the number of the first channel.
pub const NUMBER: &str = "1060";

/// The shop's database, its channel at Meta, and how to reach the daemon.
pub struct Stand {
    pub database: Database,
    pub session: Session,
    pub graph: Graph,
}

impl Stand {
    /// Company 1 has a channel at Meta with an address; orders are complete at once.
    pub async fn open(cluster: &Cluster) -> Self {
        Self::open_in(cluster.database().await).await
    }

    /// The same in a new database.
    pub async fn open_in(database: Database) -> Self {
        let (database, session) = shop::open_in(database, &shop::tables("bigint")).await;
        let stand = Self {
            database,
            session,
            graph: Graph::start().await,
        };
        stand
            .session
            .run("update zap.source set settle = '0'")
            .await;
        transitions::guard(&stand.session).await;
        stand.add_channel("1", NUMBER, &["env:APP_SECRET"]).await;
        stand.add_address(NUMBER, TOKEN).await;
        stand
    }

    /// Gives a company a channel at Meta with this number; the secrets are references.
    pub async fn add_channel(&self, tenant: &str, number: &str, secrets: &[&str]) {
        let url = self.graph.url();
        let secrets = json!({"app_secret": secrets, "verify_token": "env:VERIFY_TOKEN"});
        self.session
            .run(&format!(
                "insert into zap.tenant (id) values ('{tenant}') on conflict do nothing;
                 insert into zap.channel
                     (tenant_id, name, provider, base_url, instance, credential, secrets, delay_min, delay_max)
                 values
                     ('{tenant}', 'number_{number}', 'meta', '{url}', '{number}', 'env:SANDBOX_KEY', '{secrets}', '0', '0')"
            ))
            .await;
    }

    /// Gives a channel an address with this secret.
    pub async fn add_address(&self, number: &str, token: &str) {
        let hash = hex::encode(Sha256::digest(token));
        self.session
            .run(&format!(
                "insert into zap.channel_webhook (token_hash, channel_id)
                 select '\\x{hash}', c.id from zap.channel as c where c.instance = '{number}'"
            ))
            .await;
    }

    /// Writes notifications of company 1 that were sent as the messages `message.1` to `message.COUNT`, in one attempt.
    pub async fn add_sent(&self, count: u32) {
        self.session
            .run(&format!(
                "with sent as (
                     insert into zap.notification_queue
                         (event, subject, dedup_key, tenant_id, channel_id, recipient, body, status, attempts, resolved_at,
                          processing_at, sent_at, provider_message_id, expires_at, payload)
                     select 'message', g, 'message:' || g, '1', c.id, '+5511987654321', 'x', 'sent', 1, now(),
                         now() - interval '1 hour', now() - interval '1 hour', 'message.' || g, now() + interval '1 hour',
                         null
                     from zap.channel as c, generate_series(1, {count}) as g where c.instance = '{NUMBER}'
                     returning id, channel_id, provider_message_id
                 )
                 insert into zap.sent_message (channel_id, provider_message_id, notification_id, attempt)
                 select channel_id, provider_message_id, id, 1 from sent"
            ))
            .await;
    }

    /// Starts the daemon, and waits until it listens.
    pub async fn receive(&self) -> Receiver {
        self.receive_with(&[]).await
    }

    /// The same with further arguments.
    pub async fn receive_with(&self, arguments: &[&str]) -> Receiver {
        self.receive_as("postgres", arguments).await
    }

    /// The same with another role.
    pub async fn receive_as(&self, role: &str, arguments: &[&str]) -> Receiver {
        let url = self.database.url(role);
        let mut command = daemon::zapgres(&["run", "--listen", "127.0.0.1:0"]);
        command
            .args(["--database-url", &url, "--log-format", "text"])
            .args(["--sweep-interval", "0"])
            .args(arguments)
            .env("APP_SECRET", SECRETS[0])
            .env("NEXT_APP_SECRET", SECRETS[1])
            .env("VERIFY_TOKEN", "the-verify-token");
        let daemon = Daemon::spawn(&mut command);
        daemon.until_it_says("listening").await;
        let log = daemon.log();
        let address = log.split("address=").nth(1).expect("its address");
        let address = address.split_whitespace().next().expect("its address");
        Receiver {
            address: address.trim_matches('"').parse().expect("an address"),
            daemon,
        }
    }

    /// Statuses of the notifications, in the order of their subjects.
    pub async fn statuses(&self) -> Vec<String> {
        let statuses = "select status from zap.notification_queue order by subject::integer";
        self.session.column(statuses).await
    }

    /// Waits until the notifications have these statuses, in the order of their subjects.
    pub async fn until_statuses(&self, statuses: &[&str]) {
        wait::until(&format!("{statuses:?}"), async || {
            self.statuses().await == statuses
        })
        .await;
    }

    /// Waits until every delivery is read.
    pub async fn until_read(&self) {
        let left = "select count(*) from zap.inbound_event where processed_at is null";
        wait::until("every delivery is read", async || {
            self.session.count(left).await == 0
        })
        .await;
    }

    /// The server's time, in seconds since 1970.
    pub async fn now(&self) -> i64 {
        let now = "select extract(epoch from clock_timestamp())::bigint";
        self.session.value(now).await.parse().expect("a time")
    }

    /// Number of stored deliveries.
    pub async fn stored(&self) -> u64 {
        let count = "select count(*) from zap.inbound_event";
        self.session.count(count).await
    }
}

/// A daemon that receives.
pub struct Receiver {
    address: SocketAddr,
    pub daemon: Daemon,
}

impl Receiver {
    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Delivers a body to the first channel's address, signed with the app's secret; it has to be taken.
    pub async fn deliver(&self, body: &Value) {
        let status = self.try_deliver(body).await;
        assert_eq!(status, StatusCode::OK);
    }

    /// The same; tells the answer.
    pub async fn try_deliver(&self, body: &Value) -> StatusCode {
        let body = body.to_string();
        let signature = sign(SECRETS[0], body.as_bytes());
        self.post(&channel_path(TOKEN), body, Some(&signature))
            .await
            .status()
    }

    /// Delivers anything anywhere.
    pub async fn post(
        &self,
        path: &str,
        body: impl Into<reqwest::Body>,
        signature: Option<&str>,
    ) -> Response {
        let mut request = sandbox::client().post(self.url(path)).body(body);
        if let Some(signature) = signature {
            request = request.header("x-hub-signature-256", signature);
        }
        request.send().await.expect("an answer")
    }

    /// Asks for a path.
    pub async fn get(&self, path: &str) -> Response {
        let answer = sandbox::client().get(self.url(path)).send().await;
        answer.expect("an answer")
    }

    /// What a counter stands at.
    pub async fn counted(&self, series: &str) -> u64 {
        let text = self.get("/metrics").await.text().await.expect("metrics");
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        let value = line.unwrap_or_else(|| panic!("no {series} in {text}"));
        value.parse().expect("a count")
    }
}

/// The path of a channel's address.
pub fn channel_path(token: &str) -> String {
    format!("/webhooks/meta/{token}")
}

/// Meta's signature of a body.
pub fn sign(secret: &str, body: &[u8]) -> String {
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes());
    let mac = mac.expect("a key of any length").chain_update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// A delivery of Meta about a number.
pub fn delivery(number: &str, value: &Value) -> Value {
    let mut value = value.clone();
    value["messaging_product"] = json!("whatsapp");
    value["metadata"] = json!({"display_phone_number": "5511988887777", "phone_number_id": number});
    json!({
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}],
    })
}

/// A receipt of Meta, of so many seconds since 1970.
pub fn status(message: &str, status: &str, at: i64) -> Value {
    json!({"id": message, "status": status, "timestamp": at.to_string(), "recipient_id": "551187654321"})
}

/// A delivery of receipts for the first channel.
pub fn receipts(statuses: &[Value]) -> Value {
    delivery(NUMBER, &json!({"statuses": statuses}))
}
