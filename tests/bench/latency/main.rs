//! From COMMIT to the request at the provider, through the real daemon. Started by `scripts/bench-latency.sh`.
//!
//! One process is both the shop and the provider, so that one clock tells when a commit was answered and when its message
//! was asked for. Orders come at a fixed rate, however long earlier ones take. A run counts only when every order was
//! asked for exactly once.

use std::time::Duration;

use tokio_postgres::Config;

#[path = "../conditions.rs"]
mod conditions;
mod daemon;
#[path = "../daemon_process.rs"]
mod daemon_process;
mod database;
mod environment;
mod figures;
mod open_transactions;
mod orders;
mod provider;
mod report;

use daemon::Daemon;
use environment::Environment;
use figures::Figures;
use provider::Provider;
use report::{Report, Run};

/// Orders that are placed before the measurement, so that plans, pools and connections are there.
const WARM_UP: Duration = Duration::from_secs(3);

/// How long a daemon is left alone before its memory is looked at.
const IDLE: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() {
    let environment = Environment::read();
    let mut report = Report::default();
    for (wake, socket) in &environment.servers {
        measure_server(wake, socket, &environment, &mut report).await;
    }
    report.publish(&environment.output);
}

async fn measure_server(wake: &str, socket: &str, environment: &Environment, report: &mut Report) {
    let provider = Provider::start().await;
    let database = database::create(socket, &provider.url()).await;
    report.conditions(&database).await;
    let mut daemon = Daemon::start(&environment.program, socket, &environment.output).await;
    tokio::time::sleep(IDLE).await;
    let at_start = daemon.process.resident_mib();
    for (name, is_busy) in [("alone", false), ("beside open transactions", true)] {
        let figures = measure(&database, &provider, environment.duration, is_busy).await;
        report.runs.push(Run {
            wake: wake.to_owned(),
            load: name,
            figures,
        });
    }
    tokio::time::sleep(IDLE).await;
    report
        .memory
        .push((wake.to_owned(), at_start, daemon.process.resident_mib()));
    database::verify(&database).await;
    daemon.process.stop();
}

async fn measure(
    database: &Config,
    provider: &Provider,
    duration: Duration,
    beside_open_transactions: bool,
) -> Figures {
    let others = match beside_open_transactions {
        true => open_transactions::begin(database).await,
        false => Vec::new(),
    };
    let warm_up = orders::place(database, WARM_UP).await;
    provider.until_asked_for(&warm_up).await;
    let placed = orders::place(database, duration).await;
    provider.until_asked_for(&placed).await;
    for other in others {
        other.abort();
    }
    database::until_sent(database).await;
    let ids = placed.iter().map(|order| order.id);
    let (first, last) = (ids.clone().min(), ids.max());
    let steps = database::steps(
        database,
        first.unwrap_or_default(),
        last.unwrap_or_default(),
    )
    .await;
    Figures::of(&placed, provider, steps)
}
