//! A lane: sends the notifications of one channel, in order and at its pace, while the channel is leased.

pub(crate) mod address;
mod attempt;
pub(crate) mod connection;
mod dispatch;
mod enquiry;
mod fallback;
mod hastening;
mod health;
pub(crate) mod mark;
mod order;
mod outage;
mod permits;
mod prepare;
mod queue;
mod ready;
mod recovery;
mod report;
mod send;
pub(crate) mod settings;
mod stored;
mod supply;
mod tempo;
mod verdict;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{self, JoinSet};
use tokio::time::Instant;
use zapgres_core::breaker::Reading;
use zapgres_core::error_class::ErrorClass;

use connection::Connection;
use dispatch::{Finished, Sending};
use health::{Health, Takes};
use outage::Care;
use settings::Settings;
use supply::Supply;
use tempo::Tempo;

pub use connection::MakeProvider;
pub(crate) use permits::Permits;
pub(crate) use ready::Ready;

use super::daemon::Daemon;
use super::lanes::Inbox;
use super::lease::Lease;
use crate::database::DatabaseError;

/// A change of the channel's row holds for what is sent this long after it, at the latest.
const SETTINGS_AGE: Duration = Duration::from_secs(1);
/// Pause where somebody has to change something, or the database is away.
const OBSTACLE_PAUSE: Duration = Duration::from_secs(1);
/// Pause while the lease is about to run out and not renewed yet.
const LEASE_PAUSE: Duration = Duration::from_millis(100);
/// A daily cap that is used up may be raised at any time.
const CAP_PAUSE: Duration = Duration::from_secs(5);

/// The sender of one channel.
pub(crate) struct Lane {
    daemon: Arc<Daemon>,
    lease: Lease,
    channel_id: i64,
    inbox: Arc<Inbox>,
    settings: Option<(Instant, Settings)>,
    connection: Option<Connection>,
    /// What keeps the channel from being used, as it was logged.
    obstacle: Option<String>,
    /// Whether the number was seen connected since the lane began.
    is_seen_connected: bool,
    /// The day's cap is used up; until then, it is not asked whether it still is.
    capped_until: Option<Instant>,
    /// How often in a row somebody else had the channel's state locked.
    locked_times: u32,
    /// What keeps the lane from the queue table, as it was logged.
    trouble: String,
    /// What may be sent next; none until the lane has learned what others left.
    supply: Option<Supply>,
    /// Whether the channel works; none as above.
    health: Option<Health>,
    care: Care,
    tempo: Tempo,
    /// Requests on their way.
    sends: JoinSet<Finished>,
    sending: HashMap<task::Id, Sending>,
    /// Their recipients: messages to one person never overtake each other on the way.
    busy: HashSet<String>,
    /// How often the provider was asked in vain about a message whose answer was lost.
    enquiries: HashMap<i64, u8>,
    /// The provider's ids of messages that it has, as long as the queue table may not know them.
    accepted: Vec<(i64, String)>,
}

/// What a lane waits for before its next step, besides a wake-up and the end of a request.
enum Pause {
    /// Nothing: there is more to do.
    None,
    Until(Instant),
    /// Only a wake-up or the end of a request changes anything.
    Idle,
}

impl Lane {
    /// A lane for the channel of `lease`, told news through `inbox`.
    pub(crate) fn new(daemon: Arc<Daemon>, lease: Lease, inbox: Arc<Inbox>) -> Self {
        Self {
            daemon,
            channel_id: lease.channel_id,
            lease,
            inbox,
            settings: None,
            connection: None,
            obstacle: None,
            is_seen_connected: false,
            capped_until: None,
            locked_times: 0,
            trouble: String::new(),
            supply: None,
            health: None,
            care: Care::default(),
            tempo: Tempo::new(Instant::now(), false),
            sends: JoinSet::new(),
            sending: HashMap::new(),
            busy: HashSet::new(),
            enquiries: HashMap::new(),
            accepted: Vec::new(),
        }
    }

    /// Sends until shutdown or until the lease is revoked, then waits for the requests on their way.
    ///
    /// A stop that takes too long ends it wherever it is: neither the server nor a provider may ever answer.
    pub(crate) async fn run(self) {
        let abort = self.daemon.abort.clone();
        abort.run_until_cancelled(self.work()).await;
    }

    async fn work(mut self) {
        while !self.lease.is_revoked() && !self.daemon.shutdown.is_cancelled() {
            let pause = match self.step().await {
                Ok(pause) => {
                    self.trouble.clear();
                    pause
                }
                Err(error) => {
                    self.report_wait(&error);
                    Pause::Until(Instant::now() + OBSTACLE_PAUSE)
                }
            };
            self.rest(pause).await;
        }
        while self.sends.join_next().await.is_some() {}
    }

    /// What keeps the lane from the database is told by the session that lost it, but for this.
    fn report_wait(&mut self, error: &DatabaseError) {
        let channel_id = self.channel_id;
        let text = error.to_string();
        if text == self.trouble {
            return;
        }
        match error {
            DatabaseError::PoolBusy => {
                tracing::warn!(channel_id, error = text, "the lane waits for the database");
            }
            DatabaseError::Other(_) | DatabaseError::PermissionDenied(_) => {
                tracing::error!(
                    channel_id,
                    error = text,
                    "a channel's messages cannot be read or written; they wait"
                );
            }
            _ => tracing::debug!(channel_id, error = text, "the lane waits for the database"),
        }
        self.trouble = text;
    }

    /// Begins as many requests as the channel takes now.
    async fn step(&mut self) -> Result<Pause, DatabaseError> {
        self.collect_finished();
        if !self.lease.allows_marking() {
            return Ok(Pause::Until(Instant::now() + LEASE_PAUSE));
        }
        self.learn().await?;
        self.take_news();
        self.keep_health().await?;
        if self.free_slots() == 0 {
            return Ok(self.next_hastening().map_or(Pause::Idle, Pause::Until));
        }
        let Some(settings) = self.current_settings().await? else {
            self.supply_mut().clear();
            return Ok(Pause::Idle);
        };
        self.tempo.follow(settings.pace);
        let is_usable = self.connect(&settings);
        self.fill().await?;
        let pause = match self.takes() {
            Takes::From(until) => self.wait_out(Some(until)).await?,
            Takes::Nothing => self.wait_out(None).await?,
            _ if !is_usable => Pause::Until(Instant::now() + OBSTACLE_PAUSE),
            _ => match self.capped_until.filter(|until| *until > Instant::now()) {
                Some(until) => Pause::Until(until),
                None => self.send_some(self.free_slots(), &settings).await?,
            },
        };
        Ok(self.no_later_than_care(pause))
    }

    fn take_news(&mut self) {
        let news = self.inbox.take();
        let batch = self.daemon.config.sending.claim_batch;
        self.supply_mut().take_news(news, batch);
    }

    /// What may be sent next. Of no use before the lane has learned what others left.
    fn supply_mut(&mut self) -> &mut Supply {
        self.supply
            .get_or_insert_with(|| Supply::new(order::Order::default()))
    }

    async fn fill(&mut self) -> Result<(), DatabaseError> {
        let batch = self.daemon.config.sending.claim_batch;
        if self.supply_mut().wants(batch) {
            let client = self.daemon.client().await?;
            let (daemon, channel_id) = (self.daemon.clone(), self.channel_id);
            let in_flight = || daemon.in_flight.ids().into_iter().collect();
            self.supply_mut()
                .fill(&client, channel_id, batch, in_flight)
                .await?;
            self.forget_enquiries();
        }
        Ok(())
    }

    /// The channel does not take anything now: perhaps another one does.
    async fn wait_out(&mut self, until: Option<Instant>) -> Result<Pause, DatabaseError> {
        if self.fall_back().await? {
            return Ok(Pause::None);
        }
        Ok(until.map_or(Pause::Idle, Pause::Until))
    }

    fn no_later_than_care(&self, pause: Pause) -> Pause {
        if self.health.as_ref().is_some_and(Health::is_news) {
            return Pause::None;
        }
        match (pause, self.next_care()) {
            (Pause::Until(until), Some(care)) => Pause::Until(until.min(care)),
            (Pause::Idle, Some(care)) => Pause::Until(care),
            (pause, _) => pause,
        }
    }

    /// Requests that the lane may begin.
    fn free_slots(&self) -> usize {
        let limit = match self.takes() {
            Takes::All | Takes::From(_) | Takes::Nothing => {
                self.daemon.config.sending.in_flight_per_lane
            }
            Takes::One => 1,
            // Whatever is on its way besides.
            Takes::Probe => return 1,
        };
        limit.saturating_sub(self.sends.len())
    }

    /// The channel's row, when it allows sending. What waits on a channel that is gone or disabled goes elsewhere.
    async fn current_settings(&mut self) -> Result<Option<Settings>, DatabaseError> {
        if let Some((loaded_at, settings)) = &self.settings
            && loaded_at.elapsed() < SETTINGS_AGE
        {
            return Ok(Some(settings.clone()));
        }
        let client = self.daemon.client().await?;
        let settings = settings::load_channel(&client, self.channel_id).await?;
        self.settings = None;
        let Some(settings) = settings.filter(|settings| settings.enabled) else {
            // What is left then is found by whoever keeps house.
            let (tenants, _) = super::assign::release(&client, self.channel_id).await?;
            self.daemon.wait_for_channel(tenants);
            return Ok(None);
        };
        if !settings.may_send {
            return Ok(None);
        }
        self.settings = Some((Instant::now(), settings.clone()));
        Ok(Some(settings))
    }

    /// Makes the provider ready; false: somebody has to mend the channel or connect its number, and nothing is consumed
    /// meanwhile.
    fn connect(&mut self, settings: &Settings) -> bool {
        let kept = self.connection.take();
        let obstacle = match Connection::renew(
            kept,
            &settings.address,
            self.daemon.config.daemon.seal_key.as_ref(),
            &self.daemon.make_provider,
        ) {
            Ok(connection) => {
                self.connection = Some(connection);
                let hold = self.daemon.holds.of(self.channel_id);
                hold.map(|why| format!("{}: {why}", ErrorClass::ChannelDown))
            }
            Err(unusable) => Some(format!("{}: {unusable}", ErrorClass::ChannelAuth)),
        };
        if let Some(obstacle) = obstacle {
            self.note_obstacle(&settings.name, obstacle);
            return false;
        }
        let was_obstacle = self.obstacle.take().is_some();
        if was_obstacle {
            tracing::info!(channel = settings.name, "the channel can be used again");
        }
        let is_news = !self.is_seen_connected && self.daemon.holds.is_connected(self.channel_id);
        self.is_seen_connected |= is_news;
        if let Some(health) = &mut self.health
            // Whoever had the channel before may have left it down.
            && (was_obstacle || is_news && health.is_down_by_obstacle())
        {
            health.probe_now();
        }
        true
    }

    /// The channel is down for as long as it cannot be used: each look at it counts as a probe that failed.
    fn note_obstacle(&mut self, channel: &str, obstacle: String) {
        if self.obstacle.as_ref() != Some(&obstacle) {
            tracing::error!(
                channel,
                cause = obstacle,
                "the channel cannot be used; its messages wait"
            );
        }
        let is_down = self.health.as_ref().is_some_and(Health::is_down);
        let probe = self.health.as_mut().and_then(Health::probe);
        if probe.is_some() || !is_down {
            let reading = Reading::Obstacle {
                rest: Duration::ZERO,
            };
            self.record(Some(reading), probe, Some(obstacle.clone()));
        }
        self.obstacle = Some(obstacle);
    }

    /// Waits for whatever comes first.
    async fn rest(&mut self, pause: Pause) {
        let until = match pause {
            Pause::None => return,
            Pause::Until(until) => Some(until),
            Pause::Idle => None,
        };
        let sleep = async {
            match until {
                Some(until) => tokio::time::sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.daemon.shutdown.cancelled() => {}
            () = self.lease.revoked() => {}
            () = self.inbox.wake.notified() => {}
            () = sleep => {}
            Some(finished) = self.sends.join_next_with_id() => self.finish(finished),
        }
    }
}
