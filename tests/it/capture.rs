//! What capture does to the transactions of the user's application.

mod bulk;
mod changed_queue;
mod encodings;
mod inserts;
mod isolation;
mod key_types;
mod notifiers;
mod obstacles;
mod old_orders;
mod partitions;
mod prepared_transactions;
mod rights;
mod rollback;
mod side_by_side;
mod silence;
mod status;
mod status_partitions;
pub mod wake;
mod ways_in;
mod zap_flush;
