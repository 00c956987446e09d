//! A sandbox of its own for each test, and a client that shows what was on the wire.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use zapgres_sandbox::{Sandbox, SandboxError, SandboxOptions};

/// Nothing in these tests takes so long; it ends a test that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A sandbox that serves.
pub struct Running {
    pub address: SocketAddr,
    pub shutdown: CancellationToken,
    pub served: JoinHandle<Result<(), SandboxError>>,
}

/// An HTTP answer, taken apart.
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

pub fn start() -> Running {
    start_with(SandboxOptions::default())
}

pub fn start_with(options: SandboxOptions) -> Running {
    let sandbox = Sandbox::bind_with(([127, 0, 0, 1], 0).into(), options).unwrap();
    let (address, shutdown) = (sandbox.address(), CancellationToken::new());
    let served = tokio::spawn(sandbox.serve(shutdown.clone()));
    Running {
        address,
        shutdown,
        served,
    }
}

/// Waits for something that must happen.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("it should have happened by now")
}

impl Running {
    /// Everything the server wrote before it closed the connection.
    pub async fn raw(&self, request: &str) -> Vec<u8> {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        soon(stream.read_to_end(&mut bytes)).await.unwrap();
        bytes
    }

    pub async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        parse(&self.raw(&text_of(method, path, headers, body)).await)
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[("apikey", "key")], "").await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        let headers = [("apikey", "key"), ("content-type", "application/json")];
        self.request("POST", path, &headers, &body.to_string())
            .await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        let headers = [("content-type", "application/json")];
        self.request("PUT", path, &headers, &body.to_string()).await
    }

    pub async fn delete_with_key(&self, path: &str) -> Answer {
        self.request("DELETE", path, &[("apikey", "key")], "").await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.request("DELETE", path, &[], "").await
    }

    /// Sends a text to Ana through the instance `loja`.
    pub async fn send(&self, text: &str) -> Answer {
        self.post("/message/sendText/loja", &to_ana(text)).await
    }

    /// What the server wrote in answer to a text to Ana.
    pub async fn send_raw(&self, text: &str) -> Vec<u8> {
        let headers = [("apikey", "key"), ("content-type", "application/json")];
        let body = to_ana(text).to_string();
        self.raw(&text_of("POST", "/message/sendText/loja", &headers, &body))
            .await
    }

    /// Puts a fault in force.
    pub async fn fault(&self, fault: Value) {
        let answer = self.post("/sandbox/faults", &fault).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
    }

    /// The texts of all messages, in order.
    pub async fn texts(&self) -> Vec<String> {
        let messages = self.get("/sandbox/messages").await.json();
        let texts = messages.as_array().unwrap().iter();
        texts
            .map(|message| message["text"].as_str().unwrap().to_owned())
            .collect()
    }

    /// How many requests had this outcome.
    pub async fn count(&self, outcome: &str) -> u64 {
        self.get("/sandbox/stats").await.json()["requests"][outcome]
            .as_u64()
            .unwrap()
    }
}

pub fn to_ana(text: &str) -> Value {
    json!({"number": "5511987654321", "text": text})
}

/// A request that asks for the connection to be closed after the answer.
pub fn text_of(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    format!(
        "{method} {path} HTTP/1.1\r\nhost: sandbox\r\nconnection: close\r\n{headers}\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn parse(bytes: &[u8]) -> Answer {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let (head, body) = text
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("no answer: {text:?}"));
    let mut lines = head.lines();
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let chunked = headers.contains(&("transfer-encoding".to_owned(), "chunked".to_owned()));
    let body = if chunked {
        join_chunks(body)
    } else {
        body.to_owned()
    };
    Answer {
        status,
        headers,
        body,
    }
}

fn join_chunks(mut rest: &str) -> String {
    let mut body = String::new();
    while let Some((length, more)) = rest.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        if length == 0 {
            return body;
        }
        body.push_str(&more[..length]);
        rest = &more[length + 2..];
    }
    panic!("the last chunk is missing");
}
