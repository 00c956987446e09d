//! What a customer writes.

use serde::Deserialize;
use serde_json::Value;

/// A message on its way in, as `POST /sandbox/inbound/…` orders it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Inbound {
    /// The customer's number, in any spelling. May be missing when there is an alias.
    #[serde(default)]
    pub(crate) from: String,
    /// The customer's id without a number: a LID or BSUID.
    pub(crate) alias: Option<String>,
    /// The customer's name.
    #[serde(default = "somebody")]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) text: String,
    /// `text`, or another kind: the sandbox's name of it, or else the provider's own.
    #[serde(default = "text_kind")]
    pub(crate) kind: String,
    /// What the provider puts under the kind, in the provider's words.
    #[serde(default)]
    pub(crate) content: Value,
    /// Id of the message that it answers.
    pub(crate) quotes: Option<String>,
    /// Whether somebody wrote it on the company's own phone.
    #[serde(default)]
    pub(crate) from_me: bool,
    /// Its id; without one it gets one.
    #[serde(default)]
    pub(crate) id: String,
}

fn somebody() -> String {
    "Ana".to_owned()
}

fn text_kind() -> String {
    "text".to_owned()
}

impl Inbound {
    /// Reads an order.
    ///
    /// # Errors
    /// One line that says what is wrong.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, String> {
        let inbound: Self =
            serde_json::from_slice(body).map_err(|error| format!("not a message: {error}"))?;
        if inbound.from.is_empty() && inbound.alias.is_none() {
            return Err("a message needs \"from\", a number, or \"alias\"".to_owned());
        }
        if inbound.kind == "text" && inbound.text.is_empty() {
            return Err("a message needs a \"text\", or a \"kind\" and a \"content\"".to_owned());
        }
        Ok(inbound)
    }
}
