//! Sealing: a secret encrypted with ChaCha20-Poly1305 (RFC 8439) under a key of 32 bytes.
//!
//! A sealed secret is the base64 of nonce, ciphertext and tag. Nonces are random: with 96 bits, two of a billion secrets under
//! one key have the same with a probability below one in ten billion.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use secrecy::{ExposeSecret, SecretString};

const KEY_BYTES: usize = 32;

/// What a nonce is made of; never the same twice under one key.
pub type NonceBytes = [u8; NONCE_LEN];

/// A key to seal secrets with, and to open them.
pub struct SealKey(LessSafeKey);

/// Why a secret cannot be sealed or opened. Never contains it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The key is no key.
    #[error("the seal key is not 32 bytes in base64; make one with zapgres seal --new-key")]
    Key,
    /// What was sealed is not complete.
    #[error("the sealed credential is damaged; copy all that zapgres seal printed")]
    Damaged,
    /// Another key, or a changed text.
    #[error(
        "the sealed credential was not sealed with this seal key; seal it anew, or name the key it was sealed with"
    )]
    WrongKey,
}

/// A new key, made of random bytes, as it is kept.
pub fn new_key(random: &[u8; KEY_BYTES]) -> SecretString {
    SecretString::from(STANDARD.encode(random))
}

impl SealKey {
    /// Reads a key as [`new_key`] writes it.
    pub fn read(text: &SecretString) -> Result<Self, SealError> {
        let bytes = STANDARD.decode(text.expose_secret().trim());
        let bytes = bytes.map_err(|_| SealError::Key)?;
        let key = UnboundKey::new(&CHACHA20_POLY1305, &bytes).map_err(|_| SealError::Key)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Seals a secret.
    pub fn seal(&self, secret: &SecretString, nonce: NonceBytes) -> String {
        let mut text = secret.expose_secret().as_bytes().to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut text)
            .expect("only texts of 256 GiB are too long");
        STANDARD.encode([&nonce[..], &text].concat())
    }

    /// Opens what was sealed.
    pub fn open(&self, sealed: &str) -> Result<SecretString, SealError> {
        let bytes = STANDARD.decode(sealed).map_err(|_| SealError::Damaged)?;
        let (nonce, text) = bytes
            .split_first_chunk::<NONCE_LEN>()
            .filter(|(_, text)| text.len() >= CHACHA20_POLY1305.tag_len())
            .ok_or(SealError::Damaged)?;
        let mut text = text.to_vec();
        let opened = self
            .0
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::empty(),
                &mut text,
            )
            .map_err(|_| SealError::WrongKey)?;
        let opened = std::str::from_utf8(opened).map_err(|_| SealError::Damaged)?;
        Ok(SecretString::from(opened))
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SealKey {
        SealKey::read(&new_key(&[byte; KEY_BYTES])).unwrap()
    }

    fn sealed(byte: u8) -> String {
        key(byte).seal(&SecretString::from("B6D711FC-DE4D"), [7; NONCE_LEN])
    }

    #[test]
    fn what_was_sealed_is_opened_with_the_same_key() {
        let text = sealed(1);
        assert!(!text.contains("B6D711FC"));
        assert_eq!(key(1).open(&text).unwrap().expose_secret(), "B6D711FC-DE4D");
        assert_ne!(text, key(1).seal(&"B6D711FC-DE4D".into(), [8; NONCE_LEN]));
    }

    /// RFC 8439, 2.8.2, but without its additional data: the ciphertext does not depend on it.
    #[test]
    fn the_ciphertext_is_that_of_the_standard() {
        let key: Vec<u8> = (0x80..=0x9f).collect();
        let key = SealKey::read(&new_key(key.as_slice().try_into().unwrap())).unwrap();
        let nonce = [7, 0, 0, 0, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47];
        let text = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
                    sunscreen would be it.";
        let sealed = STANDARD.decode(key.seal(&text.into(), nonce)).unwrap();
        assert_eq!(sealed[..NONCE_LEN], nonce);
        let begin = [0xd3, 0x1a, 0x8d, 0x34, 0x64, 0x8e, 0x60, 0xdb];
        assert_eq!(sealed[NONCE_LEN..NONCE_LEN + 8], begin);
        assert_eq!(sealed.len(), NONCE_LEN + text.len() + 16);
    }

    #[test]
    fn another_key_does_not_open_it() {
        let error = key(2).open(&sealed(1)).unwrap_err();
        assert_eq!(error, SealError::WrongKey);
    }

    #[test]
    fn what_was_changed_or_cut_off_is_refused() {
        let mut bytes = STANDARD.decode(sealed(1)).unwrap();
        bytes[NONCE_LEN] ^= 1;
        let changed = key(1).open(&STANDARD.encode(&bytes));
        assert_eq!(changed.unwrap_err(), SealError::WrongKey);
        let short = key(1).open(&STANDARD.encode(&bytes[..NONCE_LEN + 15]));
        assert_eq!(short.unwrap_err(), SealError::Damaged);
        for text in ["", "AAAA", "%", "AAA"] {
            assert_eq!(key(1).open(text).unwrap_err(), SealError::Damaged, "{text}");
        }
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        for bytes in [0, 16, 31, 33] {
            let text = SecretString::from(STANDARD.encode(vec![1; bytes]));
            assert_eq!(SealKey::read(&text).unwrap_err(), SealError::Key, "{bytes}");
        }
        let error = SealKey::read(&"not base64".into()).unwrap_err();
        assert_eq!(error, SealError::Key);
    }
}
