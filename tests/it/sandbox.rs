//! A provider to send to: the sandbox, served by the test itself.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::OnceLock;
use std::thread::{self, JoinHandle};

use serde_json::Value;
use tokio_util::sync::{CancellationToken, DropGuard};
use zapgres_sandbox::{Sandbox, SandboxError, SandboxOptions};

/// A running sandbox; dropped, it takes no requests any more.
pub struct Provider {
    address: SocketAddr,
    shutdown: CancellationToken,
    server: JoinHandle<Result<(), SandboxError>>,
    _dropped: DropGuard,
}

impl Provider {
    /// Starts one on a free port.
    pub fn start() -> Self {
        Self::start_at((Ipv4Addr::LOCALHOST, 0).into())
    }

    /// Starts one on the port of another that was stopped.
    pub fn start_at(address: SocketAddr) -> Self {
        Self::serve(Sandbox::bind(address).expect("bind the sandbox"))
    }

    /// Starts one on a free port that lets only this key in.
    pub fn start_requiring(key: &str) -> Self {
        Self::start_requiring_at((Ipv4Addr::LOCALHOST, 0).into(), key)
    }

    /// The same on the port of another that was stopped.
    pub fn start_requiring_at(address: SocketAddr, key: &str) -> Self {
        let options = SandboxOptions {
            api_key: Some(key.to_owned()),
            ..SandboxOptions::default()
        };
        Self::serve(Sandbox::bind_with(address, options).expect("bind the sandbox"))
    }

    /// On a thread of its own: it answers while the test waits for a program to end.
    fn serve(sandbox: Sandbox) -> Self {
        let address = sandbox.address();
        let (shutdown, dropped) = (CancellationToken::new(), CancellationToken::new());
        let serving = sandbox.serve(shutdown.clone());
        let ended = dropped.clone().cancelled_owned();
        let server = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                tokio::select! {
                    ended = serving => ended,
                    () = ended => Ok(()),
                }
            })
        });
        Self {
            address,
            shutdown,
            server,
            _dropped: dropped.drop_guard(),
        }
    }

    /// Stops it: connections are refused from now on.
    pub async fn stop(self) -> SocketAddr {
        self.shutdown.cancel();
        let server = tokio::task::spawn_blocking(|| self.server.join());
        let ended = server.await.expect("no panic").expect("the sandbox");
        ended.expect("the sandbox ends well");
        self.address
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its base address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The texts it accepted, oldest first.
    pub async fn texts(&self) -> Vec<String> {
        self.messages()
            .await
            .iter()
            .map(|message| text(message, "text"))
            .collect()
    }

    /// The messages it accepted, oldest first, as JSON.
    pub async fn messages(&self) -> Vec<Value> {
        self.list("messages").await
    }

    /// The messages it accepted for this instance.
    pub async fn messages_at(&self, instance: &str) -> Vec<Value> {
        self.list(&format!("messages?instance={instance}")).await
    }

    /// How many messages it accepted: cheap, however many there are.
    pub async fn count(&self) -> u64 {
        let stats = self.get("stats").await;
        stats["messages"]["latest"].as_u64().expect("a count")
    }

    /// How many requests ended like this, by the names of `/sandbox/stats`.
    pub async fn requests(&self, outcome: &str) -> u64 {
        let stats = self.get("stats").await;
        stats["requests"][outcome].as_u64().expect(outcome)
    }

    /// Puts the connection of a provider's instance where a test wants it.
    pub async fn set_connection(&self, provider: &str, instance: &str, connection: &Value) {
        let path = format!("connections/{provider}/{instance}");
        self.put(&path, connection).await;
    }

    /// Scans the QR code of a provider's instance, if one is shown; whether it was.
    pub async fn scan(&self, provider: &str, instance: &str) -> bool {
        let path = format!("connections/{provider}/{instance}/scan");
        let url = format!("{}/sandbox/{path}", self.url());
        let answer = client().post(url).send().await.expect("scan");
        answer.status().is_success()
    }

    /// Sets the templates that Meta has approved, and how it takes free text.
    pub async fn set_meta(&self, settings: &Value) {
        self.put("meta", settings).await;
    }

    async fn put(&self, what: &str, body: &Value) {
        let url = format!("{}/sandbox/{what}", self.url());
        let answer = client().put(url).json(body).send().await.expect(what);
        assert!(answer.status().is_success(), "{:?}", answer.text().await);
    }

    async fn list(&self, what: &str) -> Vec<Value> {
        match self.get(what).await {
            Value::Array(list) => list,
            other => panic!("{what}: {other}"),
        }
    }

    async fn get(&self, what: &str) -> Value {
        let url = format!("{}/sandbox/{what}", self.url());
        let answer = client().get(url).send().await.expect(what);
        answer.json().await.expect(what)
    }

    /// Orders faults.
    pub async fn order_faults(&self, faults: &Value) {
        let url = format!("{}/sandbox/faults", self.url());
        let answer = client()
            .post(url)
            .json(faults)
            .send()
            .await
            .expect("faults");
        assert!(answer.status().is_success(), "{:?}", answer.text().await);
    }

    /// The faults in force, with how often each struck.
    pub async fn faults(&self) -> Vec<Value> {
        self.list("faults").await
    }

    /// How often faults in force have struck.
    pub async fn fault_hits(&self) -> u64 {
        let faults = self.faults().await;
        let hits = faults.iter().filter_map(|fault| fault["hits"].as_u64());
        hits.sum()
    }

    /// Ends all faults.
    pub async fn clear_faults(&self) {
        let url = format!("{}/sandbox/faults", self.url());
        let answer = client().delete(url).send().await.expect("clear the faults");
        assert!(answer.status().is_success());
    }
}

/// A field of a message.
pub fn text(message: &Value, field: &str) -> String {
    message[field]
        .as_str()
        .unwrap_or_else(|| panic!("{field} in {message}"))
        .to_owned()
}

/// An HTTP client.
pub fn client() -> reqwest::Client {
    static CRYPTO: OnceLock<()> = OnceLock::new();
    CRYPTO.get_or_init(|| {
        rustls::crypto::ring::default_provider()
            .install_default()
            .expect("first to install");
    });
    // One per call: a connection belongs to the runtime of the test that made it.
    reqwest::Client::builder().build().expect("an HTTP client")
}
