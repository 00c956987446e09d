//! What the script that starts the benchmark tells it.

use std::path::PathBuf;
use std::time::Duration;

/// How to measure, and with what.
pub struct Environment {
    /// The daemon's program.
    pub program: PathBuf,
    /// How capture wakes the daemon, and the socket directory of a server where it does so.
    pub servers: [(String, String); 2],
    /// Directory for figures and logs.
    pub output: PathBuf,
    /// Length of a measurement.
    pub duration: Duration,
}

impl Environment {
    /// Reads it; panics when something is missing.
    pub fn read() -> Self {
        let quick = std::env::var_os("QUICK").is_some_and(|value| !value.is_empty());
        let seconds = std::env::var("SECONDS_PER_RUN").unwrap_or_default();
        let seconds = seconds.parse().unwrap_or(if quick { 10 } else { 30 });
        Self {
            program: required("ZAPGRES_BIN").into(),
            servers: [
                (
                    "preloaded: notifier".to_owned(),
                    required("BENCH_PRELOADED"),
                ),
                ("not preloaded: NOTIFY".to_owned(), required("BENCH_PLAIN")),
            ],
            output: required("BENCH_OUTPUT").into(),
            duration: Duration::from_secs(seconds),
        }
    }
}

fn required(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run scripts/bench-latency.sh"))
}
