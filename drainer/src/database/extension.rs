//! Whether the database has the extension, in a version that this program works with.

use std::cmp::Ordering;

use tokio_postgres::Client;

use super::DatabaseError;
use crate::config::DatabaseUrl;

/// Extension and program are released together, under one version.
const PROGRAM_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Checks that the extension is installed and of this program's version.
///
/// # Errors
/// [`DatabaseError::ExtensionMissing`], [`DatabaseError::ExtensionOlder`], [`DatabaseError::ExtensionNewer`], or what
/// kept the question from being answered.
pub async fn check_extension(client: &Client, url: &DatabaseUrl) -> Result<(), DatabaseError> {
    let row = client
        .query_opt(
            "-- check_extension
            select e.extversion from pg_catalog.pg_extension as e where e.extname = 'zapgres'",
            &[],
        )
        .await?
        .ok_or_else(|| DatabaseError::ExtensionMissing(url.database().to_owned()))?;
    compare(row.get(0))
}

fn compare(extension: String) -> Result<(), DatabaseError> {
    let program = PROGRAM_VERSION;
    match numbers(&extension).cmp(&numbers(program)) {
        Ordering::Equal => Ok(()),
        Ordering::Less => Err(DatabaseError::ExtensionOlder { extension, program }),
        Ordering::Greater => Err(DatabaseError::ExtensionNewer { extension, program }),
    }
}

/// `1.10.0` as numbers, so that it sorts after `1.9.2`.
fn numbers(version: &str) -> Vec<u64> {
    version
        .split(['.', '-', '+'])
        .map_while(|part| part.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_programs_own_version_fits() {
        assert_eq!(compare(PROGRAM_VERSION.to_owned()), Ok(()));
    }

    #[test]
    fn an_older_extension_is_to_be_updated() {
        let error = compare("0.0.9".to_owned()).unwrap_err().to_string();
        assert!(error.contains("ALTER EXTENSION zapgres UPDATE"), "{error}");
    }

    #[test]
    fn a_newer_extension_asks_for_a_newer_program() {
        let error = compare("10.0.0".to_owned()).unwrap_err().to_string();
        assert!(error.contains("install zapgres 10.0.0"), "{error}");
    }

    #[test]
    fn versions_compare_as_numbers() {
        assert!(numbers("1.10.0") > numbers("1.9.2"));
    }
}
