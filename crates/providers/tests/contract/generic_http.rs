//! What the provider for any HTTP API asks, and what it makes of answers and deliveries.

mod answers;
mod deliveries;
mod mistakes;
mod requests;

use std::sync::Arc;

use secrecy::SecretString;
use serde_json::Value;
use zapgres_core::message::MessageBody;
use zapgres_providers::{
    ChannelAddress, Options, OutgoingMessage, Provider, Secrets, UnusableChannel, provider_named,
};

use crate::{address, http, phone};

/// The provider for a channel with these options, or why there is none.
fn channel(base_url: &str, options: &Value) -> Result<Arc<dyn Provider>, UnusableChannel> {
    let mut secrets = Secrets::default();
    secrets.add("account", SecretString::from("loja-account"));
    let address = ChannelAddress {
        instance: "Pizzaria".to_owned(),
        secrets,
        options: Options(options.as_object().expect("an object").clone()),
        ..address(base_url)
    };
    provider_named("http", address, http())
}

/// A message that every careless template breaks on.
const TEXT: &str = "Olá, \"Zé\"!\nC:\\pizza & <b>50%</b> {{ to }} 🍕\t😀";

fn message() -> OutgoingMessage {
    OutgoingMessage {
        reference: Some("n-7".to_owned()),
        ..OutgoingMessage::new(phone("11987654321"), MessageBody::text(TEXT))
    }
}
