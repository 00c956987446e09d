//! Messages asked for by `zap.send_message`.

use crate::delivery::stand::Stand;

/// A number that Evolution knows without its ninth digit.
pub const OLD_NUMBER: &str = "+5531987654321";

/// Asks for a message with these arguments, and returns its id.
pub async fn ask(stand: &Stand, arguments: &str) -> String {
    let query = format!("select zap.send_message({arguments})");
    stand.session.value(&query).await
}

/// Asks for a text from `channel_1` to a number, and returns its id.
pub async fn ask_text(stand: &Stand, number: &str, text: &str) -> String {
    ask(stand, &format!("'channel_1', '{number}', '{text}'")).await
}

/// Waits until a message has this status.
pub async fn until(stand: &Stand, id: &str, status: &str) {
    let query = format!("select status from zap.notification_queue where id = {id}");
    crate::wait::until(&format!("message {id} is {status}"), async || {
        stand.session.value(&query).await == status
    })
    .await;
}

/// Waits until a message was given up, and returns class and text of the error and the attempts it cost.
pub async fn until_failed(stand: &Stand, id: &str) -> Vec<String> {
    until(stand, id, "failed").await;
    let query = format!(
        "select error_class, last_error, attempts from zap.notification_queue where id = {id}"
    );
    stand.session.rows(&query).await.remove(0)
}
