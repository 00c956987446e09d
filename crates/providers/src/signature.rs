//! Signatures of deliveries: an HMAC over the body as it came.

use hmac::{KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};

use crate::webhook::ProofError;

/// Compares `signature`, hexadecimal, with the MAC of `body` under each of `secrets`, in constant time. `M` is the MAC, such
/// as `Hmac<Sha256>`.
///
/// # Errors
/// [`ProofError::Wrong`] when none of the secrets gives this signature, which is so without any secret, too.
pub(crate) fn verify<M: Mac + KeyInit>(
    body: &[u8],
    signature: &str,
    secrets: &[SecretString],
) -> Result<(), ProofError> {
    let signature = hex::decode(signature.trim()).map_err(|_| ProofError::Wrong)?;
    if is_signed::<M>(body, &signature, secrets) {
        Ok(())
    } else {
        Err(ProofError::Wrong)
    }
}

/// Whether `signature` is the MAC of `signed` under one of `secrets`, compared in constant time.
pub(crate) fn is_signed<M: Mac + KeyInit>(
    signed: &[u8],
    signature: &[u8],
    secrets: &[SecretString],
) -> bool {
    secrets.iter().any(|secret| {
        let key = secret.expose_secret().as_bytes();
        // An empty secret is one that everybody knows.
        !key.is_empty()
            && <M as KeyInit>::new_from_slice(key)
                .is_ok_and(|mac| mac.chain_update(signed).verify_slice(signature).is_ok())
    })
}

#[cfg(test)]
mod tests {
    use hmac::Hmac;
    use sha2::{Sha256, Sha512};

    use super::*;

    /// Test case 2 of RFC 4231.
    const KEY: &str = "Jefe";
    const BODY: &[u8] = b"what do ya want for nothing?";
    const SHA256: &str = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    const SHA512: &str = "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
                          9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737";

    fn secrets(texts: &[&str]) -> Vec<SecretString> {
        texts.iter().map(|text| (*text).into()).collect()
    }

    /// C1: the vectors of RFC 4231; any of several secrets will do, so that they can be changed without a gap.
    #[test]
    fn a_signature_of_any_active_secret_is_right() {
        for known in [&[KEY] as &[_], &["old", KEY], &[KEY, "new"]] {
            let secrets = secrets(known);
            assert_eq!(verify::<Hmac<Sha256>>(BODY, SHA256, &secrets), Ok(()));
            assert_eq!(verify::<Hmac<Sha512>>(BODY, SHA512, &secrets), Ok(()));
        }
        let upper = SHA256.to_uppercase();
        assert_eq!(
            verify::<Hmac<Sha256>>(BODY, &upper, &secrets(&[KEY])),
            Ok(())
        );
    }

    #[test]
    fn every_other_signature_is_wrong() {
        let right = secrets(&[KEY]);
        for signature in ["", "00", "not hex", &SHA256[..62], SHA512] {
            let verdict = verify::<Hmac<Sha256>>(BODY, signature, &right);
            assert_eq!(verdict, Err(ProofError::Wrong), "{signature}");
        }
        for known in [&[] as &[_], &["Jeff"], &["", "Jeff"]] {
            let verdict = verify::<Hmac<Sha256>>(BODY, SHA256, &secrets(known));
            assert_eq!(verdict, Err(ProofError::Wrong));
        }
        let of_empty_key = hex::encode(
            <Hmac<Sha256> as KeyInit>::new_from_slice(b"")
                .unwrap()
                .chain_update(BODY)
                .finalize()
                .into_bytes(),
        );
        let verdict = verify::<Hmac<Sha256>>(BODY, &of_empty_key, &secrets(&[""]));
        assert_eq!(verdict, Err(ProofError::Wrong));
    }
}
