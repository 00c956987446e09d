//! The sandbox over real sockets.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends by panicking, also in what its tests share"
)]

mod client;
mod connections;
mod events;
mod evolution;
mod faults;
mod instances;
mod lifecycle;
mod messages;
mod meta;
mod meta_media;
mod meta_templates;
mod meta_webhooks;
mod operations;
mod phone;
mod receiver;
mod webhooks;
