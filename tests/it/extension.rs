//! The extension as an object of the database: installed, attached, dumped, dropped.

mod attach;
mod attach_errors;
mod attach_status;
mod detach;
mod drop;
mod dump;
mod hostile_installation;
mod install;
mod preload;
mod structure;
