//! What Zapgres decides, without any I/O: whom to write to, with which words, at what pace, what to
//! do after an error, and which status follows from which event.
//!
//! Time and randomness are parameters everywhere, so that every decision can be tested.
#![forbid(unsafe_code)]

pub mod backoff;
pub mod breaker;
pub mod credential;
pub mod decision;
pub mod error_class;
pub mod error_text;
pub mod lease;
pub mod mapping;
pub mod message;
pub mod money;
pub mod next_step;
pub mod opening_hours;
pub mod pace;
pub mod pending;
pub mod phone;
pub mod priority;
pub mod quiet_hours;
pub mod receipt;
pub mod recipient;
pub mod route;
pub mod settle;
pub mod status;
pub mod subject;
pub mod template;
pub mod uncertain;
mod wall_clock;
pub mod western;
