//! The main loop: wakes, lets intake look, keeps house, and sends lanes to work.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Client;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::daemon::Daemon;
use super::intake::{Intake, Missed, Round};
use super::{assign, due_channels, expire};
use crate::database::{self, DatabaseError};
use crate::service_notify::ServiceNotifier;

/// The service manager's watchdog must not wait longer for a sign of life.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);
/// What is due and was not found is locked by somebody else.
const LOCKED_PAUSE: Duration = Duration::from_millis(20);
/// What is under way at shutdown may take so long: the server may not answer at all.
const LAST_ROUND: Duration = Duration::from_secs(1);
const TROUBLE_PAUSE: Duration = Duration::from_secs(1);
/// Shortest time between two looks at all that waits for a channel,
const INVENTORY_PAUSE: Duration = Duration::from_secs(2);
/// and that as a multiple of what the last one took: there may be many.
const INVENTORY_SHARE: u32 = 20;
/// Pauses are stretched or shortened by up to this share, so that nothing falls into step.
const JITTER: f64 = 0.1;

/// Works until shutdown or until `lost`.
pub(crate) async fn serve(
    daemon: &Arc<Daemon>,
    notifier: &ServiceNotifier,
    lost: &CancellationToken,
) {
    let overdue = async {
        daemon.shutdown.cancelled().await;
        tokio::time::sleep(LAST_ROUND).await;
    };
    tokio::select! {
        () = go_on_serving(daemon, notifier, lost) => {}
        () = overdue => {}
    }
}

async fn go_on_serving(daemon: &Arc<Daemon>, notifier: &ServiceNotifier, lost: &CancellationToken) {
    let mut trouble = String::new();
    let mut missed = Missed::default();
    while !daemon.shutdown.is_cancelled() && !lost.is_cancelled() {
        let Err(error) = serve_on_one_connection(daemon, notifier, lost, &mut missed).await else {
            return;
        };
        let text = explain(daemon, error).await.to_string();
        // The session notices by itself that the server is gone.
        if text != trouble && !lost.is_cancelled() {
            tracing::error!(error = text, "intake cannot go on; trying again");
            trouble = text;
        }
        notifier.progress();
        tokio::select! {
            () = daemon.shutdown.cancelled() => {}
            () = lost.cancelled() => {}
            () = tokio::time::sleep(TROUBLE_PAUSE) => {}
        }
    }
}

/// Where the extension is gone or another one, that explains any error.
async fn explain(daemon: &Daemon, error: DatabaseError) -> DatabaseError {
    let Ok(client) = daemon.client().await else {
        return error;
    };
    let checked = database::check_extension(&client, &daemon.config.database.url).await;
    checked.err().unwrap_or(error)
}

async fn serve_on_one_connection(
    daemon: &Arc<Daemon>,
    notifier: &ServiceNotifier,
    lost: &CancellationToken,
    missed: &mut Missed,
) -> Result<(), DatabaseError> {
    let mut client = daemon.client().await?;
    let mut intake = Intake::new(&client, daemon.config.sending.claim_batch).await?;
    let mut next_housekeeping = Instant::now();
    let mut next_inventory = Instant::now() + INVENTORY_PAUSE;
    while !daemon.shutdown.is_cancelled() && !lost.is_cancelled() {
        notifier.progress();
        if Instant::now() >= next_housekeeping {
            let has_more = keep_house(daemon, &mut client, missed).await?;
            intake.forget_floor();
            let pause = if has_more {
                Duration::ZERO
            } else {
                jittered(daemon)
            };
            next_housekeeping = Instant::now() + pause;
        }
        if Instant::now() >= next_inventory {
            next_inventory = take_inventory(daemon, &client).await?;
        }
        let round = intake.round(&client).await?;
        let next_look = next_look(&round);
        dispatch(daemon, round);
        if intake.has_backlog() {
            if let Some(second) = daemon.spare_client().await {
                let until = next_housekeeping.min(next_inventory);
                let after = |round| {
                    notifier.progress();
                    dispatch(daemon, round);
                    let is_over = daemon.shutdown.is_cancelled() || lost.is_cancelled();
                    !is_over && Instant::now() < until
                };
                intake.work_off([&client, &second], after).await?;
            }
            continue;
        }
        let sleep_until = next_housekeeping
            .min(next_look)
            .min(Instant::now() + LONGEST_SLEEP);
        tokio::select! {
            () = daemon.shutdown.cancelled() => {}
            () = lost.cancelled() => {}
            () = daemon.work.notified() => {}
            () = tokio::time::sleep_until(sleep_until) => {}
        }
    }
    Ok(())
}

/// Everything that nobody announces: missed subjects, expiry, channels for those that wait, lanes with due retries. True:
/// there was more to do than others can wait for.
async fn keep_house(
    daemon: &Arc<Daemon>,
    client: &mut Client,
    missed: &mut Missed,
) -> Result<bool, tokio_postgres::Error> {
    if missed.drain(client).await?.undecided {
        daemon.sweep_wanted.notify_one();
    }
    expire::expire(&*client).await?;
    let mut waiting = std::mem::take(&mut *daemon.waiting_tenants());
    let assigned = assign::assign(&*client, &mut waiting).await;
    daemon.waiting_tenants().extend(waiting);
    for channel in assigned? {
        daemon.wake_lane(channel);
    }
    for channel in due_channels::due_channels(&*client, &daemon.leases.channels()).await? {
        daemon.lanes.remind(channel);
    }
    let mut has_more = false;
    for channel in due_channels::unused_channels(&*client).await? {
        let (tenants, is_left) = assign::release(&*client, channel).await?;
        daemon.wait_for_channel(tenants);
        has_more |= is_left;
    }
    Ok(has_more)
}

/// Learns what a person, or a daemon that is gone, has left without a channel, and returns when to look again.
async fn take_inventory(
    daemon: &Daemon,
    client: &Client,
) -> Result<Instant, tokio_postgres::Error> {
    let start = Instant::now();
    daemon.wait_for_channel(assign::waiting_tenants(client).await?);
    Ok(Instant::now() + (start.elapsed() * INVENTORY_SHARE).max(INVENTORY_PAUSE))
}

fn dispatch(daemon: &Arc<Daemon>, round: Round) {
    if round.looked_at > 0 {
        tracing::debug!(count = round.looked_at, "notifications looked at");
    }
    for (channel, ready) in round.ready {
        if !daemon.lanes.hand(channel, ready) {
            daemon.announcements.add(channel);
        }
    }
    daemon.wait_for_channel(round.without_channel);
}

fn next_look(round: &Round) -> Instant {
    let wait = round.seconds_to_next_look.map_or(LONGEST_SLEEP, |seconds| {
        Duration::try_from_secs_f64(seconds).unwrap_or_default()
    });
    let shortest = if round.looked_at == 0 {
        LOCKED_PAUSE
    } else {
        Duration::ZERO
    };
    Instant::now() + wait.max(shortest)
}

fn jittered(daemon: &Daemon) -> Duration {
    let factor = 1.0 + JITTER * (2.0 * (daemon.randomness)() - 1.0);
    daemon.config.wake.poll_interval.mul_f64(factor)
}
