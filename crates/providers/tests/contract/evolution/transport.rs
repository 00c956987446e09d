//! Failures on the way: what certainly was not sent, and what may have been.

use tokio::io::AsyncWriteExt;
use zapgres_core::error_class::{ErrorClass, SendError};

use super::send_to;
use crate::server::{Then, listen, rude_server};
use crate::{SECRET, expect_silence};

async fn failed(base_url: &str) -> SendError {
    let error = send_to(base_url).await.expect_err("a failure");
    for private in [SECRET, "987654321", "sendText", "loja"] {
        assert!(!error.message.contains(private), "{}", error.message);
    }
    error
}

#[tokio::test]
async fn a_refused_connection_never_reached_the_provider() {
    let (listener, base_url) = listen().await;
    drop(listener);
    let error = failed(&base_url).await;
    assert_eq!(error.class, ErrorClass::ChannelDown);
    assert!(!error.reached_provider);
    assert!(error.message.contains("Connection refused"), "{error}");
}

#[tokio::test]
async fn a_host_that_does_not_exist_never_was_reached() {
    let error = failed("http://zapgres.invalid").await;
    assert_eq!(
        (error.class, error.reached_provider),
        (ErrorClass::ChannelDown, false)
    );
}

/// B2: the request was read, so the message may have been sent.
#[tokio::test]
async fn a_connection_dropped_before_the_answer_is_uncertain() {
    let error = failed(&rude_server(Then::Close).await).await;
    assert_eq!(
        (error.class, error.reached_provider),
        (ErrorClass::Uncertain, true)
    );
}

#[tokio::test]
async fn silence_after_the_request_is_uncertain() {
    expect_silence();
    let error = failed(&rude_server(Then::Nothing).await).await;
    assert_eq!(
        (error.class, error.reached_provider),
        (ErrorClass::Uncertain, true)
    );
    assert!(error.message.starts_with("no answer in time"), "{error}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_uncertain() {
    let answers = [
        "HTTP/1.1 201 Created\r\ncontent-length: 500\r\n\r\n{\"key\":{\"id\":\"X\"}",
        "HTTP/1.1 201 Created\r\ncontent-le",
        "SSH-2.0-OpenSSH_9.2p1\r\n",
    ];
    for answer in answers {
        let error = failed(&rude_server(Then::Write(answer)).await).await;
        assert_eq!(
            (error.class, error.reached_provider),
            (ErrorClass::Uncertain, true),
            "{answer}"
        );
    }
    expect_silence();
    let slow = Then::WriteAndWait("HTTP/1.1 201 Created\r\ncontent-length: 500\r\n\r\n{");
    let error = failed(&rude_server(slow).await).await;
    assert_eq!(
        (error.class, error.reached_provider),
        (ErrorClass::Uncertain, true)
    );
}

#[tokio::test]
async fn a_refusal_whose_text_breaks_off_still_is_one() {
    let answer = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 500\r\n\r\n{";
    let error = failed(&rude_server(Then::Write(answer)).await).await;
    assert_eq!(error.class, ErrorClass::ChannelAuth);
}

/// TLS needs no provider installed for the process; a server that speaks none is not reached.
#[tokio::test]
async fn https_to_a_server_without_tls_never_reached_the_provider() {
    let (listener, base_url) = listen().await;
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream
                .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                .await
                .expect("an open socket");
        }
    });
    let error = failed(&base_url.replace("http:", "https:")).await;
    assert_eq!(
        (error.class, error.reached_provider),
        (ErrorClass::ChannelDown, false)
    );
}

#[tokio::test]
async fn an_address_that_is_no_url_is_an_error_of_the_channel() {
    let bases = [
        "",
        "evolution.example.com",
        "localhost:8080",
        "http://",
        "mailto:a@b",
        "ftp://127.0.0.1",
    ];
    for base_url in bases {
        let error = failed(base_url).await;
        let class = (error.class, error.reached_provider);
        assert_eq!(class, (ErrorClass::ChannelAuth, false), "{base_url:?}");
        assert!(error.message.contains("the channel's address"), "{error}");
    }
}
