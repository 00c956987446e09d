//! Faults, as a client sees them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use chrono::DateTime;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use zapgres_sandbox::SandboxOptions;

use crate::client::{soon, start, start_with, text_of, to_ana};

#[tokio::test]
async fn a_status_is_answered_in_the_envelope_and_nothing_is_accepted() {
    let sandbox = start();
    sandbox
        .fault(json!({"kind": "status", "code": 503, "times": 1}))
        .await;
    sandbox
        .fault(json!({"kind": "status", "code": 400, "times": 1}))
        .await;
    let unavailable = sandbox.send("a").await;
    assert_eq!(
        (unavailable.status, unavailable.json()),
        (
            503,
            json!({
                "status": 503,
                "error": "Service Unavailable",
                "response": {"message": "Internal Server Error"},
            })
        )
    );
    let disconnected = sandbox.send("b").await;
    let message = &disconnected.json()["response"]["message"];
    assert_eq!(
        (disconnected.status, message),
        (400, &json!(["Error: Connection Closed"]))
    );
    assert_eq!(sandbox.send("c").await.status, 201);
    assert_eq!(sandbox.texts().await, ["c"]);
    assert_eq!(sandbox.count("fault_status").await, 2);
}

#[tokio::test]
async fn a_status_can_have_a_body_and_headers_of_its_own() {
    let sandbox = start();
    let proxy = json!({
        "kind": "status", "code": 502, "times": 1, "body": "<h1>Bad Gateway</h1>",
        "headers": {"Content-Type": "text/html", "Retry-After": "7"},
    });
    let custom = json!({"kind": "status", "code": 429, "body": {"error": "calma"}});
    sandbox.fault(json!([proxy, custom])).await;
    let page = sandbox.send("a").await;
    assert_eq!(
        (page.status, page.body.as_str()),
        (502, "<h1>Bad Gateway</h1>")
    );
    assert_eq!(page.header("content-type"), Some("text/html"));
    assert_eq!(page.header("retry-after"), Some("7"));
    let json = sandbox.send("b").await;
    assert_eq!((json.status, json.json()), (429, json!({"error": "calma"})));
}

#[tokio::test]
async fn a_delay_comes_before_the_answer() {
    let sandbox = start();
    sandbox
        .fault(json!({"kind": "delay", "ms": 250, "times": 1}))
        .await;
    let began = Instant::now();
    assert_eq!(sandbox.send("a").await.status, 201);
    assert!(began.elapsed() >= Duration::from_millis(250));
}

#[tokio::test]
async fn a_client_that_gives_up_during_a_delay_has_sent_all_the_same() {
    let sandbox = start();
    sandbox
        .fault(json!({"kind": "delay", "ms": 500, "times": 1}))
        .await;
    let headers = [("apikey", "key"), ("content-type", "application/json")];
    let request = text_of(
        "POST",
        "/message/sendText/loja",
        &headers,
        &to_ana("a").to_string(),
    );
    let mut stream = TcpStream::connect(sandbox.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let struck = async {
        while sandbox.get("/sandbox/faults").await.json()[0]["hits"] == 0 {
            tokio::task::yield_now().await;
        }
    };
    soon(struck).await;
    drop(stream);
    let accepted = async { while sandbox.texts().await.is_empty() {} };
    soon(accepted).await;
}

#[tokio::test]
async fn dropped_before_accepting_writes_no_byte_and_keeps_nothing() {
    let sandbox = start();
    sandbox
        .fault(json!({"kind": "drop_before", "times": 1}))
        .await;
    assert_eq!(sandbox.send_raw("a").await, b"");
    assert!(sandbox.texts().await.is_empty());
    assert_eq!(sandbox.count("dropped_before").await, 1);
    assert_eq!(sandbox.send("a").await.status, 201);
}

/// B2: the outcome that a client cannot know.
#[tokio::test]
async fn dropped_after_accepting_writes_no_byte_and_keeps_the_message() {
    let sandbox = start();
    sandbox
        .fault(json!({"kind": "drop_after", "times": 1}))
        .await;
    assert_eq!(sandbox.send_raw("a").await, b"");
    assert_eq!(sandbox.texts().await, ["a"]);
    assert_eq!(sandbox.count("dropped_after").await, 1);
    assert_eq!(sandbox.count("accepted").await, 0);
}

#[tokio::test]
async fn a_drop_closes_a_kept_connection_and_spares_the_others() {
    let sandbox = start();
    sandbox
        .fault(json!({"kind": "drop_before", "recipient": "+55 11 98765-4321"}))
        .await;
    let other = json!({"number": "5511912345678", "text": "b"});
    let headers = [("apikey", "key"), ("content-type", "application/json")];
    let kept_open = text_of(
        "POST",
        "/message/sendText/loja",
        &headers,
        &other.to_string(),
    )
    .replace("connection: close\r\n", "");
    let dropped = text_of(
        "POST",
        "/message/sendText/loja",
        &headers,
        &to_ana("a").to_string(),
    );
    let written = String::from_utf8(sandbox.raw(&(kept_open + &dropped)).await).unwrap();
    assert_eq!(
        written.matches("HTTP/1.1").count(),
        written.matches("201 Created").count()
    );
    assert_eq!(sandbox.texts().await, ["b"]);
    assert_eq!(sandbox.count("dropped_before").await, 1);
}

#[tokio::test]
async fn a_rate_limit_answers_429_with_the_seconds_to_wait() {
    let now = Arc::new(AtomicI64::new(1_700_000_000_000));
    let clock = Arc::clone(&now);
    let clock =
        Arc::new(move || DateTime::from_timestamp_millis(clock.load(Ordering::Relaxed)).unwrap());
    let sandbox = start_with(SandboxOptions {
        clock,
        ..Default::default()
    });
    sandbox
        .fault(json!({"kind": "rate_limit", "limit": 2, "window_ms": 60_000}))
        .await;
    assert_eq!(sandbox.send("a").await.status, 201);
    assert_eq!(sandbox.send("b").await.status, 201);
    now.fetch_add(17_500, Ordering::Relaxed);
    let refused = sandbox.send("c").await;
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (429, Some("43"))
    );
    assert_eq!(refused.json()["error"], "Too Many Requests");
    now.fetch_add(42_500, Ordering::Relaxed);
    assert_eq!(sandbox.send("c").await.status, 201);
    assert_eq!(sandbox.texts().await, ["a", "b", "c"]);
    assert_eq!(sandbox.count("rate_limited").await, 1);
}

#[tokio::test]
async fn a_number_ordered_away_is_not_on_whatsapp() {
    let sandbox = start();
    sandbox
        .fault(json!({"kind": "not_on_whatsapp", "recipient": "5511987654321"}))
        .await;
    let refused = sandbox.send("a").await;
    assert_eq!(refused.status, 400);
    let expected = json!([
        {"jid": "5511987654321@s.whatsapp.net", "exists": false, "number": "5511987654321"}
    ]);
    assert_eq!(refused.json()["response"]["message"], expected);
    let other = json!({"number": "5511912345678", "text": "b"});
    assert_eq!(
        sandbox.post("/message/sendText/loja", &other).await.status,
        201
    );
    assert_eq!(sandbox.count("not_on_whatsapp").await, 1);
}

#[tokio::test]
async fn an_instance_can_fail_alone() {
    let sandbox = start();
    sandbox
        .fault(json!({"kind": "status", "code": 500, "instance": "padaria"}))
        .await;
    assert_eq!(sandbox.send("a").await.status, 201);
    assert_eq!(
        sandbox
            .post("/message/sendText/padaria", &to_ana("b"))
            .await
            .status,
        500
    );
}

#[tokio::test]
async fn faults_are_listed_and_cleared() {
    let sandbox = start();
    let fault = json!({"kind": "status", "code": 500, "instance": "loja", "times": 3});
    sandbox.fault(fault).await;
    sandbox.send("a").await;
    assert_eq!(
        sandbox.get("/sandbox/faults").await.json(),
        json!([{
            "id": 1, "kind": "status", "code": 500, "instance": "loja", "times": 3,
            "hits": 1, "remaining": 2,
        }])
    );
    assert_eq!(
        sandbox.delete("/sandbox/faults").await.json(),
        json!({"cleared": 1})
    );
    assert_eq!(sandbox.get("/sandbox/faults").await.json(), json!([]));
    assert_eq!(sandbox.send("b").await.status, 201);
}

#[tokio::test]
async fn a_malformed_fault_is_refused_in_one_line_and_none_is_added() {
    let sandbox = start();
    let faults = json!([{"kind": "drop_before"}, {"kind": "delay", "seconds": 3}]);
    let refused = sandbox.post("/sandbox/faults", &faults).await;
    assert_eq!(refused.status, 400);
    let line = refused.json()["error"].as_str().unwrap().to_owned();
    assert!(
        line.starts_with("fault 2: unknown field `seconds`"),
        "{line}"
    );
    assert_eq!(sandbox.get("/sandbox/faults").await.json(), json!([]));
}
