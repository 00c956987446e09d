//! Addresses to which a channel's provider delivers: the secret in them is known to the provider alone.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use tokio_postgres::Client;

use crate::database::DatabaseError;

/// Randomness of a token: nobody guesses 256 bits.
pub const TOKEN_BYTES: usize = 32;

/// The secret part of an address, made of these random bytes, as it is written in a URL.
#[must_use]
pub fn token(random: [u8; TOKEN_BYTES]) -> String {
    URL_SAFE_NO_PAD.encode(random)
}

/// What is kept of a token.
#[must_use]
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Adds an address for the channel and returns its token, which is shown once and kept nowhere.
///
/// # Errors
/// What the database had against it.
pub async fn add(
    client: &Client,
    channel_id: i64,
    random: [u8; TOKEN_BYTES],
) -> Result<String, DatabaseError> {
    let token = token(random);
    client
        .execute(
            "-- add
            insert into zap.channel_webhook (token_hash, channel_id) values ($1, $2)",
            &[&hash(&token).as_slice(), &channel_id],
        )
        .await?;
    Ok(token)
}

/// Revokes all addresses of the channel but the one with this token, and returns how many there were.
///
/// # Errors
/// What the database had against it.
pub async fn revoke_others(
    client: &Client,
    channel_id: i64,
    token: &str,
) -> Result<u64, DatabaseError> {
    let revoked = client
        .execute(
            "-- revoke_others
            delete from zap.channel_webhook as w where w.channel_id = $1 and w.token_hash <> $2",
            &[&channel_id, &hash(token).as_slice()],
        )
        .await?;
    Ok(revoked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_needs_no_escapes_in_a_url() {
        let token = token([0xff; TOKEN_BYTES]);
        assert_eq!(token.len(), 43);
        assert!(
            token
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || "-_".contains(character))
        );
    }

    /// C1: the database of whoever steals it has no addresses in it.
    #[test]
    fn what_is_kept_is_a_hash() {
        let sha256_of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let hash = hash("abc").map(|byte| format!("{byte:02x}")).concat();
        assert_eq!(hash, sha256_of_abc);
    }
}
