//! Figures as a person and as a program reads them.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::backlog::Backlog;
use crate::drain::Round;
use crate::environment::Environment;
use crate::latency::Latency;
use crate::usage::PerNotification;
use crate::{conditions, database};

const BAR_IN_PROCESS: f64 = 15_000.0;
const BAR_HTTP: f64 = 4_000.0;
const BAR_FIRST_MS: f64 = 1_000.0;
const BAR_MIB: f64 = 100.0;

/// All measurements from one state by one transport.
pub struct Run {
    /// What was in the queue before.
    pub start: &'static str,
    /// How messages got to the provider.
    pub transport: &'static str,
    /// Drained at once.
    pub rounds: Vec<Round>,
    /// At a moderate rate.
    pub latency: Latency,
}

/// All that was found.
pub struct Report {
    conditions: Vec<String>,
    rate: u32,
    runs: Vec<Run>,
    /// Daemons that start with a long queue, by its state.
    pub backlogs: Vec<(&'static str, Backlog)>,
}

impl Report {
    /// Prints what the figures depend on, before the first of them.
    pub async fn begin(environment: &Environment) -> Self {
        let client = database::connect(&database::at(&environment.socket, "postgres")).await;
        let daemon: Vec<String> = environment
            .daemon
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut conditions = conditions::lines(&client).await;
        conditions.extend([
            format!("daemon: {}; log level info, to a file", daemon.join(" ")),
            format!(
                "{} channels without limits; rounds of {} notifications, inserted as captured rows in one transaction",
                database::CHANNELS,
                environment.rows
            ),
        ]);
        for line in &conditions {
            println!("- {line}");
        }
        println!();
        Self {
            conditions,
            rate: environment.rate,
            runs: Vec::new(),
            backlogs: Vec::new(),
        }
    }

    /// Adds a run, and prints it at once: a full benchmark takes long.
    pub fn add(&mut self, run: Run) {
        let rates: Vec<String> = run
            .rounds
            .iter()
            .map(|round| format!("{:.0}", round.rate))
            .collect();
        println!(
            "{} {}: {} /s; p50 {:.1} ms at {} /s",
            run.start,
            run.transport,
            rates.join(", "),
            run.latency.percentiles[0],
            self.rate
        );
        self.runs.push(run);
    }

    /// Prints everything, and writes it as JSON to `directory`.
    pub fn publish(&self, directory: &Path) {
        println!(
            "\n| start | provider | jobs/s, median (min–max) | WAL bytes | commits | dead versions (not HOT) \
             | CPU µs daemon | CPU µs PostgreSQL | peak MiB |\n|---|---|---:|---:|---:|---:|---:|---:|---:|"
        );
        for run in &self.runs {
            println!("{}", throughput_row(run));
        }
        println!(
            "\nAt {} orders/s through the trigger, captured → final state committed, ms:\n\n\
             | start | provider | orders | p50 | p95 | p99 | longest | captured → resolved → marked → ended, medians \
             | commits per notification |\n|---|---|---:|---:|---:|---:|---:|---|---:|",
            self.rate
        );
        for run in &self.runs {
            println!("{}", latency_row(run));
        }
        if !self.backlogs.is_empty() {
            println!("\n| start | first message after | jobs/s | peak MiB |\n|---|---:|---:|---:|");
        }
        for (start, backlog) in &self.backlogs {
            println!(
                "| {start} | {:.0} ms | {:.0} | {:.0} |",
                backlog.first_ms, backlog.rate, backlog.peak_mib
            );
        }
        println!();
        for (line, passed) in self.bars() {
            println!("- {}: {line}", if passed { "pass" } else { "MISS" });
        }
        let file = directory.join("drain.json");
        let text = format!("{:#}\n", self.as_json());
        fs::write(&file, text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        println!("\nAll figures: {}", file.display());
    }

    fn bars(&self) -> Vec<(String, bool)> {
        let mut bars = Vec::new();
        for run in &self.runs {
            let bar = if run.transport == "HTTP" {
                BAR_HTTP
            } else {
                BAR_IN_PROCESS
            };
            let found = median(run.rounds.iter().map(|round| round.rate));
            bars.push((
                format!(
                    "{}, {}: {found:.0}/s (aim ≥ {bar:.0})",
                    run.start, run.transport
                ),
                found >= bar,
            ));
        }
        for (start, backlog) in &self.backlogs {
            let Backlog {
                first_ms, peak_mib, ..
            } = backlog;
            bars.push((
                format!("{start}: first message after {first_ms:.0} ms (bar ≤ {BAR_FIRST_MS:.0})"),
                *first_ms <= BAR_FIRST_MS,
            ));
            bars.push((
                format!("{start}: {peak_mib:.0} MiB (bar ≤ {BAR_MIB:.0})"),
                *peak_mib <= BAR_MIB,
            ));
        }
        bars
    }

    fn as_json(&self) -> Value {
        let runs = self.runs.iter().map(|run| {
            let rounds = run.rounds.iter().map(|round| {
                json!({"per_second": round.rate, "peak_mib": round.peak_mib, "each": each(&round.used)})
            });
            let Latency { orders, percentiles, steps, used } = &run.latency;
            json!({
                "start": run.start, "provider": run.transport, "rounds": rounds.collect::<Vec<_>>(),
                "latency": {"offered_per_second": self.rate, "orders": orders, "p50_p95_p99_max_ms": percentiles,
                    "steps_ms": steps, "each": each(used)},
            })
        });
        let backlogs = self.backlogs.iter().map(|(start, backlog)| {
            json!({"start": start, "first_ms": backlog.first_ms, "per_second": backlog.rate, "peak_mib": backlog.peak_mib})
        });
        json!({
            "conditions": self.conditions, "runs": runs.collect::<Vec<_>>(), "backlogs": backlogs.collect::<Vec<_>>(),
            "bars": self.bars().iter().map(|(what, passed)| json!({"what": what, "passed": passed})).collect::<Vec<_>>(),
        })
    }
}

fn each(used: &PerNotification) -> Value {
    json!({
        "server_cpu_us": used.server_cpu_us, "daemon_cpu_us": used.daemon_cpu_us, "wal_bytes": used.wal_bytes,
        "commits": used.commits, "dead_versions": used.dead_versions, "dead_versions_not_hot": used.not_hot,
    })
}

fn throughput_row(run: &Run) -> String {
    let rates = || run.rounds.iter().map(|round| round.rate);
    let of = |figure: fn(&Round) -> f64| median(run.rounds.iter().map(figure));
    format!(
        "| {} | {} | {:.0} ({:.0}–{:.0}) | {:.0} | {:.3} | {:.2} ({:.2}) | {:.0} | {:.0} | {:.0} |",
        run.start,
        run.transport,
        median(rates()),
        rates().fold(f64::INFINITY, f64::min),
        rates().fold(0.0, f64::max),
        of(|round| round.used.wal_bytes),
        of(|round| round.used.commits),
        of(|round| round.used.dead_versions),
        of(|round| round.used.not_hot),
        of(|round| round.used.daemon_cpu_us),
        of(|round| round.used.server_cpu_us),
        of(|round| round.peak_mib),
    )
}

fn latency_row(run: &Run) -> String {
    let Latency {
        orders,
        percentiles,
        steps,
        used,
    } = &run.latency;
    let cells: Vec<String> = percentiles
        .iter()
        .map(|value| format!("{value:.1}"))
        .collect();
    let steps: Vec<String> = steps.iter().map(|value| format!("{value:.1}")).collect();
    format!(
        "| {} | {} | {orders} | {} | {} | {:.2} |",
        run.start,
        run.transport,
        cells.join(" | "),
        steps.join(", "),
        used.commits
    )
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
