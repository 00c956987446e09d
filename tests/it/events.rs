//! What may be announced beside a new order, to whom, and what takes the place of what.

mod audiences;
mod broken_sources;
mod guide;
mod notify;
mod supersede;
mod twins;
