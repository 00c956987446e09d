//! Latencies of a run, and how they are spread.

use std::time::{Duration, Instant};

use crate::orders::Placed;
use crate::provider::Provider;

/// The latencies of a run, in milliseconds.
pub struct Figures {
    /// Number of orders.
    pub orders: usize,
    /// Between the answer to COMMIT and the request, ascending. A request may come before the answer is read: 0.
    pub since_commit: Vec<f64>,
    /// The same from the sending of COMMIT, with what the commit itself takes.
    pub since_sending: Vec<f64>,
    /// Medians of the steps, see [`crate::database::steps`].
    pub steps: [f64; 3],
}

impl Figures {
    /// Panics when an order was asked for more than once.
    pub fn of(placed: &[Placed], provider: &Provider, steps: [f64; 3]) -> Self {
        let arrival = |order: &Placed| -> Instant {
            let arrivals = provider.arrivals(order.id);
            assert_eq!(
                arrivals.len(),
                1,
                "order {} was asked for {} times",
                order.id,
                arrivals.len()
            );
            arrivals[0]
        };
        let sorted = |since: fn(&Placed) -> Instant| {
            let mut values: Vec<f64> = placed
                .iter()
                .map(|order| milliseconds(arrival(order).saturating_duration_since(since(order))))
                .collect();
            values.sort_by(f64::total_cmp);
            values
        };
        Self {
            orders: placed.len(),
            since_commit: sorted(|order| order.committed),
            since_sending: sorted(|order| order.commit_sent),
            steps,
        }
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The value below which so many hundredths of the sorted values lie.
pub fn percentile(sorted: &[f64], hundredths: usize) -> f64 {
    sorted[(sorted.len() * hundredths / 100).min(sorted.len() - 1)]
}
