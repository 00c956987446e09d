//! What providers deliver: the endpoint, receipts, messages.

mod addresses;
mod app;
mod commands;
mod crashes;
mod delivery;
mod evolution;
mod graph;
mod histories;
pub mod listening;
mod plans;
mod providers;
mod receipts;
mod refusals;
mod retention;
mod rights;
mod stand;
