//! What proves a delivery, and what does not.

use axum::http::{HeaderMap, HeaderValue};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use zapgres_providers::{Delivery, ProofError, Secrets};

use super::webhook;

const FIRST: &str = "primeiro-segredo";
const SECOND: &str = "segundo-segredo";

const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
/// `{"iat":1764322000,"exp":1764322600,"app":"evolution","action":"webhook"}`
const CLAIMS: &str = "eyJpYXQiOjE3NjQzMjIwMDAsImV4cCI6MTc2NDMyMjYwMCwiYXBwIjoiZXZvbHV0aW9uIiwiYWN0aW9uIjoid2ViaG9vayJ9";
const SIGNED_BY_FIRST: &str = "Yq_BfPwIJPgi5X1ao2zQcjF6c4Eu2kUK2yxq4diimlQ";
const SIGNED_BY_SECOND: &str = "OyjonDxm_trqbS2cc6mb_LYaLIP0DW-UoSJv_08gck8";
const SIGNED_BY_NOTHING: &str = "iI6EyJTGpNWSz6RBxwNafPZ64SBhBW7Mj8IImm9y5tg";
/// `{"alg":"none","typ":"JWT"}`
const HEADER_NONE: &str = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
/// Signed by the first secret with another algorithm.
const HS512: &str = "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3NjQzMjIwMDAsImV4cCI6MTc2NDMyMjYwMCwiYXBwIjoiZXZvbHV0aW9uIiwiYWN0aW9uIjoid2ViaG9vayJ9.ZwTxJu51t9LMpdLrsFdxHLkLRXDmu2SJOUTkUgSFAW4BR08tjl1rKpvIdbpvclY2zxUUc6w3zRKhyYTd7KMpfQ";
/// Signed by the first secret for another application.
const OTHER_APPLICATION: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3NjQzMjIwMDAsImV4cCI6MTc2NDMyMjYwMCwiYXBwIjoib3V0cm8iLCJhY3Rpb24iOiJ3ZWJob29rIn0.fdXBQ4Wkdd6hzMk52dyasTmxGIiJ_WJEFfbT3TcdwfE";
/// Signed by the first secret, for ever.
const WITHOUT_END: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpYXQiOjE3NjQzMjIwMDAsImFwcCI6ImV2b2x1dGlvbiIsImFjdGlvbiI6IndlYmhvb2sifQ.x8qnxM5o7NcUnsWLh-LPFkT_ehxxMtQ5jyYW0__xDBc";

fn issued() -> DateTime<Utc> {
    DateTime::from_timestamp(1_764_322_000, 0).expect("a time")
}

fn secrets(pairs: &[(&str, &str)]) -> Secrets {
    let mut secrets = Secrets::default();
    for (name, secret) in pairs {
        secrets.add(name, SecretString::from(*secret));
    }
    secrets
}

fn verified_at(
    seconds: i64,
    headers: &[(&'static str, &str)],
    pairs: &[(&str, &str)],
) -> Result<(), ProofError> {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| {
            let name = name.parse().expect("a name of a header");
            (name, HeaderValue::from_str(value).expect("a value"))
        })
        .collect();
    let delivery = Delivery {
        headers: &headers,
        body: b"{}",
    };
    let now = issued() + TimeDelta::seconds(seconds);
    webhook().verify(&delivery, &secrets(pairs), now)
}

fn token_at(seconds: i64, token: &str, pairs: &[(&str, &str)]) -> Result<(), ProofError> {
    let value = format!("Bearer {token}");
    verified_at(seconds, &[("authorization", &value)], pairs)
}

fn good_token() -> String {
    format!("{HEADER}.{CLAIMS}.{SIGNED_BY_FIRST}")
}

const JWT: &[(&str, &str)] = &[("webhook_jwt", FIRST), ("webhook_jwt", SECOND)];
const WORD: &[(&str, &str)] = &[("webhook_header", FIRST), ("webhook_header", SECOND)];

#[test]
fn secrets_have_names() {
    assert_eq!(webhook().secret_names(), ["webhook_jwt", "webhook_header"]);
}

/// C1: without a secret the address is the proof.
#[test]
fn a_delivery_needs_no_proof_where_no_secret_is_set() {
    assert_eq!(verified_at(0, &[], &[]), Ok(()));
    assert_eq!(token_at(0, "nonsense", &[]), Ok(()));
}

/// C1: any active secret will do, so that they can be changed.
#[test]
fn a_token_is_good_with_any_active_secret() {
    let by_second = format!("{HEADER}.{CLAIMS}.{SIGNED_BY_SECOND}");
    for token in [good_token(), by_second.clone()] {
        assert_eq!(token_at(0, &token, JWT), Ok(()));
    }
    assert_eq!(token_at(0, &by_second, &JWT[..1]), Err(ProofError::Wrong));
}

/// C1: Evolution repeats a delivery for half an hour, with the token of the first time: what was told while we were away is
/// not lost because of that.
#[test]
fn a_token_gets_old_when_its_delivery_is_repeated_no_more() {
    for (seconds, expected) in [
        (-31, Err(ProofError::Old)),
        (-30, Ok(())),
        (599, Ok(())),
        (30 * 60, Ok(())),
        (40 * 60, Ok(())),
        (40 * 60 + 1, Err(ProofError::Old)),
        (86_400, Err(ProofError::Old)),
    ] {
        assert_eq!(token_at(seconds, &good_token(), JWT), expected, "{seconds}");
    }
}

#[test]
fn a_token_that_our_secret_has_not_signed_as_agreed_is_wrong() {
    let swapped = format!("{HEADER}.{CLAIMS}x.{SIGNED_BY_FIRST}");
    for token in [
        format!("{HEADER_NONE}.{CLAIMS}."),
        format!("{HEADER_NONE}.{CLAIMS}.{SIGNED_BY_FIRST}"),
        format!("{HEADER}.{CLAIMS}."),
        format!("{HEADER}.{CLAIMS}"),
        format!("{}=", good_token()),
        format!("x.{}", good_token()),
        swapped,
        HS512.to_owned(),
        OTHER_APPLICATION.to_owned(),
        WITHOUT_END.to_owned(),
        "..".to_owned(),
        String::new(),
    ] {
        assert_eq!(token_at(0, &token, JWT), Err(ProofError::Wrong), "{token}");
    }
}

/// A secret that came out empty would be known to everybody.
#[test]
fn an_empty_secret_proves_nothing() {
    let token = format!("{HEADER}.{CLAIMS}.{SIGNED_BY_NOTHING}");
    let told = token_at(0, &token, &[("webhook_jwt", "")]);
    assert_eq!(told, Err(ProofError::Wrong));
    let told = verified_at(0, &[("x-zapgres-secret", "")], &[("webhook_header", "")]);
    assert_eq!(told, Err(ProofError::Wrong));
}

#[test]
fn a_delivery_without_the_proof_is_told_apart_from_one_with_a_wrong_one() {
    assert_eq!(verified_at(0, &[], JWT), Err(ProofError::Missing));
    let basic = [("authorization", "Basic dTpw")];
    assert_eq!(verified_at(0, &basic, JWT), Err(ProofError::Missing));
    assert_eq!(verified_at(0, &[], WORD), Err(ProofError::Missing));
    for wrong in ["primeiro", "primeiro-segredo-", "Primeiro-segredo", ""] {
        let told = verified_at(0, &[("x-zapgres-secret", wrong)], WORD);
        assert_eq!(told, Err(ProofError::Wrong), "{wrong}");
    }
}

/// C1: a header of our own is the other proof; where both are set, either will do.
#[test]
fn the_word_in_our_header_is_a_proof() {
    for word in [FIRST, SECOND] {
        assert_eq!(verified_at(0, &[("x-zapgres-secret", word)], WORD), Ok(()));
    }
    let both = [("webhook_header", SECOND), ("webhook_jwt", FIRST)];
    assert_eq!(
        verified_at(0, &[("x-zapgres-secret", SECOND)], &both),
        Ok(())
    );
    assert_eq!(token_at(0, &good_token(), &both), Ok(()));
    let wrong = verified_at(0, &[("x-zapgres-secret", FIRST)], &both);
    assert_eq!(wrong, Err(ProofError::Wrong));
    assert_eq!(token_at(0, "x.y.z", &both), Err(ProofError::Wrong));
    assert_eq!(verified_at(0, &[], &both), Err(ProofError::Missing));
}
