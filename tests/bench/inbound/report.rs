//! Figures as a person and as a program reads them.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::deliveries::Answers;

const BAR_P99_MS: f64 = 10.0;

/// All that was found.
pub struct Report {
    /// What the figures depend on.
    pub conditions: Vec<String>,
    /// How deliveries were answered.
    pub answers: Answers,
    /// Milliseconds from storing to reading: half, 99 of 100, all within.
    pub lag: [f64; 3],
    /// How long reading went on after the last answer.
    pub left: Duration,
    /// Memory of the daemon afterwards.
    pub resident_mib: f64,
}

impl Report {
    /// Prints everything, and writes it as JSON to `directory`.
    pub fn publish(&self, directory: &Path) {
        for line in &self.conditions {
            println!("- {line}");
        }
        let answers = &self.answers.milliseconds;
        let [p50, p99, longest] = [50, 99, 100].map(|hundredths| percentile(answers, hundredths));
        let [lag_p50, lag_p99, lag_longest] = self.lag;
        let (count, rate) = (answers.len(), self.answers.rate);
        println!(
            "\n| deliveries | rate | answered, p50 / p99 / longest, ms | read after, p50 / p99 / longest, ms |"
        );
        println!("|---:|---:|---:|---:|");
        println!(
            "| {count} | {rate:.0}/s | {p50:.1} / {p99:.1} / {longest:.1} | {lag_p50:.0} / {lag_p99:.0} / {lag_longest:.0} |"
        );
        println!(
            "\nReading went on for {:.0} ms after the last answer. The daemon then held {:.1} MiB.\n",
            self.left.as_secs_f64() * 1000.0,
            self.resident_mib
        );
        let verdict = if p99 < BAR_P99_MS { "pass" } else { "MISS" };
        println!("- {verdict}: answers, p99: {p99:.1} ms (bar < {BAR_P99_MS} ms)");
        let file = directory.join("inbound.json");
        let figures = json!({
            "conditions": self.conditions, "deliveries": count, "rate_per_second": rate,
            "answer_ms": {"p50": p50, "p99": p99, "longest": longest},
            "read_after_ms": {"p50": lag_p50, "p99": lag_p99, "longest": lag_longest},
            "left_ms": self.left.as_secs_f64() * 1000.0, "resident_mib": self.resident_mib,
        });
        fs::write(&file, format!("{figures:#}\n"))
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        println!("\nAll figures: {}", file.display());
    }
}

/// The value below which so many hundredths of the sorted values lie.
fn percentile(sorted: &[f64], hundredths: usize) -> f64 {
    sorted[(sorted.len() * hundredths / 100).min(sorted.len() - 1)]
}
