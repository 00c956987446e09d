//! Rows of `zap.notification_logs`.

use chrono::{DateTime, Utc};
use serde::Serialize;

/// Level of a log row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
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

/// One row to write. Field names are those of the columns, as `jsonb_to_recordset` matches them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct LogRow {
    pub notification_id: i64,
    pub tenant_id: Option<String>,
    pub source_id: Option<i64>,
    pub channel_id: Option<i64>,
    pub level: Level,
    pub event: &'static str,
    pub attempt: Option<i32>,
    pub duration_ms: Option<i32>,
    pub error_class: Option<&'static str>,
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
            attempt: None,
            duration_ms: None,
            error_class: None,
            detail: None,
            logged_at: None,
        }
    }
}
