//! The daemon and command line of Zapgres.
#![forbid(unsafe_code)]

mod cli;
mod clock;
mod config;
mod database;
mod run;
mod service_notify;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
