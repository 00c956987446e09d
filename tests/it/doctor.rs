//! `zapgres doctor`: a healthy shop has nothing to mend, and each kind of damage is named with what mends it.

mod channels;
mod healthy;
mod patient;
mod plans;
mod queue;
mod replication;
mod server;
mod sources;
mod templates;
mod wake;
