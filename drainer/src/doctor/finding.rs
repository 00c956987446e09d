//! What was found, and how bad it is.

use serde_json::{Value, json};
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;

use crate::database::DatabaseError;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Worth knowing.
    Info,
    /// Something does not work as well as it could, or will not.
    Warning,
    /// Messages are not sent, or orders not noticed.
    Error,
}

impl Severity {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    fn named(name: &str) -> Self {
        match name {
            "ok" => Self::Ok,
            "info" => Self::Info,
            "warning" => Self::Warning,
            _ => Self::Error,
        }
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub area: &'static str,
    /// One line.
    pub what: String,
    /// The command or SQL that mends it.
    pub remedy: Option<String>,
}

impl Finding {
    /// As it should be.
    pub fn ok(area: &'static str, what: impl Into<String>) -> Self {
        Self::new(Severity::Ok, area, what, None)
    }

    /// Worth knowing.
    pub fn info(area: &'static str, what: impl Into<String>) -> Self {
        Self::new(Severity::Info, area, what, None)
    }

    /// Something to mend before it hurts.
    pub fn warning(area: &'static str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Severity::Warning, area, what, Some(remedy.into()))
    }

    /// Something to mend now.
    pub fn error(area: &'static str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(Severity::Error, area, what, Some(remedy.into()))
    }

    /// Any of them.
    pub fn new(
        severity: Severity,
        area: &'static str,
        what: impl Into<String>,
        remedy: Option<String>,
    ) -> Self {
        let what: String = what.into();
        Self {
            severity,
            area,
            what: what.split_whitespace().collect::<Vec<_>>().join(" "),
            remedy,
        }
    }

    /// For programs.
    pub fn to_json(&self) -> Value {
        json!({
            "severity": self.severity.as_str(),
            "area": self.area,
            "what": self.what,
            "remedy": self.remedy,
        })
    }
}

/// The findings that a query makes: severity, what, remedy.
pub async fn found(
    client: &Client,
    area: &'static str,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Finding>, DatabaseError> {
    let rows = client.query(sql, parameters).await?;
    let findings = rows.iter().map(|row| {
        let severity = Severity::named(row.try_get("severity")?);
        let what: String = row.try_get("what")?;
        Ok(Finding::new(severity, area, what, row.try_get("remedy")?))
    });
    findings.collect()
}
