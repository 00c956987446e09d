//! What the daemon counts, for Prometheus. Every label has few values, and every series begins at 0.

use std::fmt;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use zapgres_providers::providers;

use crate::http::Refusal;

type Labels = [(&'static str, &'static str); 1];
type TwoLabels = [(&'static str, &'static str); 2];

/// Buckets of the time until a delivery is answered: 1 ms to 2 s.
const ANSWER_BUCKETS: (f64, f64, u16) = (0.001, 2.0, 12);

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivered {
    /// It is stored.
    Stored,
    /// It tells nothing, or only of other numbers.
    Ignored,
    /// It is not believed, or not understood.
    Refused,
    /// It could not be stored; the provider delivers it again.
    Unavailable,
}

impl Delivered {
    const ALL: [Self; 4] = [
        Self::Stored,
        Self::Ignored,
        Self::Refused,
        Self::Unavailable,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Ignored => "ignored",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
        }
    }
}

/// What became of a stored delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conclusion {
    /// All that it tells is known.
    Processed,
    /// It has receipts of no message of ours.
    Unmatched,
    /// The database takes nothing of it.
    Refused,
}

impl Conclusion {
    const ALL: [Self; 3] = [Self::Processed, Self::Unmatched, Self::Refused];

    /// The text stored in the `outcome` column.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Processed => "processed",
            Self::Unmatched => "unmatched",
            Self::Refused => "refused",
        }
    }
}

/// The counters of a daemon.
pub(crate) struct Metrics {
    registry: Registry,
    deliveries: Family<TwoLabels, Counter>,
    refused: Family<Labels, Counter>,
    processed: Family<Labels, Counter>,
    answers: Histogram,
}

impl Metrics {
    /// Counters at 0.
    pub(crate) fn new() -> Self {
        let deliveries = Family::<TwoLabels, Counter>::default();
        for provider in providers().iter().filter(|known| known.webhook.is_some()) {
            for outcome in Delivered::ALL {
                deliveries
                    .get_or_create(&delivery_labels(provider.name, outcome))
                    .inc_by(0);
            }
        }
        let refused = Family::<Labels, Counter>::default();
        for refusal in Refusal::ALL {
            refused.get_or_create(&refusal_labels(refusal)).inc_by(0);
        }
        let processed = Family::<Labels, Counter>::default();
        for outcome in Conclusion::ALL {
            processed.get_or_create(&outcome_labels(outcome)).inc_by(0);
        }
        let (first, factor, count) = ANSWER_BUCKETS;
        let answers = Histogram::new(exponential_buckets(first, factor, count));
        let mut registry = Registry::with_prefix("zapgres");
        registry.register(
            "webhook_deliveries",
            "Deliveries of providers at known addresses",
            deliveries.clone(),
        );
        registry.register(
            "webhook_refused",
            "Deliveries that were not taken",
            refused.clone(),
        );
        registry.register(
            "webhook_answer_seconds",
            "Time until a delivery was answered",
            answers.clone(),
        );
        registry.register(
            "inbound_events",
            "Stored deliveries that were read",
            processed.clone(),
        );
        Self {
            registry,
            deliveries,
            refused,
            processed,
            answers,
        }
    }

    /// A delivery of this provider has come to this.
    pub(crate) fn delivered(&self, provider: &'static str, outcome: Delivered) {
        self.deliveries
            .get_or_create(&delivery_labels(provider, outcome))
            .inc();
    }

    /// A delivery was not taken.
    pub(crate) fn refused(&self, refusal: Refusal) {
        self.refused.get_or_create(&refusal_labels(refusal)).inc();
    }

    /// A delivery was answered after so many seconds.
    pub(crate) fn answered(&self, seconds: f64) {
        self.answers.observe(seconds);
    }

    /// As many stored deliveries have come to this.
    pub(crate) fn processed(&self, outcome: Conclusion, count: u64) {
        self.processed
            .get_or_create(&outcome_labels(outcome))
            .inc_by(count);
    }

    /// All of them as text.
    ///
    /// # Errors
    /// Never, as writing to memory does not fail.
    pub(crate) fn encode(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

const fn delivery_labels(provider: &'static str, outcome: Delivered) -> TwoLabels {
    [("provider", provider), ("outcome", outcome.as_str())]
}

const fn refusal_labels(refusal: Refusal) -> Labels {
    [("reason", refusal.as_str())]
}

const fn outcome_labels(outcome: Conclusion) -> Labels {
    [("outcome", outcome.as_str())]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Q9: a series that is missing until something goes wrong raises no alarm.
    #[test]
    fn every_series_is_there_from_the_beginning() {
        let text = Metrics::new().encode().unwrap();
        for refusal in Refusal::ALL {
            let line = format!(
                "zapgres_webhook_refused_total{{reason=\"{}\"}} 0",
                refusal.as_str()
            );
            assert!(text.contains(&line), "{line} in {text}");
        }
        assert!(text.contains("zapgres_inbound_events_total{outcome=\"unmatched\"} 0"));
        assert!(text.contains("zapgres_webhook_answer_seconds_count 0"));
    }

    #[test]
    fn what_is_counted_is_shown() {
        let metrics = Metrics::new();
        metrics.refused(Refusal::Proof);
        metrics.delivered("meta", Delivered::Stored);
        metrics.processed(Conclusion::Processed, 3);
        let text = metrics.encode().unwrap();
        for line in [
            "zapgres_webhook_refused_total{reason=\"proof\"} 1",
            "zapgres_webhook_deliveries_total{provider=\"meta\",outcome=\"stored\"} 1",
            "zapgres_inbound_events_total{outcome=\"processed\"} 3",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
