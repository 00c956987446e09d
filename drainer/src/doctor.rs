//! Looks at everything that has to work for a message to be sent, and tells what does not, with what mends it.
//!
//! Each check is a function of its own; one that cannot be made, for want of a right, says so and holds up no other.

mod channels;
mod clock;
mod context;
mod daemons;
mod finding;
mod hygiene;
mod installation;
mod plan;
mod privileges;
mod queue;
mod server;
mod settings;
mod sources;
mod templates;
mod triggers;
mod wake;

use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::config::Config;
use crate::database::{self, DatabaseError, Purpose};
pub use finding::{Finding, Severity};

/// What is to be looked at besides the database.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    /// The way from a commit to the daemon.
    pub wake: bool,
    /// The providers.
    pub providers: bool,
}

/// Everything that was found, in the order of the areas.
#[derive(Debug, Default)]
pub struct Report {
    /// Each finding.
    pub findings: Vec<Finding>,
}

/// Looks. A database that cannot be reached is a finding, too.
pub async fn examine(config: &Config, scope: Scope) -> Report {
    let mut report = Report::default();
    match connect(config).await {
        Ok(client) => report.look(&client, config, scope).await,
        Err(error) => report.findings.push(Finding::new(
            Severity::Error,
            server::AREA,
            error.to_string(),
            None,
        )),
    }
    report
}

async fn connect(config: &Config) -> Result<Client, DatabaseError> {
    let (client, connection) = database::connect_dedicated(config, Purpose::Command).await?;
    tokio::spawn(async move {
        // Whoever waits for a statement on this connection gets the same error.
        connection.await.ok();
    });
    // What is wrong is told, never changed.
    client
        .batch_execute("set default_transaction_read_only = on")
        .await?;
    Ok(client)
}

impl Report {
    async fn look(&mut self, client: &Client, config: &Config, scope: Scope) {
        self.take(server::AREA, server::version(client).await);
        self.take(server::AREA, server::preloaded(client).await);
        self.take(server::AREA, server::workers(client).await);
        self.take(server::AREA, server::durability(client).await);
        self.take(server::AREA, server::prepared(client).await);
        let extension = installation::extension(client, &config.database.url).await;
        self.take(installation::AREA, extension);
        if self.worst_of(installation::AREA) == Severity::Error {
            // Whatever else there is belongs to another version.
            return;
        }
        self.take(server::AREA, server::capture(client).await);
        self.take(installation::AREA, installation::adopted(client).await);
        self.take(privileges::AREA, privileges::roles(client).await);
        self.look_at_sources(client, config).await;
        self.take(clock::AREA, clock::skew(client).await);
        self.take(clock::AREA, clock::timezones(client).await);
        if scope.wake {
            self.take(wake::AREA, wake::measure(client, config).await);
        }
        self.take(daemons::AREA, daemons::daemons(client).await);
        self.take(channels::AREA, channels::state(client).await);
        self.take(channels::AREA, channels::tenants(client).await);
        let reached = channels::reached(client, config, scope.providers).await;
        self.take(channels::AREA, reached);
        self.take(queue::AREA, queue::overdue(client).await);
        self.take(queue::AREA, queue::attempted(client).await);
        self.take(queue::AREA, queue::missed(client).await);
        self.take(settings::AREA, settings::invalid(client).await);
        self.take(settings::AREA, settings::restricted(client).await);
        self.take(hygiene::AREA, hygiene::retention(client).await);
        self.take(hygiene::AREA, hygiene::snapshots(client).await);
        self.take(hygiene::AREA, hygiene::replication(client).await);
    }

    async fn look_at_sources(&mut self, client: &Client, config: &Config) {
        self.take(sources::AREA, sources::state(client).await);
        self.take(sources::AREA, sources::columns(client).await);
        self.take(sources::AREA, triggers::triggers(client).await);
        self.take(sources::AREA, sources::indexes(client).await);
        self.take(sources::AREA, sources::sweep(client).await);
        self.take(sources::AREA, sources::waiting(client).await);
        let asked = context::ask(config).await;
        let samples = match asked {
            Ok(asked) => {
                self.add_new(asked.findings);
                asked.samples
            }
            Err(error) => {
                self.take(sources::AREA, Err(error));
                std::collections::HashMap::new()
            }
        };
        self.take(templates::AREA, templates::wanted(client).await);
        self.take(templates::AREA, templates::rendered(client, &samples).await);
    }

    /// Takes findings, but those whose remedy another one tells already, which is as bad.
    fn add_new(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            let is_told = finding.remedy.is_some()
                && self.findings.iter().any(|known| {
                    known.remedy == finding.remedy && known.severity >= finding.severity
                });
            if !is_told || finding.severity == Severity::Error {
                self.findings.push(finding);
            }
        }
    }

    /// Takes what a check found. A right that is missing keeps only this check from being made.
    fn take(&mut self, area: &'static str, found: Result<Vec<Finding>, DatabaseError>) {
        match found {
            Ok(findings) => self.findings.extend(findings),
            Err(DatabaseError::PermissionDenied(cause)) => self.findings.push(Finding::info(
                area,
                format!("not looked at, for want of a right: {cause}"),
            )),
            Err(error) => self.findings.push(Finding::new(
                Severity::Error,
                area,
                format!("not looked at: {error}"),
                None,
            )),
        }
    }

    fn worst_of(&self, area: &str) -> Severity {
        let of_area = self.findings.iter().filter(|finding| finding.area == area);
        of_area
            .map(|finding| finding.severity)
            .max()
            .unwrap_or(Severity::Ok)
    }

    /// The findings by area, in the order in which the areas were looked at.
    pub fn areas(&self) -> Vec<(&'static str, Vec<&Finding>)> {
        let mut areas: Vec<(&'static str, Vec<&Finding>)> = Vec::new();
        for finding in &self.findings {
            match areas.iter_mut().find(|(area, _)| *area == finding.area) {
                Some((_, findings)) => findings.push(finding),
                None => areas.push((finding.area, vec![finding])),
            }
        }
        areas
    }

    /// How many there are as bad as this.
    pub fn count(&self, severity: Severity) -> usize {
        let alike = self.findings.iter();
        alike.filter(|finding| finding.severity == severity).count()
    }

    /// 0: nothing to mend; 1: warnings; 2: errors.
    pub fn exit_code(&self) -> u8 {
        let worst = self.findings.iter().map(|finding| finding.severity).max();
        match worst {
            Some(Severity::Error) => 2,
            Some(Severity::Warning) => 1,
            _ => 0,
        }
    }

    /// For programs.
    pub fn to_json(&self) -> Value {
        let findings: Vec<Value> = self.findings.iter().map(Finding::to_json).collect();
        json!({
            "findings": findings,
            "summary": {
                "ok": self.count(Severity::Ok),
                "info": self.count(Severity::Info),
                "warning": self.count(Severity::Warning),
                "error": self.count(Severity::Error),
                "exit_code": self.exit_code(),
            },
        })
    }
}
