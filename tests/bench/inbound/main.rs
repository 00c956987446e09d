//! Receipts as Meta delivers them, at a fixed rate, through the real daemon: how soon they are answered, and how soon they
//! are read. Started by `scripts/bench-inbound.sh`.
//!
//! Deliveries are begun at their time, however long earlier ones take. A run counts only when each was taken, and every
//! message is delivered and read in the end.

#[path = "../conditions.rs"]
mod conditions;
mod daemon;
#[path = "../daemon_process.rs"]
mod daemon_process;
mod database;
mod deliveries;
mod environment;
mod report;

use std::time::Duration;

use daemon::Daemon;
use environment::Environment;
use report::Report;

/// Deliveries before the measurement, so that plans, pools and connections are there.
const WARM_UP: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() {
    rustls::crypto::ring::default_provider()
        .install_default()
        .expect("first to install");
    let environment = Environment::read();
    std::fs::create_dir_all(&environment.output).expect("the output directory");
    let warm_up = environment.count(WARM_UP);
    let measured = environment.count(environment.duration);
    let database = database::create(&environment.socket, warm_up + measured).await;
    let conditions = conditions::lines(&database).await;
    let mut daemon = Daemon::start(&environment).await;
    deliveries::deliver(&daemon, environment.rate, 0..warm_up).await;
    database::until_read(&database).await;
    let last = database::last_event(&database).await;
    let answers = deliveries::deliver(&daemon, environment.rate, warm_up..warm_up + measured).await;
    let left = database::until_read(&database).await;
    database::verify(&database, warm_up + measured).await;
    let report = Report {
        conditions,
        answers,
        lag: database::lag(&database, last).await,
        left,
        resident_mib: daemon.process.resident_mib(),
    };
    daemon.process.stop();
    report.publish(&environment.output);
}
