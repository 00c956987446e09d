//! The daemon and command line of Zapgres.
#![forbid(unsafe_code)]

mod channel;
mod cli;
mod clock;
mod config;
mod control;
mod credential;
mod database;
mod doctor;
mod http;
mod installation;
mod logging;
mod metrics;
mod run;
mod seal;
mod service_notify;
mod setup;
mod sweep;

pub use cli::main;
pub use config::{Config, Environment};
pub use logging::start as start_logging;
pub use run::{MakeProvider, RunError, run};
pub use service_notify::ServiceNotifier;
