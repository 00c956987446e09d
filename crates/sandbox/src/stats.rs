//! Requests to the provider's endpoints, counted by what became of them.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value};

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A message accepted and answered.
    Accepted,
    /// A question about the instance, a number or the server, answered.
    Answered,
    /// A body that is no JSON object, or too large.
    Malformed,
    /// An instance that does not exist.
    UnknownInstance,
    /// No key, or a wrong one.
    Unauthorized,
    /// A body that lacks what the endpoint needs.
    SchemaError,
    /// A number that nobody has there.
    NotOnWhatsapp,
    /// A message that found the instance's phone not connected.
    Disconnected,
    /// A message that the account may not send now.
    Refused,
    /// A `status` fault.
    FaultStatus,
    /// A `rate_limit` fault.
    RateLimited,
    /// A `drop_before` fault, or a delay cut off by the shutdown.
    DroppedBefore,
    /// A `drop_after` fault: accepted, and never answered.
    DroppedAfter,
    /// A path or method that does not exist.
    UnknownRoute,
}

impl Outcome {
    const ALL: [(Self, &'static str); 14] = [
        (Self::Accepted, "accepted"),
        (Self::Answered, "answered"),
        (Self::Malformed, "malformed"),
        (Self::UnknownInstance, "unknown_instance"),
        (Self::Unauthorized, "unauthorized"),
        (Self::SchemaError, "schema_error"),
        (Self::NotOnWhatsapp, "not_on_whatsapp"),
        (Self::Disconnected, "disconnected"),
        (Self::Refused, "refused"),
        (Self::FaultStatus, "fault_status"),
        (Self::RateLimited, "rate_limited"),
        (Self::DroppedBefore, "dropped_before"),
        (Self::DroppedAfter, "dropped_after"),
        (Self::UnknownRoute, "unknown_route"),
    ];
}

/// A counter for every outcome, since the start.
#[derive(Default)]
pub(crate) struct Stats([AtomicU64; Outcome::ALL.len()]);

impl Stats {
    /// Counts one request.
    pub(crate) fn count(&self, outcome: Outcome) {
        self.0[outcome as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// All counters by name, the zeros too.
    pub(crate) fn to_json(&self) -> Map<String, Value> {
        Outcome::ALL
            .iter()
            .map(|(outcome, name)| {
                let count = self.0[*outcome as usize].load(Ordering::Relaxed);
                ((*name).to_owned(), count.into())
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_has_a_counter_of_its_own() {
        let stats = Stats::default();
        for (position, (outcome, _)) in Outcome::ALL.iter().enumerate() {
            for _ in 0..=position {
                stats.count(*outcome);
            }
        }
        let counts = stats.to_json();
        for (position, (_, name)) in Outcome::ALL.iter().enumerate() {
            assert_eq!(counts[*name], position + 1, "{name}");
        }
    }
}
