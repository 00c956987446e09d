//! A lane: sends the notifications of one channel, in order and at its pace.

mod connection;
pub(crate) mod mark;
mod queue;
mod ready;
mod send;
mod settings;
mod tempo;
mod verdict;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tokio::task::{self, JoinSet};
use tokio::time::Instant;

use connection::Connection;
use mark::Marked;
use queue::Queue;
use settings::Settings;
use tempo::Tempo;
use verdict::Verdict;

pub use connection::MakeProvider;
pub(crate) use ready::Ready;

use super::boot_clock;
use super::daemon::Daemon;
use super::in_flight::Attempt;
use super::lanes::Inbox;
use super::lease::Lease;
use super::marker::Marking;
use crate::database::DatabaseError;

/// A change of the channel's row holds for what is sent this long after it, at the latest.
const SETTINGS_AGE: Duration = Duration::from_secs(1);
/// Pause where somebody has to change something, or the database is away.
const OBSTACLE_PAUSE: Duration = Duration::from_secs(1);
/// The day's limit may be raised at any time.
const CAP_PAUSE: Duration = Duration::from_secs(60);
/// Pause while the lease is about to run out and not renewed yet.
const LEASE_PAUSE: Duration = Duration::from_millis(100);

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
    /// It was logged that there is no connection to the database.
    waits: bool,
    queue: Queue,
    tempo: Tempo,
    /// The queue had nothing more; until then, where the time is known, or until a wake-up.
    drained: Option<Option<Instant>>,
    /// Requests on their way; each ends with the rest that the channel needs.
    sends: JoinSet<Option<Duration>>,
    /// Their attempts and recipients.
    sending: HashMap<task::Id, (Attempt, String)>,
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
            waits: false,
            queue: Queue::default(),
            tempo: Tempo::new(Instant::now()),
            drained: None,
            sends: JoinSet::new(),
            sending: HashMap::new(),
        }
    }

    /// Sends until shutdown or until the lease is revoked, then waits for the requests on their way.
    pub(crate) async fn run(mut self) {
        while !self.lease.is_revoked() && !self.daemon.shutdown.is_cancelled() {
            let pause = match self.step().await {
                Ok(pause) => pause,
                Err(error) => {
                    self.report_wait(&error);
                    Pause::Until(Instant::now() + OBSTACLE_PAUSE)
                }
            };
            self.rest(pause).await;
        }
        let abort = self.daemon.abort.clone();
        abort
            .run_until_cancelled(async { while self.sends.join_next().await.is_some() {} })
            .await;
    }

    /// What keeps the lane from the database is told by the session that lost it, but for this.
    fn report_wait(&mut self, error: &DatabaseError) {
        let busy = *error == DatabaseError::PoolBusy;
        if busy && !self.waits {
            tracing::warn!(channel_id = self.channel_id, %error, "the lane waits for the database");
        } else {
            tracing::debug!(channel_id = self.channel_id, %error, "the lane waits for the database");
        }
        self.waits = busy;
    }

    /// Begins as many requests as the channel takes now.
    async fn step(&mut self) -> Result<Pause, DatabaseError> {
        self.collect_finished();
        self.take_news();
        if !self.lease.allows_marking() {
            return Ok(Pause::Until(Instant::now() + LEASE_PAUSE));
        }
        if let Some(until) = self.tempo.resting_until() {
            return Ok(Pause::Until(until));
        }
        let free = self.free_slots();
        if free == 0 {
            return Ok(Pause::Idle);
        }
        let Some(settings) = self.current_settings().await? else {
            self.queue.clear();
            return Ok(Pause::Idle);
        };
        if !self.connect(&settings) {
            return Ok(Pause::Until(Instant::now() + OBSTACLE_PAUSE));
        }
        self.tempo.follow(settings.pace);
        if self.queue.is_empty()
            && let Some(pause) = self.refill().await?
        {
            return Ok(pause);
        }
        self.send_some(free, &settings).await
    }

    /// Takes in what was handed over, if the lane knows that there was nothing before it; otherwise it looks itself.
    fn take_news(&mut self) {
        let news = self.inbox.take();
        let room = self.daemon.config.sending.claim_batch;
        if self.drained.is_some() && !news.look && self.queue.len() + news.ready.len() <= room {
            self.queue.append(news.ready);
        } else if news.look || !news.ready.is_empty() {
            self.queue.forget_floor();
            self.drained = None;
        }
    }

    /// Requests that the lane may begin.
    fn free_slots(&self) -> usize {
        let limit = if self.tempo.is_probing() {
            1
        } else {
            self.daemon.config.sending.in_flight_per_lane
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
        self.settings = None;
        let client = self.daemon.client().await?;
        let settings = settings::load_channel(&client, self.channel_id).await?;
        let Some(settings) = settings.filter(|settings| settings.enabled) else {
            let tenants = super::assign::release(&client, self.channel_id).await?;
            self.daemon.wait_for_channel(tenants);
            return Ok(None);
        };
        if !settings.may_send {
            return Ok(None);
        }
        self.settings = Some((Instant::now(), settings.clone()));
        Ok(Some(settings))
    }

    /// Makes the provider ready; false: somebody has to mend the channel, and nothing is consumed meanwhile.
    fn connect(&mut self, settings: &Settings) -> bool {
        match Connection::renew(
            self.connection.take(),
            &settings.address,
            &self.daemon.make_provider,
        ) {
            Ok(connection) => {
                if self.obstacle.take().is_some() {
                    tracing::info!(channel = settings.name, "the channel can be used again");
                }
                self.connection = Some(connection);
                true
            }
            Err(unusable) => {
                let obstacle = unusable.to_string();
                if self.obstacle.as_ref() != Some(&obstacle) {
                    tracing::error!(
                        channel = settings.name,
                        cause = obstacle,
                        "the channel cannot be used; its messages wait"
                    );
                    self.obstacle = Some(obstacle);
                }
                false
            }
        }
    }

    /// Fetches the next batch; returns how long to wait when there is none.
    async fn refill(&mut self) -> Result<Option<Pause>, DatabaseError> {
        if let Some(until) = self.drained
            && until.is_none_or(|until| until > Instant::now())
        {
            return Ok(Some(until.map_or(Pause::Idle, Pause::Until)));
        }
        let limit = self.daemon.config.sending.claim_batch;
        let client = self.daemon.client().await?;
        let batch = ready::ready(&client, self.channel_id, limit, self.queue.floor()).await?;
        let is_empty = batch.is_empty();
        self.queue.refill(batch, limit);
        self.drained = None;
        if !is_empty {
            return Ok(None);
        }
        let next = ready::seconds_to_next_due(&client, self.channel_id).await?;
        // Negative: has become due just now.
        let next = next.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default());
        let until = next.map(|next| Instant::now() + next);
        self.drained = Some(until);
        Ok(Some(until.map_or(Pause::Idle, Pause::Until)))
    }

    async fn send_some(
        &mut self,
        free: usize,
        settings: &Settings,
    ) -> Result<Pause, DatabaseError> {
        let busy: HashSet<String> = self.sending.values().map(|(_, to)| to.clone()).collect();
        let mut rows = self.queue.take(free, &busy);
        let taken = rows.len();
        rows.retain(|row| !self.daemon.in_flight.contains(row.id));
        if rows.len() < taken && rows.is_empty() {
            return Ok(Pause::None);
        }
        let permits = self.permits(rows.len()).await;
        let allowed = self.tempo.allowance(permits.len());
        self.queue.put_back(rows.split_off(allowed));
        if rows.is_empty() {
            return Ok(self.tempo.next_slot().map_or(Pause::Idle, Pause::Until));
        }
        let marked_at = boot_clock::now();
        let attempts = rows.iter().map(|row| (row.id, row.attempts + 1));
        let Marking { marked, capped_for } = self.daemon.mark(&self.lease, attempts).await?;
        self.tempo.leave(marked.len(), self.daemon.randomness);
        if let Some(wait) = capped_for
            && marked.is_empty()
        {
            self.queue.clear();
            return Ok(Pause::Until(Instant::now() + wait.min(CAP_PAUSE)));
        }
        if marked.is_empty() && self.queue.is_empty() {
            // Canceled, expired or switched off meanwhile: looking again tells, but not at once.
            return Ok(Pause::Until(Instant::now() + OBSTACLE_PAUSE));
        }
        for (marked, permit) in marked.into_iter().zip(permits) {
            self.begin(marked, marked_at, permit, settings.name.clone());
        }
        Ok(Pause::None)
    }

    /// As many of the process's permits as there are, at least one; none when there is nothing to send.
    async fn permits(&self, wanted: usize) -> Vec<OwnedSemaphorePermit> {
        let mut permits = Vec::with_capacity(wanted);
        if wanted > 0
            && let Some(Ok(first)) = self
                .daemon
                .shutdown
                .run_until_cancelled(self.daemon.permits.clone().acquire_owned())
                .await
        {
            permits.push(first);
        }
        while !permits.is_empty()
            && permits.len() < wanted
            && let Ok(permit) = self.daemon.permits.clone().try_acquire_owned()
        {
            permits.push(permit);
        }
        permits
    }

    /// Begins a request.
    fn begin(
        &mut self,
        marked: Marked,
        marked_at: Duration,
        permit: OwnedSemaphorePermit,
        channel: String,
    ) {
        let Some(connection) = &self.connection else {
            return;
        };
        let provider = connection.provider.clone();
        let daemon = self.daemon.clone();
        let channel_id = self.channel_id;
        let lease = self.lease.clone();
        let (attempt, recipient) = ((marked.id, marked.attempt), marked.recipient.clone());
        let request = self.sends.spawn(async move {
            if !lease.allows_start(marked_at) {
                daemon.give_back(&lease, [marked.id]);
                return None;
            }
            let timeout = daemon.config.sending.send_timeout;
            let (answer, took) = send::send(provider, &marked, timeout).await;
            drop(permit);
            let unit = (daemon.randomness)();
            let verdict = verdict::judge(channel_id, &marked, answer, took, unit);
            report(&channel, &marked, &verdict);
            daemon.complete(verdict.outcome);
            verdict.rest
        });
        self.sending.insert(request.id(), (attempt, recipient));
    }

    fn collect_finished(&mut self) {
        while let Some(finished) = self.sends.try_join_next_with_id() {
            self.finish(finished);
        }
    }

    fn finish(&mut self, finished: Result<(task::Id, Option<Duration>), task::JoinError>) {
        match finished {
            Ok((request, rest)) => {
                self.sending.remove(&request);
                match rest {
                    Some(wait) => self.tempo.rest(wait),
                    None => self.tempo.works(),
                }
            }
            Err(error) => {
                tracing::error!(channel_id = self.channel_id, %error, "a request ended without an answer");
                // Recovery finds it in the queue table.
                if let Some(((id, _), _)) = self.sending.remove(&error.id()) {
                    self.daemon.in_flight.end([id]);
                }
            }
        }
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

/// One line per attempt.
fn report(channel: &str, marked: &Marked, verdict: &Verdict) {
    let outcome = &verdict.outcome;
    let (notification_id, attempt, repeat) = (marked.id, marked.attempt, marked.repeat);
    let duration_ms = outcome.duration_ms;
    let error = outcome.last_error.as_deref();
    let error_class = outcome.error_class;
    match outcome.status {
        "sent" => {
            tracing::info!(
                channel,
                notification_id,
                attempt,
                duration_ms,
                repeat,
                "notification sent"
            );
        }
        "failed" => {
            tracing::error!(
                channel,
                notification_id,
                attempt,
                duration_ms,
                error_class,
                error,
                "notification failed"
            );
        }
        status => {
            tracing::warn!(
                channel,
                notification_id,
                attempt,
                duration_ms,
                error_class,
                error,
                status,
                "notification not sent yet"
            );
        }
    }
}
