//! Having a channel's health looked at.

use tokio_postgres::Client;

use crate::database::DatabaseError;

/// Lets whoever sends for the channel of that name ask its provider at once whether the number is connected.
///
/// # Errors
/// What the database had against it.
pub async fn look_now(client: &Client, name: &str) -> Result<(), DatabaseError> {
    let sql = "-- look_now
        update zap.channel_health as h
        set health_due_at = pg_catalog.clock_timestamp()
        from zap.channel as c
        where c.name = $1 and h.channel_id = c.id";
    client.execute(sql, &[&name]).await?;
    Ok(())
}
