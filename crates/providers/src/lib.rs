//! One interface to the WhatsApp providers, one file for each.
#![forbid(unsafe_code)]

mod evolution;
mod exchange;
mod http;
mod provider;
mod registry;

pub use http::http_client;
pub use provider::{
    Accepted, ChannelAddress, Enquiry, MessageBody, OutgoingMessage, Provider, Reconciliation,
};
pub use registry::{UnknownProvider, provider_named, provider_names};
