//! The way of webhook requests to who registered for them: in the background, and repeated when
//! nobody takes them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Url};
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::client::webhook_client;
use super::{Event, Webhook};
use crate::provider::{Post, Provider, Source};
use crate::state::SandboxState;

/// Requests on their way at once: enough to keep a receiver busy, too few to fill its backlog.
const CONCURRENT: usize = 32;

/// Groups of events that may wait. A receiver that is down must not fill the memory.
const WAITING_LIMIT: usize = 100_000;

/// What is on its way, and what became of the rest.
pub(super) struct Deliveries {
    client: OnceLock<Client>,
    under_way: Semaphore,
    room: Arc<Semaphore>,
    delivered: AtomicU64,
    failed: AtomicU64,
    given_up: AtomicU64,
    discarded: AtomicU64,
}

impl Default for Deliveries {
    fn default() -> Self {
        Self {
            client: OnceLock::new(),
            under_way: Semaphore::new(CONCURRENT),
            room: Arc::new(Semaphore::new(WAITING_LIMIT)),
            delivered: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            given_up: AtomicU64::new(0),
            discarded: AtomicU64::new(0),
        }
    }
}

impl Deliveries {
    /// The client, made when it is first needed: it reads what the system trusts.
    pub(super) fn client(&self) -> &Client {
        self.client.get_or_init(webhook_client)
    }

    pub(super) fn counts(&self) -> Value {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        json!({
            "delivered": read(&self.delivered),
            "failed": read(&self.failed),
            "given_up": read(&self.given_up),
            "discarded": read(&self.discarded),
            "waiting": WAITING_LIMIT - self.room.available_permits(),
        })
    }
}

/// Tells of events, one request after the other, without anybody waiting for it.
pub(super) fn start(
    state: &Arc<SandboxState>,
    provider: Provider,
    instance: &str,
    webhook: Arc<Webhook>,
    events: Vec<Event>,
) {
    let deliveries = &state.webhooks.deliveries;
    let Ok(place) = Arc::clone(&deliveries.room).try_acquire_owned() else {
        deliveries.discarded.fetch_add(1, Ordering::Relaxed);
        return;
    };
    let group = Group {
        state: Arc::clone(state),
        provider,
        instance: instance.to_owned(),
        webhook,
        _place: Arc::new(place),
    };
    tokio::spawn(async move {
        let shutdown = group.state.shutdown.clone();
        shutdown.run_until_cancelled(group.deliver(events)).await;
    });
}

/// Events that belong together, on their way.
#[derive(Clone)]
struct Group {
    state: Arc<SandboxState>,
    provider: Provider,
    instance: String,
    webhook: Arc<Webhook>,
    /// Given back when the last request of the group has ended.
    _place: Arc<OwnedSemaphorePermit>,
}

impl Group {
    async fn deliver(self, events: Vec<Event>) {
        let source = Source {
            instance: &self.instance,
            webhook: &self.webhook,
            server_url: &self.state.server_url,
            now: (self.state.clock)(),
        };
        for post in self.provider.dialect().posts(&source, &events) {
            if self.webhook.wants(post.event) {
                self.make(&post).await;
            }
        }
    }

    /// Makes one request as often as the webhook wants it. What fails is repeated on its own, so
    /// that it holds up nothing.
    async fn make(&self, post: &Post) {
        let body = post.body.to_string();
        let url = self.url(post.event);
        for _ in 0..=self.webhook.repeat {
            tokio::time::sleep(Duration::from_millis(self.webhook.delay_ms)).await;
            if self.attempt(&url, &body).await == Attempt::Failed {
                let (again, url, body) = (self.clone(), url.clone(), body.clone());
                tokio::spawn(async move {
                    let shutdown = again.state.shutdown.clone();
                    shutdown.run_until_cancelled(again.repeat(url, body)).await;
                });
            }
        }
    }

    async fn repeat(self, url: Url, body: String) {
        let retries = self.provider.dialect().retries();
        let mut pause = self
            .webhook
            .retry_ms
            .map_or(retries.first_pause, Duration::from_millis);
        for _ in 1..retries.attempts {
            tokio::time::sleep(pause).await;
            if self.attempt(&url, &body).await != Attempt::Failed {
                return;
            }
            pause = (pause * 2).min(retries.longest_pause);
        }
        let deliveries = &self.state.webhooks.deliveries;
        deliveries.given_up.fetch_add(1, Ordering::Relaxed);
    }

    async fn attempt(&self, url: &Url, body: &str) -> Attempt {
        let deliveries = &self.state.webhooks.deliveries;
        let _under_way = deliveries.under_way.acquire().await;
        let answer = deliveries
            .client()
            .post(url.clone())
            .headers(self.headers(body))
            .body(body.to_owned())
            .send()
            .await;
        let status = answer.map(|answer| answer.status());
        let retries = self.provider.dialect().retries();
        if status
            .as_ref()
            .is_ok_and(|status| (retries.is_taken)(*status))
        {
            deliveries.delivered.fetch_add(1, Ordering::Relaxed);
            return Attempt::Taken;
        }
        deliveries.failed.fetch_add(1, Ordering::Relaxed);
        if status.is_ok_and(|status| retries.final_statuses.contains(&status.as_u16())) {
            deliveries.given_up.fetch_add(1, Ordering::Relaxed);
            return Attempt::Refused;
        }
        Attempt::Failed
    }

    fn headers(&self, body: &str) -> HeaderMap {
        let now_seconds = (self.state.clock)().timestamp();
        let mut headers =
            self.provider
                .dialect()
                .signature(&self.webhook, body.as_bytes(), now_seconds);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in &self.webhook.headers {
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name), HeaderValue::try_from(value))
            {
                headers.insert(name, value);
            }
        }
        headers
    }

    fn url(&self, event: &str) -> Url {
        let mut url = self.webhook.url_of(event).clone();
        if self.webhook.by_events {
            let path = url.path().trim_end_matches('/').to_owned();
            let event = event.to_lowercase().replace('_', "-");
            url.set_path(&format!("{path}/{event}"));
        }
        url
    }
}

#[derive(PartialEq)]
enum Attempt {
    Taken,
    /// Worth repeating.
    Failed,
    /// Refused with an answer that the provider takes for final.
    Refused,
}
