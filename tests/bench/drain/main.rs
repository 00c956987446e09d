//! From a committed capture to the provider's yes, durably noted. Started by `scripts/bench-drain.sh`.
//!
//! The daemon is a process of its own: this program once more, with a provider that is a list in the same process; or
//! `zapgres run` with the sandbox, a third process, behind HTTP. Every round counts only when each notification was
//! accepted exactly once and ended as `sent`.

mod backlog;
#[path = "../conditions.rs"]
mod conditions;
mod database;
mod drain;
mod environment;
mod in_process;
mod latency;
mod process;
#[path = "../processor_time.rs"]
mod processor_time;
mod report;
#[path = "../statements.rs"]
mod statements;
#[path = "../usage.rs"]
mod usage;

use environment::{Environment, Start};
use process::Sandbox;
use report::{Report, Run};

#[tokio::main]
async fn main() {
    if std::env::var_os(in_process::ROLE).is_some() {
        in_process::run().await;
        return;
    }
    rustls::crypto::ring::default_provider()
        .install_default()
        .expect("first to install");
    let environment = Environment::read();
    std::fs::create_dir_all(&environment.output).expect("the output directory");
    let mut report = Report::begin(&environment).await;
    for start in &environment.starts {
        measure_from(*start, &environment, &mut report).await;
    }
    report.publish(&environment.output);
}

async fn measure_from(start: Start, environment: &Environment, report: &mut Report) {
    let sandbox = Sandbox::start(&environment.program);
    let name = format!("bench_{}", start.name);
    let database = database::create(&environment.socket, &name, start, &sandbox.url).await;
    let client = database::connect(&database).await;
    for transport in &environment.transports {
        statements::reset(&client).await;
        let mut rounds = Vec::new();
        for _ in 0..environment.rounds {
            rounds.push(drain::round(environment, *transport, start, &database, &sandbox).await);
        }
        statements::print(&client).await;
        let latency = latency::measure(environment, *transport, &database, &sandbox).await;
        report.add(Run {
            start: start.name,
            transport: transport.name(),
            rounds,
            latency,
        });
    }
    if start.pending > 0 {
        report.backlogs.push((
            start.name,
            backlog::measure(environment, start, &database).await,
        ));
    }
    database::drop(&environment.socket, &name).await;
}
