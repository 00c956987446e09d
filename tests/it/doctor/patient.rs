//! A shop that is looked at.

use std::process::Stdio;

use serde_json::Value;

use crate::cluster::plain;
use crate::daemon;
use crate::database::Database;
use crate::session::Session;
use crate::{shop, wait};

/// A shop's database, and a session on it.
pub struct Patient {
    pub database: Database,
    pub session: Session,
}

/// What `zapgres doctor --json` said.
#[derive(Debug)]
pub struct Examined {
    pub code: i32,
    pub said: Value,
}

/// One finding.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    pub severity: String,
    pub area: String,
    pub what: String,
    pub remedy: String,
}

impl Patient {
    /// A shop on the shared cluster, with one order, and without channels or daemons.
    pub async fn open() -> Self {
        let (database, session) = shop::open(plain()).await;
        shop::place(&session, 1).await;
        Self { database, session }
    }

    /// Looks at all but the way to the daemon and the providers.
    pub fn examine(&self) -> Examined {
        examine(&self.database, "postgres", &["--no-wake", "--no-providers"])
    }

    /// The finding that has this text, with the severity that it is expected to have.
    pub fn finding(&self, severity: &str, text: &str) -> Finding {
        let examined = self.examine();
        let found = examined.with(text);
        let found = found.unwrap_or_else(|| panic!("nothing of {text:?}: {:#}", examined.said));
        assert_eq!(found.severity, severity, "{found:?}");
        assert_eq!(
            examined.code,
            if severity == "error" {
                2
            } else {
                examined.code.max(1)
            }
        );
        found
    }

    /// Waits until nothing is said of this text any more.
    pub async fn until_silent(&self, text: &str) {
        wait::until(&format!("nothing is said of {text:?}"), async || {
            self.examine().with(text).is_none()
        })
        .await;
    }

    /// Finds it, and does as it says: then nothing is said of it any more.
    pub async fn mend(&self, severity: &str, text: &str) {
        let found = self.finding(severity, text);
        // Not within a transaction, which CREATE INDEX CONCURRENTLY refuses.
        let statement = found.remedy.split("; --").next().unwrap_or_default();
        self.session.run(statement).await;
        let examined = self.examine();
        assert_eq!(examined.with(text), None, "after {}", found.remedy);
    }
}

impl Examined {
    /// Every finding.
    pub fn findings(&self) -> Vec<Finding> {
        let text = |of: &Value| of.as_str().unwrap_or_default().to_owned();
        let findings = self.said["findings"].as_array().expect("findings").iter();
        findings
            .map(|finding| Finding {
                severity: text(&finding["severity"]),
                area: text(&finding["area"]),
                what: text(&finding["what"]),
                remedy: text(&finding["remedy"]),
            })
            .collect()
    }

    /// The finding that has this text.
    pub fn with(&self, text: &str) -> Option<Finding> {
        self.findings()
            .into_iter()
            .find(|finding| finding.what.contains(text))
    }

    /// What is to be mended.
    pub fn complaints(&self) -> Vec<Finding> {
        let mut findings = self.findings();
        findings.retain(|finding| matches!(finding.severity.as_str(), "warning" | "error"));
        findings
    }
}

/// Runs the command as this role.
pub fn examine(database: &Database, role: &str, arguments: &[&str]) -> Examined {
    examine_in(database, role, arguments, &[])
}

/// The same in an environment with these variables.
pub fn examine_in(
    database: &Database,
    role: &str,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Examined {
    let mut command = daemon::zapgres(&["doctor", "--json"]);
    command.args(["--database-url", &database.url(role)]);
    let output = command
        .envs(variables.iter().copied())
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("run zapgres");
    let said = serde_json::from_slice(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    Examined {
        code: output.status.code().expect("a code"),
        said: said.unwrap_or_else(|_| panic!("no JSON: {complaint}")),
    }
}
