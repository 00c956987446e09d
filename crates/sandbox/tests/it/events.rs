//! Server-sent events.

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::client::{Running, soon, start};

/// An open stream of events.
struct Stream(BufReader<TcpStream>);

struct Event {
    name: String,
    id: Option<String>,
    data: Value,
}

impl Stream {
    async fn open(sandbox: &Running, query: &str, last_event_id: Option<&str>) -> Self {
        let resume = last_event_id
            .map(|id| format!("last-event-id: {id}\r\n"))
            .unwrap_or_default();
        let mut stream = TcpStream::connect(sandbox.address).await.unwrap();
        let request =
            format!("GET /sandbox/events{query} HTTP/1.1\r\nhost: sandbox\r\n{resume}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        Self(BufReader::new(stream))
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = soon(self.0.read_line(&mut line)).await.unwrap();
        (read > 0).then(|| line.trim_end().to_owned())
    }

    /// The next event; none when the stream has ended.
    async fn next(&mut self) -> Option<Event> {
        let (mut name, mut id) = (String::new(), None);
        loop {
            let line = self.line().await?;
            if let Some(value) = line.strip_prefix("event: ") {
                name = value.to_owned();
            } else if let Some(value) = line.strip_prefix("id: ") {
                id = Some(value.to_owned());
            } else if let Some(value) = line.strip_prefix("data: ") {
                let data = serde_json::from_str(value).unwrap();
                // Fields come in the order event, id, data or event, data, id.
                if id.is_none() {
                    id = self.line().await?.strip_prefix("id: ").map(str::to_owned);
                }
                return Some(Event { name, id, data });
            }
        }
    }

    async fn expect_message(&mut self, text: &str) -> String {
        let event = self.next().await.unwrap();
        assert_eq!(
            (event.name.as_str(), &event.data["text"]),
            ("message", &text.into())
        );
        event.id.unwrap()
    }

    async fn expect_start(&mut self) -> Value {
        let event = self.next().await.unwrap();
        assert_eq!(event.name, "start");
        event.data
    }
}

#[tokio::test]
async fn messages_arrive_as_they_are_accepted() {
    let sandbox = start();
    sandbox.send("before").await;
    let mut stream = Stream::open(&sandbox, "", None).await;
    stream.expect_start().await;
    sandbox.send("a\nb").await;
    stream.expect_message("a\nb").await;
    sandbox.send("c").await;
    stream.expect_message("c").await;
}

#[tokio::test]
async fn the_last_messages_can_be_asked_for() {
    let sandbox = start();
    for text in ["a", "b", "c"] {
        sandbox.send(text).await;
    }
    let mut stream = Stream::open(&sandbox, "?last=2", None).await;
    stream.expect_start().await;
    stream.expect_message("b").await;
    stream.expect_message("c").await;
}

#[tokio::test]
async fn a_stream_goes_on_where_it_broke_off() {
    let sandbox = start();
    let mut first = Stream::open(&sandbox, "", None).await;
    first.expect_start().await;
    sandbox.send("a").await;
    let id = first.expect_message("a").await;
    drop(first);
    sandbox.send("b").await;
    let mut second = Stream::open(&sandbox, "", Some(&id)).await;
    second.expect_start().await;
    second.expect_message("b").await;
}

#[tokio::test]
async fn an_id_of_an_earlier_run_counts_as_none() {
    let sandbox = start();
    sandbox.send("a").await;
    let mut stream = Stream::open(&sandbox, "?last=10", Some("0123456789-57")).await;
    stream.expect_start().await;
    stream.expect_message("a").await;
}

#[tokio::test]
async fn clearing_is_told_and_runs_are_told_apart() {
    let (sandbox, other) = (start(), start());
    let mut stream = Stream::open(&sandbox, "", None).await;
    let start = stream.expect_start().await;
    sandbox.send("a").await;
    stream.expect_message("a").await;
    sandbox.delete("/sandbox/messages").await;
    let cleared = stream.next().await.unwrap();
    assert_eq!(cleared.name, "cleared");
    sandbox.send("b").await;
    stream.expect_message("b").await;
    let again = Stream::open(&sandbox, "", None).await.expect_start().await;
    assert_eq!(
        (&again["run"], &again["clearings"]),
        (&start["run"], &1.into())
    );
    assert_eq!(again, cleared.data);
    let elsewhere = Stream::open(&other, "", None).await.expect_start().await;
    assert_ne!(elsewhere["run"], start["run"]);
}

#[tokio::test]
async fn a_stream_ends_with_the_sandbox() {
    let sandbox = start();
    let mut stream = Stream::open(&sandbox, "", None).await;
    stream.expect_start().await;
    sandbox.shutdown.cancel();
    assert!(stream.next().await.is_none());
    soon(sandbox.served).await.unwrap().unwrap();
}
