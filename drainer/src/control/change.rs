//! Canceling, retrying, resending.

use tokio_postgres::Client;
use tokio_postgres::types::Json;

use super::{ControlError, Filter};

/// What is done to a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Withdraw it.
    Cancel,
    /// Take it up again; many of them at most at this rate.
    Retry {
        /// So many are due in a minute; none: all at once.
        per_minute: Option<i32>,
    },
    /// Send it once more, as a new one.
    Resend,
}

impl Action {
    /// Its name in filters.
    const fn name(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Retry { .. } => "retry",
            Self::Resend => "resend",
        }
    }
}

/// Does it to all of `ids` or to none, and returns the notifications: those it was done to, or the new ones.
///
/// # Errors
/// What was refused.
pub async fn change(
    client: &mut Client,
    action: Action,
    ids: &[i64],
) -> Result<Vec<i64>, ControlError> {
    let sql = match action {
        Action::Cancel => "-- change: cancel\nselect zap.cancel($1)",
        Action::Retry { .. } => "-- change: retry\nselect zap.retry($1)",
        Action::Resend => "-- change: resend\nselect zap.resend($1)",
    };
    let transaction = client.transaction().await?;
    let mut changed = Vec::with_capacity(ids.len());
    for id in ids {
        changed.push(transaction.query_one(sql, &[id]).await?.get(0));
    }
    transaction.commit().await?;
    Ok(changed)
}

/// How many notifications it would be done to.
///
/// # Errors
/// What the filter cannot mean.
pub async fn count(client: &Client, action: Action, filter: &Filter) -> Result<i64, ControlError> {
    let row = client
        .query_one(
            "-- count\nselect zap.count_matching($1, $2)",
            &[&Json(filter), &action.name()],
        )
        .await?;
    Ok(row.get(0))
}

/// Does it to the `expected` notifications that match.
///
/// # Errors
/// [`ControlError::CountChanged`] when another number matches by now, or what else was refused.
pub async fn change_matching(
    client: &Client,
    action: Action,
    filter: &Filter,
    expected: i64,
) -> Result<i64, ControlError> {
    let filter = Json(filter);
    let row = match action {
        Action::Cancel => {
            let sql = "-- change_matching: cancel\nselect zap.cancel_matching($1, $2)";
            client.query_one(sql, &[&filter, &expected]).await
        }
        Action::Retry { per_minute } => {
            let sql = "-- change_matching: retry\nselect zap.retry_matching($1, $2, $3)";
            client
                .query_one(sql, &[&filter, &expected, &per_minute])
                .await
        }
        Action::Resend => {
            let sql = "-- change_matching: resend\nselect zap.resend_matching($1, $2)";
            client.query_one(sql, &[&filter, &expected]).await
        }
    }?;
    Ok(row.get(0))
}
