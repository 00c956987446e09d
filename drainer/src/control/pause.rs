//! Pausing and resuming.

use tokio_postgres::Client;

use super::ControlError;

/// What can be paused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thing {
    /// A channel, by its name.
    Channel(String),
    /// A company, by its id.
    Tenant(String),
    /// An attached table, of one event or all.
    Source {
        /// The table.
        relation: String,
        /// The event.
        event: Option<String>,
    },
}

/// Whether a pause begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paused {
    /// Notifications wait from now on.
    Begin,
    /// They no longer do.
    End,
}

/// Pauses or resumes it; false: it was so already.
///
/// # Errors
/// What was refused.
pub async fn set_pause(
    client: &Client,
    thing: &Thing,
    paused: Paused,
) -> Result<bool, ControlError> {
    let row = match (thing, paused) {
        (Thing::Channel(name), Paused::Begin) => {
            let sql = "-- set_pause: channel\nselect zap.pause_channel($1)";
            client.query_one(sql, &[name]).await
        }
        (Thing::Channel(name), Paused::End) => {
            let sql = "-- set_pause: channel\nselect zap.resume_channel($1)";
            client.query_one(sql, &[name]).await
        }
        (Thing::Tenant(id), Paused::Begin) => {
            let sql = "-- set_pause: tenant\nselect zap.pause_tenant($1)";
            client.query_one(sql, &[id]).await
        }
        (Thing::Tenant(id), Paused::End) => {
            let sql = "-- set_pause: tenant\nselect zap.resume_tenant($1)";
            client.query_one(sql, &[id]).await
        }
        (Thing::Source { relation, event }, Paused::Begin) => {
            let sql = "-- set_pause: source\nselect zap.pause_source($1, $2)";
            client.query_one(sql, &[relation, event]).await
        }
        (Thing::Source { relation, event }, Paused::End) => {
            let sql = "-- set_pause: source\nselect zap.resume_source($1, $2)";
            client.query_one(sql, &[relation, event]).await
        }
    }?;
    Ok(row.get(0))
}
