//! What the script that starts the benchmark tells it.

use std::path::PathBuf;

/// How to measure, and with what.
pub struct Environment {
    /// The program `zapgres`; several builds of it take turns.
    pub programs: Vec<PathBuf>,
    /// Directory of the server's socket.
    pub socket: String,
    /// Directory for figures and logs.
    pub output: PathBuf,
    /// Orders of one round.
    pub orders: i64,
    /// Rounds with each program.
    pub rounds: u32,
}

impl Environment {
    /// Reads it; panics when something is missing.
    pub fn read() -> Self {
        let quick = !text("QUICK").is_empty();
        let own = required("ZAPGRES_BIN");
        let others = text("OTHERS");
        let programs = std::iter::once(own.as_str()).chain(others.split(','));
        Self {
            programs: programs
                .filter(|program| !program.is_empty())
                .map(PathBuf::from)
                .collect(),
            socket: required("BENCH_SOCKET"),
            output: required("BENCH_OUTPUT").into(),
            orders: number("ROWS", if quick { 30_000 } else { 100_000 }),
            rounds: number("ROUNDS", if quick { 1 } else { 3 }),
        }
    }
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
        value if value.is_empty() => panic!("{name} is not set: run scripts/bench-intake.sh"),
        value => value,
    }
}
