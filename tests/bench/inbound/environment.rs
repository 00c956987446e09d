//! What the script that starts the benchmark tells it.

use std::path::PathBuf;
use std::time::Duration;

/// How to measure, and with what.
pub struct Environment {
    /// The daemon's program.
    pub program: PathBuf,
    /// Directory of the server's socket.
    pub socket: String,
    /// Directory for figures and logs.
    pub output: PathBuf,
    /// Length of the measurement.
    pub duration: Duration,
    /// Deliveries per second.
    pub rate: u32,
}

impl Environment {
    /// Reads it; panics when something is missing.
    pub fn read() -> Self {
        let quick = std::env::var_os("QUICK").is_some_and(|value| !value.is_empty());
        let number = |name: &str, default: u32| {
            let text = std::env::var(name).unwrap_or_default();
            text.parse().unwrap_or(default)
        };
        let seconds = number("SECONDS_PER_RUN", if quick { 10 } else { 60 });
        Self {
            program: required("ZAPGRES_BIN").into(),
            socket: required("BENCH_SOCKET"),
            output: required("BENCH_OUTPUT").into(),
            duration: Duration::from_secs(seconds.into()),
            rate: number("RATE", 1000),
        }
    }

    /// Deliveries within a time, an even number: each message is delivered and read.
    pub fn count(&self, duration: Duration) -> u64 {
        let count = duration.as_secs() * u64::from(self.rate);
        count - count % 2
    }
}

fn required(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run scripts/bench-inbound.sh"))
}
