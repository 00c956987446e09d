//! Rows of `zap.notification_logs`.

use chrono::{DateTime, Utc};

/// Level of a log row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Success,
    Error,
    Retry,
    Info,
}

impl Level {
    /// The text stored in the `level` column.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::Retry => "retry",
            Self::Info => "info",
        }
    }
}

/// One row to write.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LogRow {
    pub notification_id: i64,
    pub tenant_id: Option<String>,
    pub source_id: Option<i64>,
    pub channel_id: Option<i64>,
    pub level: Level,
    pub event: &'static str,
    /// What was decided: see `zap.why`.
    pub code: Option<&'static str>,
    /// Of a notification that was ready at the first look: time since its capture, which then has no row of its own.
    pub duration_ms: Option<i32>,
    pub detail: Option<String>,
    /// Time of the event; none: the time of writing.
    pub logged_at: Option<DateTime<Utc>>,
}

impl LogRow {
    /// A row of level info about a notification, without any detail.
    pub(crate) fn info(notification_id: i64, event: &'static str) -> Self {
        Self {
            notification_id,
            tenant_id: None,
            source_id: None,
            channel_id: None,
            level: Level::Info,
            event,
            code: None,
            duration_ms: None,
            detail: None,
            logged_at: None,
        }
    }
}
