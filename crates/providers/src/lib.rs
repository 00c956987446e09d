//! One interface to the WhatsApp providers, one file for each.
#![forbid(unsafe_code)]

mod channel;
mod evolution;
mod exchange;
mod generic_http;
mod health;
mod http;
mod json;
mod media;
mod megaapi;
mod meta;
mod provider;
mod registry;
mod signature;
mod waha;
mod webhook;
mod zapi;

pub use channel::{ChannelAddress, Options, Secrets, UnusableChannel};
pub use health::{ConnectionState, Health, Pairing};
pub use http::{AllowedAddresses, AllowedAddressesError, Http};
pub use provider::{Accepted, Enquiry, Lookup, OutgoingMessage, Provider, Reconciliation, fit};
pub use registry::{DefaultLimits, Registered, names, provider_named, providers, registered};
pub use webhook::{
    Delivery, Event, InboundMessage, ProofError, Receipt, ReceiptStatus, ShapeError, Told, Webhook,
};
