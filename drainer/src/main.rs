//! The daemon and command line of Zapgres.
#![forbid(unsafe_code)]
fn main() {}
