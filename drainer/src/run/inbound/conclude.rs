//! Noting that a delivery was read, or when to look at it again.

use std::time::Duration;

use deadpool_postgres::GenericClient;

use crate::metrics::Conclusion;
use crate::run::statement;

/// Pauses before a delivery is looked at again double from the first to the last.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);

const CONCLUDE: &str = "-- conclude
update zap.inbound_event as e
set
    processed_at = case when v.pause is null then pg_catalog.clock_timestamp() end,
    outcome = v.outcome,
    attempts = case when v.pause is null then e.attempts else e.attempts + 1 end,
    next_attempt_at = case
        when v.pause is null then e.next_attempt_at
        else pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => v.pause)
    end
from unnest($1::bigint [], $2::text [], $3::float8 []) as v (id, outcome, pause)
where e.id = v.id";

/// What follows for a delivery.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Verdict {
    /// It is done with.
    Concluded(Conclusion),
    /// It is looked at again after this time.
    Again(Duration),
}

impl Verdict {
    /// After so many looks that did not end it, another one.
    pub(super) fn again(looks: i32) -> Self {
        let doublings = u32::try_from(looks).unwrap_or(0).min(16);
        Self::Again((PAUSE_MIN * 2_u32.pow(doublings)).min(PAUSE_MAX))
    }
}

/// Notes what follows for each of these deliveries.
pub(super) async fn conclude(
    client: &impl GenericClient,
    verdicts: &[(i64, Verdict)],
) -> Result<(), tokio_postgres::Error> {
    let ids: Vec<i64> = verdicts.iter().map(|(id, _)| *id).collect();
    let outcomes: Vec<Option<&str>> = verdicts
        .iter()
        .map(|(_, verdict)| match verdict {
            Verdict::Concluded(conclusion) => Some(conclusion.as_str()),
            Verdict::Again(_) => None,
        })
        .collect();
    let pauses: Vec<Option<f64>> = verdicts
        .iter()
        .map(|(_, verdict)| match verdict {
            Verdict::Concluded(_) => None,
            Verdict::Again(pause) => Some(pause.as_secs_f64()),
        })
        .collect();
    statement::execute(client, CONCLUDE, &[&ids, &outcomes, &pauses]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_minute() {
        let seconds = |looks| match Verdict::again(looks) {
            Verdict::Again(pause) => pause.as_secs(),
            Verdict::Concluded(_) => 0,
        };
        assert_eq!([0, 1, 2, 5, 6, 100].map(seconds), [1, 2, 4, 32, 60, 60]);
    }
}
