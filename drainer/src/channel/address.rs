//! Where a channel's messages go, as its row says, and with the secrets that the row refers to.

use secrecy::SecretString;
use serde_json::Value;
use tokio_postgres::{Client, Row};
use zapgres_core::credential::CredentialReference;
use zapgres_providers::{ChannelAddress, Options, Secrets};

use crate::credential;
use crate::database::DatabaseError;

/// Columns of `zap.channel` that say where messages go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAddress {
    /// Name of the provider.
    pub provider: String,
    /// Beginning of its URLs.
    pub base_url: String,
    /// Its name of the number.
    pub instance: String,
    /// Reference of the secret, never the secret.
    pub credential: String,
    /// References of further secrets, by name: one, or an array.
    pub secrets: Value,
    /// What only the provider knows.
    pub options: Value,
}

/// Why a channel cannot be used; one line for operators, without the secret.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub String);

impl StoredAddress {
    /// The columns of a row that has them all.
    pub(crate) fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            provider: row.try_get("provider")?,
            base_url: row.try_get("base_url")?,
            instance: row.try_get("instance")?,
            credential: row.try_get("credential")?,
            secrets: row.try_get("secrets")?,
            options: row.try_get("options")?,
        })
    }

    /// The address with its secrets, read anew.
    /// `seal_key` names the key of sealed ones.
    pub fn open(&self, seal_key: Option<&CredentialReference>) -> Result<ChannelAddress, Unusable> {
        Ok(ChannelAddress {
            base_url: self.base_url.clone(),
            instance: self.instance.clone(),
            credential: read_secret(&self.credential, seal_key)?,
            secrets: read_secrets(&self.secrets, seal_key)?,
            options: Options(self.options.as_object().cloned().unwrap_or_default()),
        })
    }
}

/// The address of the channel of that name, and its id; none: there is no such channel.
pub async fn load(
    client: &Client,
    name: &str,
) -> Result<Option<(i64, StoredAddress)>, DatabaseError> {
    let sql = "-- load_address
        select c.id, c.provider, c.base_url, c.instance, c.credential, c.secrets, c.options
        from zap.channel as c
        where c.name = $1";
    let row = client.query_opt(sql, &[&name]).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some((row.try_get("id")?, StoredAddress::from_row(&row)?)))
}

/// Each name has one reference, or an array of them.
pub(crate) fn read_secrets(
    references: &Value,
    seal_key: Option<&CredentialReference>,
) -> Result<Secrets, Unusable> {
    let mut secrets = Secrets::default();
    for (name, value) in references.as_object().into_iter().flatten() {
        let several = value
            .as_array()
            .map_or(std::slice::from_ref(value), Vec::as_slice);
        for reference in several {
            let reference = reference.as_str().unwrap_or_default();
            let secret = read_secret(reference, seal_key)
                .map_err(|error| Unusable(format!("secret {name}: {error}")))?;
            secrets.add(name, secret);
        }
    }
    Ok(secrets)
}

fn read_secret(
    reference: &str,
    seal_key: Option<&CredentialReference>,
) -> Result<SecretString, Unusable> {
    let reference: CredentialReference = reference
        .parse()
        .map_err(|error| Unusable(format!("{error}")))?;
    credential::read(&reference, seal_key, &|name| std::env::var_os(name))
        .map_err(|error| Unusable(error.to_string()))
}
