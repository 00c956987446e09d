//! Signatures of deliveries: an HMAC over the body, written in hexadecimal.

use hmac::{KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};

/// Whether one of the secrets signed `body` with this signature. Compares in constant time.
pub(crate) fn is_signed<M: Mac + KeyInit>(
    body: &[u8],
    signature: &str,
    secrets: &[SecretString],
) -> bool {
    let Some(signature) = from_hex(signature.trim()) else {
        return false;
    };
    secrets.iter().any(|secret| {
        <M as KeyInit>::new_from_slice(secret.expose_secret().as_bytes())
            .is_ok_and(|mac| mac.chain_update(body).verify_slice(&signature).is_ok())
    })
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16)?).ok();
    let (pairs, rest) = text.as_bytes().as_chunks();
    if !rest.is_empty() {
        return None;
    }
    pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pairs_of_hexadecimal_digits_are_bytes() {
        assert_eq!(from_hex("00fFa9"), Some(vec![0, 255, 169]));
        assert_eq!(from_hex(""), Some(Vec::new()));
        for text in ["0", "0g", "+f", "0 ", "é", "sha256=00"] {
            assert_eq!(from_hex(text), None, "{text:?}");
        }
    }
}
