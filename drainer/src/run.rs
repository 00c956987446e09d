//! The daemon's main loop: from captured orders to messages sent.

mod announce;
mod assign;
mod boot_clock;
mod channel_health;
mod channels;
mod complete;
mod daemon;
mod due_channels;
mod encoding;
mod expire;
mod hygiene;
mod in_flight;
mod inbound;
mod intake;
mod keeper;
mod lane;
mod lanes;
mod lease;
mod leases;
mod listener;
mod log_row;
mod marker;
mod name_lock;
mod opted_out;
mod reference;
mod registry;
mod rescue;
mod serve;
mod session;
pub(crate) mod statement;
mod stop;
mod sweeping;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::database::{self, DatabaseError};
use crate::http::{self, ListenError};
use crate::metrics::Metrics;
use crate::service_notify::ServiceNotifier;
use announce::Announcements;
use channel_health::Holds;
use complete::Report;
use in_flight::InFlight;
use lane::Permits;
use lanes::Lanes;
use leases::Leases;
use marker::{Marker, Question};
use serve::serve;
use session::{Session, SessionError};

pub(crate) use daemon::Daemon;
pub(crate) use hygiene::{LOAD_LIMIT, SNAPSHOTS};
pub(crate) use intake::{MAY_BECOME_DAEMON, Probe, probe};
pub use lane::MakeProvider;

/// Why a daemon does not begin.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// It may not be a daemon of the database, or can't be.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// Its own address cannot be had.
    #[error(transparent)]
    Listen(#[from] ListenError),
}

impl From<DatabaseError> for RunError {
    fn from(error: DatabaseError) -> Self {
        Self::Session(error.into())
    }
}

/// Sends what the database has queued, until `shutdown`, through the providers that `make_provider` makes. `randomness`
/// gives numbers from 0.0 to 1.0, for jitter.
///
/// # Errors
/// What keeps the daemon from beginning. Once it has begun it goes on, however often the database goes away.
pub async fn run(
    config: Config,
    shutdown: CancellationToken,
    notifier: ServiceNotifier,
    make_provider: MakeProvider,
    randomness: fn() -> f64,
) -> Result<(), RunError> {
    let listener = http::listen(config.http.listen).await?;
    let (daemon, reports, questions) = prepare(config, shutdown, make_provider, randomness).await?;
    let mut session = Session::open(&daemon).await?;
    let finish = CancellationToken::new();
    let completer = {
        let (daemon, finish) = (daemon.clone(), finish.clone());
        tokio::spawn(async move { complete::run(daemon, reports, finish).await })
    };
    let sweeper = tokio::spawn(sweeping::run(daemon.clone()));
    tokio::spawn(marker::run(daemon.clone(), questions, finish.clone()));
    tokio::spawn(announce::run(daemon.clone()));
    tokio::spawn(hygiene::run(daemon.clone()));
    tokio::spawn(rescue::run(daemon.clone()));
    tokio::spawn(channel_health::run(daemon.clone()));
    tokio::spawn(inbound::run(daemon.clone()));
    let receiver = listener.map(|listener| http::serve(daemon.clone(), listener));
    notifier.ready("working");
    tracing::info!(database = %daemon.config.database.url, "ready");
    loop {
        serve(&daemon, &notifier, &session.lost).await;
        if daemon.shutdown.is_cancelled() {
            break;
        }
        session.close().await;
        notifier.status("waiting for the database");
        let reopened = daemon
            .shutdown
            .run_until_cancelled(Session::reopen(&daemon, &notifier))
            .await;
        let Some(reopened) = reopened else {
            ended(receiver).await;
            stop::stop(&daemon, &notifier, finish, completer, None).await;
            return Ok(());
        };
        session = reopened;
        notifier.status("working");
    }
    sweeper.await.ok();
    ended(receiver).await;
    stop::stop(&daemon, &notifier, finish, completer, Some(session)).await;
    Ok(())
}

/// Waits for a task that ends by itself at shutdown.
async fn ended(task: Option<JoinHandle<()>>) {
    if let Some(task) = task {
        task.await.ok();
    }
}

/// The daemon, what its lanes report, and what they ask for.
type Prepared = (
    Arc<Daemon>,
    UnboundedReceiver<Report>,
    UnboundedReceiver<Question>,
);

async fn prepare(
    config: Config,
    shutdown: CancellationToken,
    make_provider: MakeProvider,
    randomness: fn() -> f64,
) -> Result<Prepared, RunError> {
    let pool = database::connect_pool(&config).await?;
    let (report, reports) = unbounded_channel();
    let (ask, questions) = unbounded_channel();
    let daemon = Arc::new(Daemon {
        make_provider,
        holds: Holds::default(),
        permits: Permits::new(config.sending.in_flight),
        config,
        pool,
        randomness,
        gate: watch::Sender::new(false),
        in_flight: InFlight::default(),
        reports: report,
        marker: Marker::new(ask),
        lanes: Lanes::default(),
        leases: Leases::default(),
        announcements: Announcements::default(),
        metrics: Metrics::new(),
        work: Notify::new(),
        inbound: Notify::new(),
        sweep_wanted: Notify::new(),
        waiting_tenants: Mutex::new(BTreeSet::new()),
        database: Mutex::default(),
        shutdown,
        abort: CancellationToken::new(),
    });
    daemon.lanes.attach(&daemon);
    Ok((daemon, reports, questions))
}
