//! Adding a channel: a WhatsApp number of a tenant at one provider.

mod address;
mod health;
mod limits;
mod remove;
pub mod webhook;

use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Transaction};

use crate::database::DatabaseError;

pub(crate) use address::read_secrets;
pub use address::{StoredAddress, Unusable, load as load_address};
pub use health::look_now;
pub use limits::{Limits, WarmUp, parse_interval, parse_warm_up};
pub use remove::remove;

/// A channel that is to be added.
#[derive(Debug)]
pub struct NewChannel {
    /// Name that operators use, unique in the database.
    pub name: String,
    /// Company that owns it.
    pub tenant: String,
    /// Where its messages go.
    pub address: StoredAddress,
    /// Whether buttons and lists may become numbered text.
    pub degrade: bool,
    /// Whether the provider is asked about a number before the first message to it.
    pub look_up: bool,
    /// Higher is tried first among the tenant's channels.
    pub priority: i16,
    /// Only for messages of this purpose; none: for all.
    pub purpose: Option<String>,
    /// How much it may send.
    pub limits: Limits,
}

/// What adding a channel did besides.
#[derive(Debug)]
pub struct Added {
    /// Whether its tenant was unknown until now.
    pub tenant_created: bool,
}

/// Why a channel can't be added.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// The name is taken.
    #[error(
        "there is a channel {0} already; choose another name, or change that one in zap.channel"
    )]
    Duplicate(String),
    /// The rate does not fit its column.
    #[error("a rate of {0} a minute is more than can be kept; give a smaller one")]
    Rate(u32),
    /// The database did not take it.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Reads the address of a provider's API and returns it without a slash at its end.
///
/// # Errors
/// A sentence that says what an address must be like; it does not repeat the address, which may contain a secret.
pub fn parse_base_url(text: &str) -> Result<String, String> {
    let url = reqwest::Url::parse(text.trim()).map_err(|error| {
        format!("not a URL ({error}): write it like https://evolution.example.com")
    })?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("the URL must begin with https:// or http:// and name a host".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "the URL must contain no user or password: they belong into --credential".to_owned(),
        );
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("the URL must end with the path: without ? and #".to_owned());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Reads a name: something to see, on one line.
///
/// # Errors
/// What a name must be like.
pub fn parse_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > 100 || name.contains(char::is_control) {
        return Err("a name has 1 to 100 characters, on one line".to_owned());
    }
    Ok(name.to_owned())
}

/// Reads a purpose: a word in lower case.
///
/// # Errors
/// What a purpose must be like.
pub fn parse_purpose(text: &str) -> Result<String, String> {
    let is_word = text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if is_word {
        Ok(text.to_owned())
    } else {
        Err("a purpose is a word such as kitchen: a to z, 0 to 9 and _".to_owned())
    }
}

/// Adds `channel`, and its tenant if that is unknown; a running daemon learns of it at once.
///
/// # Errors
/// [`ChannelError::Duplicate`], or what the database had against it. Nothing was added then.
pub async fn add(client: &mut Client, channel: &NewChannel) -> Result<Added, ChannelError> {
    let transaction = client.transaction().await.map_err(DatabaseError::from)?;
    let tenant_created = add_tenant(&transaction, &channel.tenant).await?;
    insert_channel(&transaction, channel).await?;
    wake(&transaction).await?;
    transaction.commit().await.map_err(DatabaseError::from)?;
    Ok(Added { tenant_created })
}

async fn add_tenant(transaction: &Transaction<'_>, tenant: &str) -> Result<bool, DatabaseError> {
    let added = transaction
        .execute(
            "-- add_tenant
            insert into zap.tenant (id) values ($1) on conflict (id) do nothing",
            &[&tenant],
        )
        .await?;
    Ok(added > 0)
}

async fn insert_channel(
    transaction: &Transaction<'_>,
    channel: &NewChannel,
) -> Result<(), ChannelError> {
    let (address, limits) = (&channel.address, &channel.limits);
    let rate = limits
        .rate_per_minute
        .map(|rate| i32::try_from(rate).map_err(|_| ChannelError::Rate(rate)))
        .transpose()?;
    let (shortest, longest) = (limits.delay.0.as_secs_f64(), limits.delay.1.as_secs_f64());
    let recipient_interval = limits.recipient_interval.map(|time| time.as_secs_f64());
    let inserted = transaction
        .execute(
            "-- insert_channel
            insert into zap.channel
                (name, tenant_id, provider, base_url, instance, credential, rate_per_minute, delay_min, delay_max,
                rate_per_second, recipient_interval, recipient_burst, daily_cap, warm_up_from, warm_up_days, share, priority, secrets, options,
                degrade, look_up, purpose)
            values
                ($1, $2, $3, $4, $5, $6, $7, pg_catalog.make_interval(secs => $8), pg_catalog.make_interval(secs => $9),
                $10, pg_catalog.make_interval(secs => $11), $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)",
            &[
                &channel.name,
                &channel.tenant,
                &address.provider,
                &address.base_url,
                &address.instance,
                &address.credential,
                &rate,
                &shortest,
                &longest,
                &limits.rate_per_second,
                &recipient_interval,
                &limits.recipient_burst,
                &limits.daily_cap,
                &limits.warm_up.map(|warm_up| warm_up.from),
                &limits.warm_up.map(|warm_up| warm_up.days),
                &limits.share,
                &channel.priority,
                &address.secrets,
                &address.options,
                &channel.degrade,
                &channel.look_up,
                &channel.purpose,
            ],
        )
        .await;
    match inserted {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
            Err(ChannelError::Duplicate(channel.name.clone()))
        }
        Err(error) => Err(DatabaseError::from(error).into()),
    }
}

async fn wake(transaction: &Transaction<'_>) -> Result<(), DatabaseError> {
    transaction
        .execute("-- wake\nselect pg_catalog.pg_notify('zapgres', '')", &[])
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_loses_its_last_slash() {
        let url = parse_base_url("https://evolution.example.com/api/");
        assert_eq!(url.as_deref(), Ok("https://evolution.example.com/api"));
        assert_eq!(
            parse_base_url("http://127.0.0.1:8899").as_deref(),
            Ok("http://127.0.0.1:8899")
        );
    }

    #[test]
    fn an_address_that_is_no_http_url_is_refused_without_being_repeated() {
        for text in [
            "evolution.example.com",
            "ftp://h/x",
            "https://ana:segredo@h",
            "https://h/?k=segredo",
        ] {
            let error = parse_base_url(text).unwrap_err();
            assert!(!error.contains("segredo") && !error.is_empty(), "{error}");
        }
    }

    #[test]
    fn a_name_is_something_to_see() {
        assert_eq!(parse_name(" loja 1 ").as_deref(), Ok("loja 1"));
        assert!(parse_name(" ").is_err());
        assert!(parse_name("a\nb").is_err());
    }
}
