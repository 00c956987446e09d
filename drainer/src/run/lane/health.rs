//! Whether the channel works: its circuit breaker on the process's clock, kept in `zap.channel_state`.

use std::time::Duration;

use deadpool_postgres::GenericClient;
use tokio::time::Instant;
use zapgres_core::breaker::{Breaker, Change, Permit, Probe, Reading, Snapshot, State};
use zapgres_core::error_class::ErrorClass;

use crate::run::statement;

pub(crate) const LOAD_HEALTH: &str = "-- load_health
select
    pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - s.breaker_opened_at)::float8 as down_for,
    pg_catalog.date_part('epoch', s.breaker_probe_at - pg_catalog.clock_timestamp())::float8 as probe_in,
    s.breaker_reason
from zap.channel_state as s
where s.channel_id = $1 and s.breaker <> 'closed'";

/// Only the owner of the lease knows.
pub(crate) const STORE_HEALTH: &str = "-- store_health
update zap.channel_state as s
set
    breaker = $3,
    breaker_opened_at = pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $4),
    breaker_probe_at = pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => $5),
    breaker_reason = $6
where s.channel_id = $1 and s.lease_epoch = $2";

/// A channel's breaker.
pub(crate) struct Health {
    begin: Instant,
    breaker: Breaker,
    /// Class and text of the error that opened it.
    reason: Option<String>,
    /// Changed since it was stored.
    is_news: bool,
}

/// What the channel takes now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    /// So many requests at a time as the lane may have.
    All,
    /// One at a time.
    One,
    /// One message as a probe.
    Probe,
    /// Nothing before that time.
    From(Instant),
    /// Nothing before the probe's answer.
    Nothing,
}

impl Health {
    /// Goes on with what was stored.
    pub(crate) async fn load(
        client: &impl GenericClient,
        channel_id: i64,
    ) -> Result<Self, tokio_postgres::Error> {
        let rows = statement::rows(client, LOAD_HEALTH, &[&channel_id]).await?;
        let mut snapshot = Snapshot {
            down_for: None,
            probe_in: Duration::ZERO,
        };
        let mut reason = None;
        if let Some(row) = rows.first() {
            let duration = |seconds: Option<f64>| {
                // Negative: in the past, or a clock that was set back.
                Duration::try_from_secs_f64(seconds.unwrap_or_default()).unwrap_or_default()
            };
            snapshot.down_for = Some(duration(row.try_get("down_for")?));
            snapshot.probe_in = duration(row.try_get("probe_in")?);
            reason = row.try_get("breaker_reason")?;
        }
        let begin = Instant::now();
        Ok(Self {
            begin,
            breaker: Breaker::restore(snapshot, Duration::ZERO),
            reason,
            is_news: false,
        })
    }

    /// Stores what has changed, if anything has.
    pub(crate) async fn store(
        &mut self,
        client: &impl GenericClient,
        channel_id: i64,
        epoch: i64,
    ) -> Result<(), tokio_postgres::Error> {
        let snapshot = self.breaker.snapshot(self.begin.elapsed());
        let down_for = snapshot.down_for.map(|length| length.as_secs_f64());
        let probe_in = snapshot.down_for.map(|_| snapshot.probe_in.as_secs_f64());
        let state = self.breaker.state().as_str();
        let parameters: statement::Parameters<'_> = &[
            &channel_id,
            &epoch,
            &state,
            &down_for,
            &probe_in,
            &self.reason,
        ];
        statement::execute(client, STORE_HEALTH, parameters).await?;
        self.is_news = false;
        Ok(())
    }

    /// Whether there is something to store.
    pub(crate) fn is_news(&self) -> bool {
        self.is_news
    }

    /// What the channel takes now.
    pub(crate) fn takes(&self) -> Takes {
        match self.breaker.permit(self.begin.elapsed()) {
            Permit::All => Takes::All,
            Permit::OneAtATime => Takes::One,
            Permit::Probe => Takes::Probe,
            Permit::From(at) => Takes::From(self.begin + at),
            Permit::AwaitProbe => Takes::Nothing,
        }
    }

    /// Leave for a probe, where the next message is one.
    pub(crate) fn probe(&mut self) -> Option<Probe> {
        self.breaker.probe(self.begin.elapsed())
    }

    /// What was in the way is gone, as somebody else says.
    pub(crate) fn probe_now(&mut self) {
        self.breaker.probe_now(self.begin.elapsed());
        self.is_news = true;
    }

    /// Whether the channel counts as down.
    pub(crate) fn is_down(&self) -> bool {
        self.breaker.state() != State::Closed
    }

    /// Whether it counts as down because its provider could not be reached, did not let it in, or had no connection.
    pub(crate) fn is_down_by_obstacle(&self) -> bool {
        let obstacles = [ErrorClass::ChannelAuth, ErrorClass::ChannelDown];
        self.is_down() && obstacles.iter().any(|class| class.as_str() == self.cause())
    }

    /// Class of the error that opened the breaker.
    pub(crate) fn cause(&self) -> &str {
        let reason = self.reason.as_deref().unwrap_or("channel_down");
        reason.split(':').next().unwrap_or(reason)
    }

    /// Takes in what an answer says of the channel. `error` is the answer's class and text; `unit` a random number from
    /// 0.0 to 1.0.
    pub(crate) fn record(
        &mut self,
        reading: Option<Reading>,
        probe: Option<Probe>,
        error: Option<&str>,
        unit: f64,
    ) -> Option<Change> {
        let now = self.begin.elapsed();
        let change = self.breaker.record(reading?, probe, now, unit)?;
        self.is_news = true;
        match change {
            Change::Opened | Change::StillDown => {
                self.reason = error.map(str::to_owned).or(self.reason.take());
            }
            Change::Closed => self.reason = None,
        }
        Some(change)
    }
}
