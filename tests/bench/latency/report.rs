//! Figures as a person and as a program reads them.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tokio_postgres::Config;

use crate::figures::{Figures, percentile};
use crate::{conditions, database};

const BAR_P50_MS: f64 = 5.0;
const BAR_P99_MS: f64 = 25.0;
const BAR_IDLE_MIB: f64 = 30.0;

/// One measurement.
pub struct Run {
    /// How capture wakes the daemon.
    pub wake: String,
    /// What else went on.
    pub load: &'static str,
    /// What was measured.
    pub figures: Figures,
}

/// All that was found.
#[derive(Default)]
pub struct Report {
    conditions: Vec<String>,
    /// Measurements.
    pub runs: Vec<Run>,
    /// How capture wakes the daemon, and its resident memory idle in MiB: after its start, after its work.
    pub memory: Vec<(String, f64, f64)>,
}

impl Report {
    /// Notes what the figures depend on, before the first of them.
    pub async fn conditions(&mut self, database: &Config) {
        if !self.conditions.is_empty() {
            return;
        }
        self.conditions = conditions::lines(&database::connect(database).await).await;
    }

    /// Prints everything, and writes it as JSON to `directory`.
    pub fn publish(&self, directory: &Path) {
        for line in &self.conditions {
            println!("- {line}");
        }
        println!(
            "\nCOMMIT answered → request at the provider, 100 orders/s (in parentheses: since COMMIT was sent), ms:\n"
        );
        println!(
            "| wake | load | orders | p50 | p99 | longest | captured → resolved → marked → sent, medians |\n|---|---|---:|---:|---:|---:|---:|"
        );
        for run in &self.runs {
            println!("{}", row(run));
        }
        println!();
        for (line, passed) in self.bars() {
            println!("- {}: {line}", if passed { "pass" } else { "MISS" });
        }
        let file = directory.join("latency.json");
        let text = format!("{:#}\n", self.as_json());
        fs::write(&file, text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        println!("\nAll figures: {}", file.display());
    }

    fn bars(&self) -> Vec<(String, bool)> {
        let mut bars = Vec::new();
        for Run {
            wake,
            load,
            figures,
        } in &self.runs
        {
            for (hundredths, bar) in [(50, BAR_P50_MS), (99, BAR_P99_MS)] {
                let found = percentile(&figures.since_commit, hundredths);
                let line = format!("{wake}, {load}, p{hundredths}: {found:.1} ms (bar ≤ {bar} ms)");
                bars.push((line, found <= bar));
            }
        }
        for (wake, at_start, after_work) in &self.memory {
            let line = format!(
                "{wake}, daemon idle: {at_start:.1} MiB resident after its start, {after_work:.1} after its work (bar ≤ {BAR_IDLE_MIB} MiB)"
            );
            bars.push((line, at_start.max(*after_work) <= BAR_IDLE_MIB));
        }
        bars
    }

    fn as_json(&self) -> Value {
        let runs = self.runs.iter().map(|Run { wake, load, figures }| {
            json!({
                "wake": wake, "load": load,
                "since_commit_answered_ms": figures.since_commit, "since_commit_sent_ms": figures.since_sending, "steps_ms": figures.steps,
            })
        });
        let memory = self.memory.iter().map(|(wake, at_start, after_work)| {
            json!({"wake": wake, "idle_mib_after_start": at_start, "idle_mib_after_work": after_work})
        });
        json!({
            "conditions": self.conditions,
            "runs": runs.collect::<Vec<_>>(), "memory": memory.collect::<Vec<_>>(),
            "bars": self.bars().iter().map(|(what, passed)| json!({"what": what, "passed": passed})).collect::<Vec<_>>(),
        })
    }
}

fn row(
    Run {
        wake,
        load,
        figures,
    }: &Run,
) -> String {
    let cell = |hundredths| {
        let since_commit = percentile(&figures.since_commit, hundredths);
        format!(
            "{since_commit:.1} ({:.1})",
            percentile(&figures.since_sending, hundredths)
        )
    };
    let [resolved, marked, sent] = figures.steps;
    format!(
        "| {wake} | {load} | {} | {} | {} | {} | {resolved:.1}, {marked:.1}, {sent:.1} |",
        figures.orders,
        cell(50),
        cell(99),
        cell(100)
    )
}
