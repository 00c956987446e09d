//! Where a channel's secret is. Reading it is the daemon's business; the secret itself is never in the database, unless
//! sealed under a key that is not there.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Reference to a secret, written `env:NAME`, `cred:NAME` or `file:PATH`; or `sealed:BASE64`, the secret encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CredentialReference {
    /// Environment variable of the daemon.
    Environment(String),
    /// systemd credential: a file of that name in `$CREDENTIALS_DIRECTORY`.
    SystemdCredential(String),
    /// File, absolute path.
    File(PathBuf),
    /// The secret itself, encrypted, in base64.
    Sealed(String),
}

/// A credential reference that cannot be used. The text is never repeated: people paste the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// None of the four forms.
    #[error(
        "the credential is not a reference: write env:NAME, cred:NAME or file:PATH and keep the secret there, \
         or sealed:… of zapgres seal (the text is not shown, it may be the secret itself)"
    )]
    Form,
    /// Bad variable name.
    #[error(
        "env: needs the name of an environment variable (letters, digits, _, not beginning with a digit)"
    )]
    EnvironmentName,
    /// Bad credential name.
    #[error("cred: needs the name of a systemd credential (letters, digits, . _ -)")]
    SystemdName,
    /// Bad path.
    #[error("file: needs an absolute path, such as file:/etc/zapgres/loja1.key")]
    Path,
    /// Not base64.
    #[error(
        "sealed: needs what zapgres seal prints, all of it; the secret itself must not be there"
    )]
    Sealed,
}

impl FromStr for CredentialReference {
    type Err = CredentialError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, rest) = text.trim().split_once(':').ok_or(CredentialError::Form)?;
        match kind {
            "env" if is_variable_name(rest) => Ok(Self::Environment(rest.to_owned())),
            "env" => Err(CredentialError::EnvironmentName),
            "cred" if is_credential_name(rest) => Ok(Self::SystemdCredential(rest.to_owned())),
            "cred" => Err(CredentialError::SystemdName),
            "file" if is_absolute_path(rest) => Ok(Self::File(PathBuf::from(rest))),
            "file" => Err(CredentialError::Path),
            "sealed" if is_base64(rest) => Ok(Self::Sealed(rest.to_owned())),
            "sealed" => Err(CredentialError::Sealed),
            _ => Err(CredentialError::Form),
        }
    }
}

impl fmt::Display for CredentialReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "env:{name}"),
            Self::SystemdCredential(name) => write!(f, "cred:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Sealed(text) => write!(f, "sealed:{text}"),
        }
    }
}

fn is_variable_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// No slash: the name is joined to a directory.
fn is_credential_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

fn is_absolute_path(text: &str) -> bool {
    text.len() > 1 && text.starts_with('/') && !text.contains('\0')
}

/// Whether these are characters of base64. Their number and what they stand for is judged where they are opened.
fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    !digits.is_empty()
        && text.len() - digits.len() <= 2
        && digits
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '+' || c == '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_and_written_back() {
        for text in [
            "env:EVOLUTION_KEY",
            "env:_k1",
            "cred:loja1.key",
            "file:/etc/zapgres/loja 1:key",
            "sealed:q83v/A+8Bw==",
        ] {
            let reference: CredentialReference = text.parse().unwrap();
            assert_eq!(reference.to_string(), text);
        }
        let expected = CredentialReference::Environment("KEY".to_owned());
        assert_eq!(" env:KEY\n".parse(), Ok(expected));
    }

    #[test]
    fn bad_references_say_what_to_write() {
        let cases = [
            ("", CredentialError::Form),
            ("429683C4C977415CAAFCCE10F7D57E11", CredentialError::Form),
            ("vault:x", CredentialError::Form),
            ("ENV:x", CredentialError::Form),
            ("env:", CredentialError::EnvironmentName),
            ("env:1KEY", CredentialError::EnvironmentName),
            ("env:MY-KEY", CredentialError::EnvironmentName),
            ("cred:", CredentialError::SystemdName),
            ("cred:../shadow", CredentialError::SystemdName),
            ("cred:a/b", CredentialError::SystemdName),
            ("file:", CredentialError::Path),
            ("file:/", CredentialError::Path),
            ("file:key.txt", CredentialError::Path),
            ("sealed:", CredentialError::Sealed),
            ("sealed:==", CredentialError::Sealed),
            ("sealed:B6D711FC-DE4D", CredentialError::Sealed),
            ("sealed:q83v\nA+8B", CredentialError::Sealed),
        ];
        for (text, expected) in cases {
            assert_eq!(
                text.parse::<CredentialReference>(),
                Err(expected),
                "{text:?}"
            );
        }
    }

    #[test]
    fn a_pasted_secret_is_not_repeated() {
        let secret = "429683C4C977415C";
        for text in [
            secret.to_owned(),
            format!("env:{secret} x"),
            format!("file:{secret}"),
            format!("sealed:{secret}-"),
        ] {
            let error = text.parse::<CredentialReference>().unwrap_err();
            assert!(!format!("{error} {error:?}").contains(secret));
        }
    }
}
