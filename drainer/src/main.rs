//! `zapgres`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    zapgres_drainer::main()
}
