//! A faithful stand-in for the message providers, with faults to order and a phone to look at.
//!
//! [`Sandbox`] answers as the providers do (order of checks, envelopes and messages included), keeps
//! what it accepted, shows it on a page that looks like a phone, and tells of it by webhooks. Nothing
//! else ever leaves it.
//!
//! | route | what it is |
//! |---|---|
//! | `POST /message/{operation}/{instance}` | Evolution: accept a message, 201 |
//! | `/instance/…`, `/webhook/…` | Evolution: the connection and the webhook of an instance |
//! | `POST /chat/whatsappNumbers/{instance}` | Evolution: which numbers exist |
//! | `POST /chat/findMessages/{instance}` | Evolution: the history of accepted messages |
//! | `/v23.0/{phone_number_id}/messages` and others | Meta: WhatsApp Cloud API |
//! | `/instances/{instance}/token/{token}/…` | Z-API |
//! | `/api/…` | WAHA |
//! | `/rest/…` | MegaAPI |
//! | `/http/{instance}` | any HTTP API: takes what it is given |
//! | `GET /` | a browser gets the phone, anything else Evolution's status |
//! | `POST`, `GET`, `DELETE /sandbox/faults` | order, list and clear faults |
//! | `GET`, `DELETE /sandbox/messages` | what was accepted, oldest first; forget it |
//! | `GET /sandbox/events` | the same as server-sent events, live |
//! | `GET /sandbox/stats` | requests by outcome, webhook requests |
//! | `GET`, `PUT /sandbox/connections/{provider}/{instance}` | whether a phone is connected |
//! | `GET`, `PUT`, `DELETE /sandbox/webhooks/{provider}/{instance}` | where its events are told |
//! | `GET`, `PUT /sandbox/meta` | Meta's templates, and how strict its 24-hour window is |
//! | `POST /sandbox/inbound/{provider}/{instance}` | a customer writes |
//!
//! # Faults
//!
//! `POST /sandbox/faults` takes one fault or an array of them. They act on sends only, in the
//! order in which they were given; `not_on_whatsapp` also acts on look-ups of numbers, and `no_history` only on
//! histories.
//!
//! | `kind` | further fields | effect |
//! |---|---|---|
//! | `status` | `code` (200–599), `body?`, `headers?` | answered so, without accepting |
//! | `delay` | `ms` (at most 600,000) | waits, then goes on to the next fault |
//! | `drop_before` | | connection closed, nothing accepted, nothing answered |
//! | `drop_after` | | accepted and recorded, then closed without an answer |
//! | `rate_limit` | `limit`, `window_ms` | above `limit` per window: 429 with `Retry-After` |
//! | `fail_later` | `code?` | accepted, then told as failed |
//! | `not_on_whatsapp` | | refused in the provider's words, such as 400 `exists: false` |
//! | `no_history` | | Evolution's history has nothing, as where it stores no messages; WAHA refuses to tell one |
//!
//! Each takes the filters `provider`, `instance` and `recipient` (any spelling of the number) and `times`
//! (how often it acts; without it, until cleared).
#![forbid(unsafe_code)]

mod call;
mod connection;
mod connections;
mod control;
mod evolution;
mod faults;
mod fields;
mod form;
mod generic_http;
mod inbound;
mod megaapi;
mod messages;
mod meta;
mod options;
mod phone;
mod provider;
mod qr_picture;
mod sending;
mod server;
mod state;
mod stats;
mod waha;
mod webhooks;
mod zapi;

pub use options::{Clock, EvolutionVersion, SandboxOptions, system_clock};
pub use server::{Sandbox, SandboxError};
