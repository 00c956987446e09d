//! Channels and numbers: what the daemon and the commands do with them.

mod addresses;
mod commands;
mod connect;
mod health;
mod kinds;
pub mod providers;
mod remove;
mod requests;
mod windows;
