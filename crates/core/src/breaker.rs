//! The circuit breaker of a channel: when it does not work, nothing is sent but one message from time to time, which shows
//! whether it works again.

mod reading;
mod recent;

use std::sync::Arc;
use std::time::Duration;

use recent::Recent;

pub use reading::Reading;

use crate::backoff::unit_interval;

/// Shortest wait for the next probe.
const PROBE_WAIT_MIN: Duration = Duration::from_secs(1);
/// Longest wait for the next probe.
const PROBE_WAIT_MAX: Duration = Duration::from_secs(10 * 60);
/// The wait is this part of the time that the channel has been down: so recovery is noticed soon after a short outage,
/// and a long one gets few probes.
const PROBE_WAIT_PART: u32 = 16;
/// Whoever asks for a longer rest does not work for so long: others take over, and whoever has the channel next knows.
const REST_MAX: Duration = Duration::from_secs(60);
/// Share by which a wait is shortened or lengthened, so that channels of one provider do not probe together.
const PROBE_JITTER: f64 = 0.2;

/// State of a breaker, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// The channel works.
    Closed,
    /// It does not: nothing is sent.
    Open,
    /// A probe is on its way.
    HalfOpen,
}

impl State {
    /// The text stored in the `breaker` column.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }
}

/// What is kept of a breaker, so that another daemon goes on with it. It holds no times of day: they are the database's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot {
    /// For how long the channel has been down; `None`: it works.
    pub down_for: Option<Duration>,
    /// How long until the next probe; zero when the channel works.
    pub probe_in: Duration,
}

/// What may be sent on the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// Everything.
    All,
    /// One message when none is on its way: the last answer leaves it in doubt whether the channel works.
    OneAtATime,
    /// One message as a probe, with what [`Breaker::probe`] gives out; others may still be on their way.
    Probe,
    /// Nothing before that time.
    From(Duration),
    /// Nothing before the outcome of the probe.
    AwaitProbe,
}

/// A change that has to be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The channel does not work from now on.
    Opened,
    /// A probe has failed; the next one is set.
    StillDown,
    /// It works again.
    Closed,
}

/// Leave to send one message as a probe. Dropped without an outcome, another one may be sent.
#[derive(Debug)]
#[must_use = "dropped, another probe may be sent"]
pub struct Probe(Arc<()>);

/// A channel's breaker. Times are durations since any fixed start, and must not go back from call to call.
#[derive(Debug, Default)]
pub struct Breaker {
    recent: Recent,
    /// While closed: nothing is sent until then, then one at a time until something is accepted.
    doubt_until: Option<Duration>,
    /// Until then the provider has asked for rest, whatever else is answered: what it accepts of earlier requests says
    /// nothing.
    rest_until: Duration,
    down: Option<Down>,
    /// Shared with the probe on its way.
    probe: Arc<()>,
}

#[derive(Debug)]
struct Down {
    since: Duration,
    /// For how long it had been down by then, where somebody else opened the breaker.
    before: Duration,
    probe_at: Duration,
}

impl Breaker {
    /// Goes on with what was stored; a probe that was on its way then is forgotten.
    #[must_use]
    pub fn restore(snapshot: Snapshot, now: Duration) -> Self {
        let down = snapshot.down_for.map(|before| Down {
            since: now,
            before,
            probe_at: now.saturating_add(snapshot.probe_in),
        });
        Self {
            down,
            ..Self::default()
        }
    }

    /// What to store.
    #[must_use]
    pub fn snapshot(&self, now: Duration) -> Snapshot {
        Snapshot {
            down_for: self.down.as_ref().map(|down| down.length(now)),
            probe_in: self
                .down
                .as_ref()
                .map_or(Duration::ZERO, |down| down.probe_at.saturating_sub(now)),
        }
    }

    /// Its state.
    #[must_use]
    pub fn state(&self) -> State {
        match self.down {
            None => State::Closed,
            Some(_) if self.is_probing() => State::HalfOpen,
            Some(_) => State::Open,
        }
    }

    /// What may be sent now.
    #[must_use]
    pub fn permit(&self, now: Duration) -> Permit {
        match (&self.down, self.doubt_until) {
            (Some(_), _) if self.is_probing() => Permit::AwaitProbe,
            (Some(down), _) if down.probe_at > now => Permit::From(down.probe_at),
            (Some(_), _) => Permit::Probe,
            (None, Some(until)) if until > now => Permit::From(until),
            (None, Some(_)) => Permit::OneAtATime,
            (None, None) => Permit::All,
        }
    }

    /// Leave for a probe, when [`Self::permit`] allows one: to be kept until its answer is there.
    pub fn probe(&mut self, now: Duration) -> Option<Probe> {
        (self.permit(now) == Permit::Probe).then(|| Probe(self.probe.clone()))
    }

    /// What was in the way is gone, as somebody else says: the next message may show it now. A rest that the provider asked
    /// for is kept.
    pub fn probe_now(&mut self, now: Duration) {
        let earliest = now.max(self.rest_until);
        if let Some(down) = &mut self.down {
            down.probe_at = down.probe_at.min(earliest);
        }
    }

    /// Takes in what an attempt's answer says of the channel; `probe` is the attempt's, if it was one. `unit` is a random
    /// number from 0.0 to 1.0 for the wait before the next probe.
    pub fn record(
        &mut self,
        reading: Reading,
        probe: Option<Probe>,
        now: Duration,
        unit: f64,
    ) -> Option<Change> {
        let was_probe = probe.is_some_and(|Probe(probe)| Arc::ptr_eq(&probe, &self.probe));
        if let Reading::Failed { rest } | Reading::Obstacle { rest } = reading {
            self.rest_until = self.rest_until.max(now.saturating_add(rest));
        }
        match reading {
            Reading::Works => self.works(now),
            Reading::Failed { .. } | Reading::Obstacle { .. } if self.down.is_some() => {
                self.still_down(was_probe, now, unit)
            }
            Reading::Failed { rest } => self.failed(rest, now, unit),
            Reading::Obstacle { .. } => Some(self.open(now, unit)),
        }
    }

    /// Requests that were begun before the doubt, or before the provider asked for rest, do not end it.
    fn works(&mut self, now: Duration) -> Option<Change> {
        if self.down.is_some() && self.rest_until > now {
            return None;
        }
        self.doubt_until = self.doubt_until.filter(|until| *until > now);
        if self.down.take().is_some() {
            // A second probe must not be told from the first one by its outcome.
            self.probe = Arc::default();
            self.recent = Recent::default();
            return Some(Change::Closed);
        }
        self.recent.add(false, now);
        None
    }

    fn failed(&mut self, rest: Duration, now: Duration, unit: f64) -> Option<Change> {
        self.recent.add(true, now);
        if self.recent.is_outage() || rest > REST_MAX {
            return Some(self.open(now, unit));
        }
        if !rest.is_zero() {
            let until = now.saturating_add(rest);
            self.doubt_until = Some(self.doubt_until.map_or(until, |known| known.max(until)));
        }
        None
    }

    fn open(&mut self, now: Duration, unit: f64) -> Change {
        let mut down = Down {
            since: now,
            before: Duration::ZERO,
            probe_at: now,
        };
        down.set_probe(self.rest_until, now, unit);
        self.down = Some(down);
        self.doubt_until = None;
        Change::Opened
    }

    /// Only a probe's failure sets the next one; others, begun before, can but put it off.
    fn still_down(&mut self, was_probe: bool, now: Duration, unit: f64) -> Option<Change> {
        let down = self.down.as_mut()?;
        if was_probe {
            down.set_probe(self.rest_until, now, unit);
            return Some(Change::StillDown);
        }
        if self.rest_until <= down.probe_at.max(now) {
            return None;
        }
        down.probe_at = self.rest_until;
        Some(Change::StillDown)
    }

    fn is_probing(&self) -> bool {
        Arc::strong_count(&self.probe) > 1
    }
}

impl Down {
    fn length(&self, now: Duration) -> Duration {
        self.before.saturating_add(now.saturating_sub(self.since))
    }

    fn set_probe(&mut self, rest_until: Duration, now: Duration, unit: f64) {
        let wait = (self.length(now) / PROBE_WAIT_PART).clamp(PROBE_WAIT_MIN, PROBE_WAIT_MAX);
        let jitter = 1.0 + PROBE_JITTER * (2.0 * unit_interval(unit) - 1.0);
        self.probe_at = now.saturating_add(wait.mul_f64(jitter)).max(rest_until);
    }
}

#[cfg(test)]
mod tests;
