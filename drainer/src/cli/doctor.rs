//! `zapgres doctor`.

use clap::Args;

use super::channel::ProviderSettings;
use super::{say, table};
use crate::doctor::{self, Report, Scope, Severity};

/// Look at everything that a message needs, and say what is wrong with the command that mends it
///
/// Exit code 0: nothing to mend; 1: warnings; 2: errors, or the database cannot be reached.
#[derive(Debug, Args)]
pub struct DoctorCommand {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Do not measure how long a commit takes to wake the daemon
    #[arg(long)]
    no_wake: bool,
    /// Do not ask the providers whether the numbers are connected
    #[arg(long)]
    no_providers: bool,
    #[command(flatten)]
    settings: ProviderSettings,
}

/// Something is to be mended; it was said already.
#[derive(Debug, thiserror::Error)]
#[error("something is to be mended")]
pub struct Found(
    /// The exit code.
    pub u8,
);

impl DoctorCommand {
    /// Looks, and prints.
    pub async fn execute(self) -> anyhow::Result<()> {
        let config = self.settings.load()?;
        let scope = Scope {
            wake: !self.no_wake,
            providers: !self.no_providers,
        };
        let report = doctor::examine(&config, scope).await;
        if self.json {
            table::print_json(&report.to_json());
        } else {
            print(&report);
        }
        match report.exit_code() {
            0 => Ok(()),
            code => Err(Found(code).into()),
        }
    }
}

fn print(report: &Report) {
    for (area, findings) in report.areas() {
        say(area);
        for finding in findings {
            say(&format!("  {} {}", sign(finding.severity), finding.what));
            if let Some(remedy) = &finding.remedy {
                say(&format!("      {remedy}"));
            }
        }
    }
    let count = |severity| report.count(severity);
    say(&format!(
        "{}, {}, {} to know, {} ok",
        counted(count(Severity::Error), "error"),
        counted(count(Severity::Warning), "warning"),
        count(Severity::Info),
        count(Severity::Ok)
    ));
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn sign(severity: Severity) -> char {
    match severity {
        Severity::Ok => '✔',
        Severity::Info => 'i',
        Severity::Warning => '!',
        Severity::Error => '✘',
    }
}
