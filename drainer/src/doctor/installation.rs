//! The extension in this database, and whether this is the database that is meant to send.

use tokio_postgres::Client;

use super::finding::Finding;
use crate::config::DatabaseUrl;
use crate::database::{self, DatabaseError};
use crate::installation;

/// Area of these findings.
pub const AREA: &str = "installation";

/// Whether the extension is there, and of this program's version.
pub async fn extension(client: &Client, url: &DatabaseUrl) -> Result<Vec<Finding>, DatabaseError> {
    let remedy = match database::check_extension(client, url).await {
        Ok(()) => {
            let what = format!(
                "extension and program are version {}",
                env!("CARGO_PKG_VERSION")
            );
            return Ok(vec![Finding::ok(AREA, what)]);
        }
        Err(error @ DatabaseError::ExtensionMissing(_)) => {
            (error, "create extension zapgres;".to_owned())
        }
        Err(error @ DatabaseError::ExtensionOlder { .. }) => {
            (error, "alter extension zapgres update;".to_owned())
        }
        Err(DatabaseError::ExtensionNewer { extension, program }) => {
            let remedy = format!("install zapgres {extension} here");
            (DatabaseError::ExtensionNewer { extension, program }, remedy)
        }
        Err(error) => return Err(error),
    };
    Ok(vec![Finding::error(AREA, remedy.0.to_string(), remedy.1)])
}

/// Whether the database is the recorded one, not a copy.
pub async fn adopted(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    let finding = match installation::difference(client).await? {
        None => Finding::ok(AREA, "this is the database that is meant to send"),
        Some(_) if is_fresh(client).await? => Finding::info(
            AREA,
            "no daemon has run here yet; the first one records that this is the database that sends",
        ),
        Some(difference) => Finding::error(
            AREA,
            format!("this database was restored or copied ({difference}): nothing is sent"),
            "zapgres adopt",
        ),
    };
    Ok(vec![finding])
}

/// Whether a daemon would record the installation by itself.
async fn is_fresh(client: &Client) -> Result<bool, DatabaseError> {
    let row = client
        .query_one(
            "-- is_fresh
            select not exists (select from zap.installation) and not exists (select from zap.notification_logs)",
            &[],
        )
        .await?;
    Ok(row.get(0))
}
