//! Who a delivery is from.

use axum::http::HeaderMap;
use chrono::DateTime;
use zapgres_providers::{Delivery, ProofError, Secrets};

use super::webhook;

const BODY: &[u8] = br#"{"object":"whatsapp_business_account","entry":[]}"#;
/// `printf BODY | openssl dgst -sha256 -hmac 7b1e0c2f`
const SIGNATURE: &str = "sha256=7bf263cc1353b7268b5a0b4af06952e3196cdd1cad1929c1ade77725dd599479";

fn verdict(signature: Option<&str>, secrets: &[(&str, &str)]) -> Result<(), ProofError> {
    let mut headers = HeaderMap::new();
    if let Some(signature) = signature {
        headers.insert("x-hub-signature-256", signature.parse().expect("a header"));
    }
    let mut known = Secrets::default();
    for (name, secret) in secrets {
        known.add(name, (*secret).into());
    }
    let delivery = Delivery {
        headers: &headers,
        body: BODY,
    };
    webhook().verify(&delivery, &known, DateTime::UNIX_EPOCH)
}

/// C1: the signature is over the raw body; while a secret is changed, both are good.
#[test]
fn the_signature_of_an_active_app_secret_is_believed() {
    assert_eq!(webhook().secret_names(), ["app_secret"]);
    let app_secret = ("app_secret", "7b1e0c2f");
    for secrets in [&[app_secret] as &[_], &[("app_secret", "old"), app_secret]] {
        assert_eq!(verdict(Some(SIGNATURE), secrets), Ok(()));
    }
}

#[test]
fn anything_else_is_not() {
    let secrets = [("app_secret", "7b1e0c2f")];
    assert_eq!(verdict(None, &secrets), Err(ProofError::Missing));
    let cut = &SIGNATURE[..SIGNATURE.len() - 2];
    let sha1 = SIGNATURE.replace("sha256=", "sha1=");
    let bare = SIGNATURE.replace("sha256=", "");
    for signature in ["", "sha256=", cut, &sha1, &bare] {
        let verdict = verdict(Some(signature), &secrets);
        assert_eq!(verdict, Err(ProofError::Wrong), "{signature}");
    }
    let wrong = Err(ProofError::Wrong);
    assert_eq!(verdict(Some(SIGNATURE), &[("app_secret", "other")]), wrong);
    assert_eq!(
        verdict(Some(SIGNATURE), &[("verify_token", "7b1e0c2f")]),
        wrong
    );
    assert_eq!(verdict(Some(SIGNATURE), &[]), wrong);
}
