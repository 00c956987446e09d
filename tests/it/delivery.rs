//! From INSERT to the provider: the daemon at work.

mod commands;
mod copies;
mod crashes;
mod daemons;
mod decisions;
mod fairness;
mod faults;
mod fleet;
mod hygiene;
mod interruptions;
mod late_outcomes;
mod long_transaction;
mod messages;
mod obstacles;
mod odd_data;
mod plans;
mod shapes;
pub mod stand;
mod sweep;
mod sweep_start;
pub mod transitions;
