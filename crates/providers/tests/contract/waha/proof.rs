//! Which deliveries are believed to come from WAHA.

use axum::http::HeaderMap;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use secrecy::SecretString;
use zapgres_providers::{Delivery, ProofError, Secrets, registered};

/// The vector of WAHA's documentation: this key signs this body with this signature.
const KEY: &str = "my-secret-key";
const BODY: &str = r#"{"event":"message","session":"default","engine":"WEBJS"}"#;
const SIGNATURE: &str = "208f8a55dde9e05519e898b10b89bf0d0b3b0fdf11fdbf09b6b90476301b98d8097c462b2b17a6ce93b6b47a136cf2e78a33a63f6752c2c1631777076153fa89";

/// A body with its own time, which is 2026-11-28T12:00:00Z, and the signature of that same key (made with openssl).
const TIMED_BODY: &str = r#"{"event":"message","timestamp":1795867200000,"session":"default"}"#;
const TIMED_SIGNATURE: &str = "87857467aba40bf7f6226a5c453c56eb4e9654c6097b4e7c6c1da49197bcc95236afdaedadad22dc52c0564c1fef007fca93b951c55ea047cf871809063794b2";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_867_200, 0).expect("a time")
}

fn milliseconds(time: DateTime<Utc>) -> String {
    time.timestamp_millis().to_string()
}

fn headers(signature: &str, timestamp: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("x-webhook-hmac", signature),
        ("x-webhook-timestamp", timestamp),
    ] {
        if !value.is_empty() {
            headers.insert(name, value.parse().expect("a header"));
        }
    }
    headers
}

fn verified(headers: &HeaderMap, body: &str, keys: &[&str]) -> Result<(), ProofError> {
    let mut secrets = Secrets::default();
    for key in keys {
        secrets.add("hmac_key", SecretString::from(*key));
    }
    let body = body.as_bytes();
    webhook().verify(&Delivery { headers, body }, &secrets, now())
}

fn webhook() -> &'static dyn zapgres_providers::Webhook {
    let waha = registered("waha").expect("waha is there");
    waha.webhook.expect("it delivers")
}

/// C1: the signature over the bytes as they came proves the sender.
#[test]
fn the_documented_signature_is_believed() {
    let headers = headers(SIGNATURE, &milliseconds(now()));
    assert_eq!(verified(&headers, BODY, &[KEY]), Ok(()));
    assert_eq!(webhook().secret_names(), ["hmac_key"]);
}

/// C1: keys are changed one after the other, and both are good meanwhile.
#[test]
fn any_of_several_active_keys_may_have_signed() {
    let headers = headers(SIGNATURE, &milliseconds(now()));
    assert_eq!(verified(&headers, BODY, &["new", KEY]), Ok(()));
    assert_eq!(verified(&headers, BODY, &[KEY, "new"]), Ok(()));
    let strangers = verified(&headers, BODY, &["new", "older"]);
    assert_eq!(strangers, Err(ProofError::Wrong));
}

#[test]
fn without_a_key_the_secret_in_the_address_is_the_proof() {
    assert_eq!(verified(&HeaderMap::new(), BODY, &[]), Ok(()));
}

/// C1
#[test]
fn what_nobody_or_somebody_else_signed_is_refused() {
    let time = milliseconds(now());
    let missing = verified(&headers("", &time), BODY, &[KEY]);
    assert_eq!(missing, Err(ProofError::Missing));
    let upper_half = &SIGNATURE[..64];
    let not_hexadecimal = SIGNATURE.replace('0', "g");
    let other = SIGNATURE.replace("20", "21");
    for signature in [upper_half, &not_hexadecimal, &other, "+2", "sha512="] {
        let refused = verified(&headers(signature, &time), BODY, &[KEY]);
        assert_eq!(refused, Err(ProofError::Wrong), "{signature}");
    }
    let changed = verified(
        &headers(SIGNATURE, &time),
        &BODY.replace("WEBJS", "NOWEB"),
        &[KEY],
    );
    assert_eq!(changed, Err(ProofError::Wrong));
}

/// C2: WAHA tries for hours to deliver, with the time of the first try.
#[test]
fn a_delivery_may_come_late_but_not_days_later() {
    for (age, outcome) in [
        (TimeDelta::minutes(-4), Ok(())),
        (TimeDelta::hours(18), Ok(())),
        (TimeDelta::minutes(-6), Err(ProofError::Old)),
        (TimeDelta::hours(25), Err(ProofError::Old)),
    ] {
        let headers = headers(SIGNATURE, &milliseconds(now() - age));
        assert_eq!(verified(&headers, BODY, &[KEY]), outcome, "{age}");
    }
}

#[test]
fn a_delivery_without_any_time_could_be_repeated_for_ever() {
    for timestamp in ["", "soon", "99999999999999999999", "9223372036854775807"] {
        let refused = verified(&headers(SIGNATURE, timestamp), BODY, &[KEY]);
        assert_eq!(refused, Err(ProofError::Missing), "{timestamp}");
    }
}

/// The header's time is not signed: whoever repeats a delivery can write another.
#[test]
fn the_signed_time_counts_more_than_the_header() {
    let lately = headers(TIMED_SIGNATURE, &milliseconds(now()));
    assert_eq!(verified(&lately, TIMED_BODY, &[KEY]), Ok(()));
    let without = headers(TIMED_SIGNATURE, "");
    assert_eq!(verified(&without, TIMED_BODY, &[KEY]), Ok(()));
    let mut secrets = Secrets::default();
    secrets.add("hmac_key", SecretString::from(KEY));
    let much_later = now() + TimeDelta::days(2);
    let forged = headers(TIMED_SIGNATURE, &milliseconds(much_later));
    let delivery = Delivery {
        headers: &forged,
        body: TIMED_BODY.as_bytes(),
    };
    let refused = webhook().verify(&delivery, &secrets, much_later);
    assert_eq!(refused, Err(ProofError::Old));
}

proptest! {
    /// C1
    #[test]
    fn no_header_and_no_body_makes_the_check_panic(
        signature in "[ -~]{0,140}", timestamp in "[ -~]{0,30}", body in any::<Vec<u8>>(),
    ) {
        let headers = headers(&signature, &timestamp);
        let mut secrets = Secrets::default();
        secrets.add("hmac_key", SecretString::from(KEY));
        let delivery = Delivery { headers: &headers, body: &body };
        prop_assert!(webhook().verify(&delivery, &secrets, now()).is_err());
    }
}
