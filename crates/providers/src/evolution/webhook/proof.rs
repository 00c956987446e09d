//! What proves that a delivery comes from the Evolution API server that was told to deliver.
//!
//! There is no signature over the body: the proof is a JWT (HS256, `{"iat", "exp", "app": "evolution", "action": "webhook"}`,
//! good for ten minutes) or a word in a header.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use hmac::Hmac;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::SECRET_HEADER;
use crate::signature;
use crate::webhook::ProofError;

/// How far the server's clock may be from ours.
const LEEWAY_SECONDS: i64 = 30;
/// A delivery that is repeated has the token of its first try: with ten tries, the pauses between them up to five minutes and
/// up to 30 s for each answer, half an hour after it. What comes twice within that time is known again by the ids of messages.
const REPEATED_FOR_SECONDS: i64 = 30 * 60;

#[derive(Deserialize)]
struct Header {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    app: String,
    /// Seconds since 1970.
    exp: i64,
    iat: Option<i64>,
}

/// Compares the word in our header with every secret.
pub(super) fn word(headers: &HeaderMap, secrets: &[SecretString]) -> Result<(), ProofError> {
    let given = headers.get(SECRET_HEADER).ok_or(ProofError::Missing)?;
    // Every secret is compared, so that the time taken does not tell which of them fits.
    let fits = secrets.iter().fold(false, |fits, secret| {
        let secret = secret.expose_secret().as_bytes();
        let same: bool = given.as_bytes().ct_eq(secret).into();
        fits | (same && !secret.is_empty())
    });
    if fits { Ok(()) } else { Err(ProofError::Wrong) }
}

/// Compares the signature of the token with every secret, then looks at what it says.
pub(super) fn token(
    headers: &HeaderMap,
    secrets: &[SecretString],
    now: DateTime<Utc>,
) -> Result<(), ProofError> {
    let given = headers.get(AUTHORIZATION).ok_or(ProofError::Missing)?;
    let token = given
        .to_str()
        .ok()
        .and_then(|text| text.strip_prefix("Bearer "))
        .ok_or(ProofError::Missing)?;
    let claims = signed_claims(token.trim(), secrets).ok_or(ProofError::Wrong)?;
    if claims.app != "evolution" {
        return Err(ProofError::Wrong);
    }
    let now = now.timestamp();
    let expired = claims.exp.saturating_add(REPEATED_FOR_SECONDS) < now;
    let from_the_future = claims
        .iat
        .is_some_and(|at| at.saturating_sub(LEEWAY_SECONDS) > now);
    if expired || from_the_future {
        return Err(ProofError::Old);
    }
    Ok(())
}

/// What the token says, where one of the secrets has signed it.
fn signed_claims(token: &str, secrets: &[SecretString]) -> Option<Claims> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    // The algorithm is ours to choose: a token that names another one, or `none`, is no proof.
    (decoded::<Header>(header)?.alg == "HS256").then_some(())?;
    signature::is_signed::<Hmac<Sha256>>(signed.as_bytes(), &signature, secrets)
        .then(|| decoded(claims))?
}

fn decoded<T: DeserializeOwned>(part: &str) -> Option<T> {
    let json = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&json).ok()
}
