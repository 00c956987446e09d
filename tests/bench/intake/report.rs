//! Figures as a person and as a program reads them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use tokio_postgres::Client;

use crate::conditions;
use crate::environment::Environment;
use crate::round::Round;

const BAR: f64 = 10_000.0;

/// All that was found.
pub struct Report {
    conditions: Vec<String>,
    /// The first program is the one that is judged.
    programs: Vec<PathBuf>,
    rounds: Vec<(PathBuf, Round)>,
}

impl Report {
    /// Prints what the figures depend on, before the first of them.
    pub async fn begin(client: &Client, environment: &Environment) -> Self {
        let mut conditions = conditions::lines(client).await;
        conditions.push(format!(
            "8 companies without a channel, default settings, no sweep; rounds of {} orders of 5 items, captured in one transaction",
            environment.orders
        ));
        for line in &conditions {
            println!("- {line}");
        }
        println!();
        Self {
            conditions,
            programs: environment.programs.clone(),
            rounds: Vec::new(),
        }
    }

    /// Adds a round, and prints it at once.
    pub fn add(&mut self, number: u32, program: &Path, round: Round) {
        if self.rounds.is_empty() {
            println!("{}\n", round.body);
        }
        println!("round {number}, {}: {:.0}/s", program.display(), round.rate);
        self.rounds.push((program.to_owned(), round));
    }

    /// Prints everything, and writes it as JSON to `directory`.
    pub fn publish(&self, directory: &Path) {
        println!(
            "\n| program | orders/s, median (min–max) | CPU µs daemon | CPU µs PostgreSQL | WAL bytes | commits | MiB |\n\
             |---|---:|---:|---:|---:|---:|---:|"
        );
        for program in &self.programs {
            println!("{}", self.line(program));
        }
        let found = self.median(&self.programs[0], |round| round.rate);
        let passed = found >= BAR;
        println!(
            "\n- {}: {found:.0}/s (bar ≥ {BAR:.0})",
            if passed { "pass" } else { "MISS" }
        );
        let rounds = self.rounds.iter().map(|(program, round)| {
            let Round {
                rate,
                used,
                resident_mib,
                body: _,
            } = round;
            json!({
                "program": program, "per_second": rate, "resident_mib": resident_mib,
                "each": {
                    "server_cpu_us": used.server_cpu_us, "daemon_cpu_us": used.daemon_cpu_us,
                    "wal_bytes": used.wal_bytes, "commits": used.commits, "dead_versions": used.dead_versions,
                    "dead_versions_not_hot": used.not_hot,
                },
            })
        });
        let figures = json!({
            "conditions": self.conditions, "rounds": rounds.collect::<Vec<_>>(), "median_per_second": found, "passed": passed,
        });
        let file = directory.join("intake.json");
        fs::write(&file, format!("{figures:#}\n"))
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        println!("\nAll figures: {}", file.display());
    }

    fn line(&self, program: &Path) -> String {
        let rates = self.of(program, |round| round.rate);
        let of = |figure: fn(&Round) -> f64| self.median(program, figure);
        format!(
            "| {} | {:.0} ({:.0}–{:.0}) | {:.0} | {:.0} | {:.0} | {:.3} | {:.0} |",
            program.display(),
            of(|round| round.rate),
            rates.first().copied().unwrap_or(f64::NAN),
            rates.last().copied().unwrap_or(f64::NAN),
            of(|round| round.used.daemon_cpu_us),
            of(|round| round.used.server_cpu_us),
            of(|round| round.used.wal_bytes),
            of(|round| round.used.commits),
            of(|round| round.resident_mib),
        )
    }

    /// A figure of all rounds with a program, ascending.
    fn of(&self, program: &Path, figure: fn(&Round) -> f64) -> Vec<f64> {
        let rounds = self.rounds.iter().filter(|(with, _)| with == program);
        let mut values: Vec<f64> = rounds.map(|(_, round)| figure(round)).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    fn median(&self, program: &Path, figure: fn(&Round) -> f64) -> f64 {
        let values = self.of(program, figure);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    }
}
