//! Files are looked at before the server is asked to send them.

use serde_json::{Value, json};
use zapgres_core::error_class::{ErrorClass, SendError};

use super::evolution;
use super::requests::to_ana;
use crate::expect_silence;
use crate::server::{AnswerScript, AnsweringServer, Then, rude_server};

/// What preparing a message says. The server of the channel is not asked for it.
async fn prepared(kind: &str, payload: &Value) -> Result<(), SendError> {
    let message = to_ana(kind, payload);
    evolution("http://127.0.0.1:1").prepare(&message).await
}

async fn class(kind: &str, payload: &Value) -> ErrorClass {
    let error = prepared(kind, payload).await.expect_err("no such file");
    assert_ne!(error.class, ErrorClass::Uncertain, "{error}");
    error.class
}

#[tokio::test]
async fn a_file_that_whatsapp_takes_is_prepared() {
    let picture = AnswerScript::text(200, "GIF89a...").header("content-type", "image/gif");
    let server = AnsweringServer::start(picture).await;
    let by_address = json!({"url": format!("{}/a.gif", server.base_url)});
    assert_eq!(prepared("image", &by_address).await, Ok(()));
    assert_eq!(server.requests().len(), 1);
    // GIF89a...
    let here = json!({"base64": "R0lGODlhLi4u"});
    assert_eq!(prepared("image", &here).await, Ok(()));
    assert_eq!(prepared("text", &json!({"text": "Oi"})).await, Ok(()));
}

#[tokio::test]
async fn a_file_that_nobody_could_see_is_refused_before_it_is_sent() {
    let text = json!({"base64": "b2k=", "mime_type": "text/plain"});
    assert_eq!(class("image", &text).await, ErrorClass::Rejected);
    let broken = json!({"base64": "R0lGODlhLi4u%%%"});
    assert_eq!(class("image", &broken).await, ErrorClass::Rejected);
}

/// B2: a file that does not come leaves no doubt about the message.
#[tokio::test]
async fn a_file_that_does_not_come_is_an_error_of_the_source() {
    expect_silence();
    let silent = json!({"url": format!("{}/a.gif", rude_server(Then::Nothing).await)});
    assert_eq!(class("image", &silent).await, ErrorClass::SourceError);
}

/// Q5: a large file holds nobody else up while it is looked at.
#[tokio::test]
async fn others_get_their_turn_while_a_file_is_decoded() {
    let large = json!({"base64": format!("R0lGODlh{}", "AAAA".repeat(1 << 18))});
    let message = to_ana("image", &large);
    let provider = evolution("http://127.0.0.1:1");
    let mut turns = 0;
    let others = async {
        loop {
            turns += 1;
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        prepared = provider.prepare(&message) => assert_eq!(prepared, Ok(())),
        () = others => {}
    }
    assert!(turns >= 8, "{turns}");
}
