//! The daemon and command line of Zapgres.
#![forbid(unsafe_code)]

mod channel;
mod cli;
mod clock;
mod config;
mod credential;
mod database;
mod installation;
mod logging;
mod run;
mod service_notify;
mod setup;
mod single_daemon;
mod sweep;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
