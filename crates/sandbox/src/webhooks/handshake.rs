//! The question that Meta asks before it tells a webhook anything.

use reqwest::Client;
use uuid::Uuid;

use super::Webhook;

/// Asks whether the receiver knows the token, and repeats the challenge.
///
/// # Errors
/// One line that says what it answered instead.
pub(super) async fn perform(client: &Client, webhook: &Webhook, token: &str) -> Result<(), String> {
    let challenge = Uuid::new_v4().as_u64_pair().0.to_string();
    let mut url = webhook.url.clone();
    url.query_pairs_mut()
        .append_pair("hub.mode", "subscribe")
        .append_pair("hub.challenge", &challenge)
        .append_pair("hub.verify_token", token);
    let answer =
        client.get(url).send().await.map_err(|_| {
            "the webhook could not be reached to ask for its verify token".to_owned()
        })?;
    let status = answer.status();
    let repeated = answer.text().await.unwrap_or_default();
    match status.as_u16() {
        200 if repeated == challenge => Ok(()),
        200 => Err("the webhook answered 200, and not the challenge".to_owned()),
        status => Err(format!(
            "the webhook answered {status} to the verify token, not 200"
        )),
    }
}
