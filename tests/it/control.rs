//! What a person does to the queue, its channels and sources, by SQL and from the command line.

mod cancel;
mod commands;
mod filters;
mod pauses;
pub mod queue;
mod races;
mod readme;
mod refusals;
mod resend;
mod retry;
mod running;
mod statistics;
