//! The extension as an object of the database: installed, attached, dumped, dropped.

mod attach;
mod attach_errors;
mod drop;
mod dump;
mod install;
mod structure;
