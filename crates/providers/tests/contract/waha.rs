//! What the WAHA provider asks, and what it makes of every answer and delivery that its contract knows.

mod deliveries;
mod proof;
