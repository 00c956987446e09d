//! Out-of-process tests: real clusters, real commits, several sessions, real processes.
//!
//! Needs the extension installed in the PostgreSQL that `PG_BINDIR` (default: `pg_config --bindir`) belongs to, and for
//! the end-to-end tests the daemon, `ZAPGRES_BIN` (default: `target/debug/zapgres`).

mod capture;
mod captured;
mod channels;
mod chaos;
mod cluster;
mod companies;
mod control;
mod daemon;
mod database;
mod delivery;
mod doctor;
mod events;
mod extension;
mod inbound;
mod mapping;
mod postgres;
mod sandbox;
mod scratch;
mod session;
mod shop;
mod templates;
mod wait;
mod why;
