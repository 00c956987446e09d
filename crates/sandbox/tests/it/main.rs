//! The sandbox over real sockets.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends by panicking, also in what its tests share"
)]

mod client;
mod clients;
mod connections;
mod deliveries;
mod events;
mod evolution;
mod faults;
mod generic_http;
mod instances;
mod lifecycle;
mod megaapi;
mod messages;
mod meta;
mod meta_media;
mod meta_templates;
mod meta_webhooks;
mod operations;
mod phone;
mod receiver;
mod waha;
mod webhooks;
mod zapi;
mod zapi_queue;
mod zapi_webhooks;
