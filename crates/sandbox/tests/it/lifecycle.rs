//! Starting and stopping.

use serde_json::json;
use tokio::net::TcpStream;

use crate::client::{soon, start};

#[tokio::test]
async fn a_stopped_sandbox_refuses_connections() {
    let sandbox = start();
    assert_eq!(sandbox.send("a").await.status, 201);
    sandbox.shutdown.cancel();
    soon(sandbox.served).await.unwrap().unwrap();
    assert!(TcpStream::connect(sandbox.address).await.is_err());
}

#[tokio::test]
async fn a_stop_cuts_off_what_still_waits_in_a_delay() {
    let sandbox = start();
    sandbox.fault(json!({"kind": "delay", "ms": 600_000})).await;
    let stop = async {
        while sandbox.get("/sandbox/faults").await.json()[0]["hits"] == 0 {
            tokio::task::yield_now().await;
        }
        sandbox.shutdown.cancel();
    };
    let (written, ()) = tokio::join!(sandbox.send_raw("a"), stop);
    assert_eq!(written, b"");
    soon(sandbox.served).await.unwrap().unwrap();
}

#[tokio::test]
async fn connections_are_served_side_by_side() {
    let sandbox = start();
    sandbox.fault(json!({"kind": "delay", "ms": 600_000})).await;
    // None of them ends before the last is there.
    let all_wait = async {
        while sandbox.get("/sandbox/faults").await.json()[0]["hits"] != 20 {
            tokio::task::yield_now().await;
        }
        sandbox.shutdown.cancel();
    };
    let sends = (0..20).map(|_| sandbox.send_raw("a"));
    let sends = futures_util::future::join_all(sends);
    soon(async { tokio::join!(sends, all_wait) }).await;
}
