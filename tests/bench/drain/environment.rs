//! What the script that starts the benchmark tells it.

use std::path::PathBuf;
use std::time::Duration;

/// What a daemon is told unless the environment says otherwise: more at a time than the defaults, which are made for
/// providers that answer slowly.
const DAEMON_SETTINGS: [(&str, &str); 5] = [
    ("ZAPGRES_IN_FLIGHT_PER_LANE", "64"),
    ("ZAPGRES_IN_FLIGHT", "512"),
    ("ZAPGRES_CLAIM_BATCH", "500"),
    ("ZAPGRES_POOL_SIZE", "8"),
    ("ZAPGRES_SWEEP_INTERVAL", "0"),
];

/// How a message gets to the provider.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// By a call: the provider is a list in the daemon's process.
    InProcess,
    /// By HTTP: the provider is the sandbox, in a process of its own.
    Http,
}

impl Transport {
    /// As it is called in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::InProcess => "in-process",
            Self::Http => "HTTP",
        }
    }
}

/// What is in the queue before anything is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// As it is called in the report, and in `STARTS`.
    pub name: &'static str,
    /// Rows that were sent long ago.
    pub history: i64,
    /// Rows that wait: half of them on the channels that are measured, half on one that may send once a minute.
    pub pending: i64,
}

const STARTS: [Start; 4] = [
    Start {
        name: "empty",
        history: 0,
        pending: 0,
    },
    Start {
        name: "history_1m",
        history: 1_000_000,
        pending: 0,
    },
    Start {
        name: "pending_1m",
        history: 0,
        pending: 1_000_000,
    },
    Start {
        name: "pending_10m",
        history: 0,
        pending: 10_000_000,
    },
];

/// How to measure, and with what.
pub struct Environment {
    /// The program `zapgres`.
    pub program: PathBuf,
    /// Directory of the server's socket.
    pub socket: String,
    /// Directory for figures and logs.
    pub output: PathBuf,
    /// From which states.
    pub starts: Vec<Start>,
    /// How messages get to the provider.
    pub transports: Vec<Transport>,
    /// Notifications of one round.
    pub rows: i64,
    /// Rounds of the same.
    pub rounds: u32,
    /// Orders per second where latency is measured.
    pub rate: u32,
    /// How long latency is measured, and how long a backlog is drained.
    pub duration: Duration,
    /// Settings of the daemon, as variables.
    pub daemon: Vec<(String, String)>,
}

impl Environment {
    /// Reads it; panics when something is missing.
    pub fn read() -> Self {
        let quick = !text("QUICK").is_empty();
        let usual = |full: u32, quickly| if quick { quickly } else { full };
        let all = "empty,history_1m,pending_1m,pending_10m";
        let starts = list("STARTS", if quick { "empty" } else { all });
        let transports = list("TRANSPORTS", "in-process,http");
        let daemon = DAEMON_SETTINGS.map(|(name, value)| {
            let given = text(name);
            let value = if given.is_empty() {
                value.to_owned()
            } else {
                given
            };
            (name.to_owned(), value)
        });
        Self {
            program: required("ZAPGRES_BIN").into(),
            socket: required("BENCH_SOCKET"),
            output: required("BENCH_OUTPUT").into(),
            starts: STARTS
                .into_iter()
                .filter(|start| starts.iter().any(|name| name == start.name))
                .collect(),
            transports: [Transport::InProcess, Transport::Http]
                .into_iter()
                .filter(|transport| transports.contains(&transport.name().to_lowercase()))
                .collect(),
            rows: number("ROWS", usual(100_000, 40_000).into()),
            rounds: number("ROUNDS", usual(3, 1)),
            rate: number("RATE", 1_000),
            duration: Duration::from_secs(number("SECONDS_PER_RUN", usual(20, 5).into())),
            daemon: daemon.into(),
        }
    }
}

fn list(name: &str, default: &str) -> Vec<String> {
    let given = text(name);
    let value = if given.is_empty() { default } else { &given };
    value
        .split(',')
        .map(|item| item.trim().to_lowercase())
        .collect()
}

fn number<T: std::str::FromStr>(name: &str, default: T) -> T {
    match text(name).as_str() {
        "" => default,
        given => given
            .parse()
            .unwrap_or_else(|_| panic!("{name} is {given}: not a number that fits")),
    }
}

fn text(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

fn required(name: &str) -> String {
    match text(name) {
        value if value.is_empty() => panic!("{name} is not set: run scripts/bench-drain.sh"),
        value => value,
    }
}
