//! Reading a channel's secret from where its reference says it is.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use secrecy::SecretString;
use zapgres_core::credential::CredentialReference;

use crate::seal::{SealError, SealKey};

/// Directory that systemd puts the credentials of a service into.
const CREDENTIALS_DIRECTORY: &str = "CREDENTIALS_DIRECTORY";

/// Why a secret can't be had. Never contains it.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The variable is not set, or holds no text.
    #[error(
        "environment variable {0} is not set; set it for the daemon, for example in /etc/zapgres/zapgres.env"
    )]
    NoVariable(String),
    /// systemd gave the process no credentials.
    #[error("systemd gave no credentials; add LoadCredential={0}:PATH to the unit")]
    NoCredentials(String),
    /// The file can't be read.
    #[error("cannot read {path}: {source}; the daemon needs it readable")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// There is nothing in it.
    #[error("{0} is empty; put the secret there")]
    Empty(CredentialReference),
    /// It is sealed, and nothing says with which key.
    #[error(
        "the credential is sealed and no key is set; say with --seal-key (ZAPGRES_SEAL_KEY) where it is"
    )]
    NoSealKey,
    /// The key cannot be read.
    #[error("the seal key: {0}")]
    SealKey(Box<CredentialError>),
    /// It cannot be opened.
    #[error(transparent)]
    Sealed(#[from] SealError),
}

/// Reads the secret that `reference` names; `seal_key` names the key of sealed ones, and `environment` looks up variables of
/// this process.
///
/// White space around it, such as the line feed that editors leave, is no part of it.
///
/// # Errors
/// What is missing, and where to put it.
pub fn read(
    reference: &CredentialReference,
    seal_key: Option<&CredentialReference>,
    environment: &impl Fn(&str) -> Option<OsString>,
) -> Result<SecretString, CredentialError> {
    match reference {
        CredentialReference::Sealed(text) => Ok(read_seal_key(seal_key, environment)?.open(text)?),
        plain => read_plain(plain, environment),
    }
}

/// Reads the key of sealed credentials from where `reference` says it is.
///
/// # Errors
/// As of [`read`].
pub fn read_seal_key(
    reference: Option<&CredentialReference>,
    environment: &impl Fn(&str) -> Option<OsString>,
) -> Result<SealKey, CredentialError> {
    let reference = reference.ok_or(CredentialError::NoSealKey)?;
    let text = read_plain(reference, environment)
        .map_err(|error| CredentialError::SealKey(Box::new(error)))?;
    Ok(SealKey::read(&text)?)
}

fn read_plain(
    reference: &CredentialReference,
    environment: &impl Fn(&str) -> Option<OsString>,
) -> Result<SecretString, CredentialError> {
    let text = match reference {
        CredentialReference::Environment(name) => environment(name)
            .and_then(|value| value.into_string().ok())
            .ok_or_else(|| CredentialError::NoVariable(name.clone()))?,
        CredentialReference::SystemdCredential(name) => {
            let directory = environment(CREDENTIALS_DIRECTORY)
                .ok_or_else(|| CredentialError::NoCredentials(name.clone()))?;
            read_file(&Path::new(&directory).join(name))?
        }
        CredentialReference::File(path) => read_file(path)?,
        // Only as the key of sealed ones, where the settings refuse it.
        CredentialReference::Sealed(_) => return Err(CredentialError::NoSealKey),
    };
    match text.trim() {
        "" => Err(CredentialError::Empty(reference.clone())),
        secret => Ok(SecretString::from(secret)),
    }
}

fn read_file(path: &Path) -> Result<String, CredentialError> {
    std::fs::read_to_string(path).map_err(|source| CredentialError::Unreadable {
        path: path.display().to_string(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::new_key;
    use secrecy::ExposeSecret;

    fn reference(text: &str) -> CredentialReference {
        text.parse().unwrap()
    }

    #[test]
    fn reads_a_variable_without_the_white_space_around_it() {
        let environment = |name: &str| (name == "KEY").then(|| OsString::from(" secret\n"));
        let secret = read(&reference("env:KEY"), None, &environment).unwrap();
        assert_eq!(secret.expose_secret(), "secret");
    }

    #[test]
    fn reads_a_credential_of_systemd() {
        let directory = std::env::temp_dir().join(format!("zapgres-cred-{}", std::process::id()));
        std::fs::create_dir(&directory).unwrap();
        std::fs::write(directory.join("loja1"), "secret\n").unwrap();
        let environment =
            |name: &str| (name == CREDENTIALS_DIRECTORY).then(|| directory.clone().into());
        let secret = read(&reference("cred:loja1"), None, &environment);
        std::fs::remove_dir_all(&directory).unwrap();
        assert_eq!(secret.unwrap().expose_secret(), "secret");
    }

    #[test]
    fn what_is_missing_is_named() {
        let nothing = |_: &str| None;
        let told = |text| {
            let error = read(&reference(text), None, &nothing).unwrap_err();
            error.to_string()
        };
        assert!(told("env:KEY").starts_with("environment variable KEY is not set"));
        assert!(told("cred:loja1").contains("LoadCredential=loja1:"));
        assert!(told("file:/nonexistent/key").starts_with("cannot read /nonexistent/key: "));
    }

    #[test]
    fn an_empty_secret_is_refused() {
        let empty = |_: &str| Some(OsString::from(" \n"));
        let error = read(&reference("env:KEY"), None, &empty).unwrap_err();
        assert_eq!(error.to_string(), "env:KEY is empty; put the secret there");
    }

    /// P7: a secret may be in the database where its key is not.
    #[test]
    fn a_sealed_credential_is_opened_with_the_key_from_where_it_is() {
        let key = new_key(&[1; 32]);
        let text = SealKey::read(&key).unwrap().seal(&"secret".into(), [2; 12]);
        let sealed = reference(&format!("sealed:{text}"));
        let environment = |name: &str| match name {
            "SEAL" => Some(OsString::from(key.expose_secret())),
            "OTHER" => Some(new_key(&[3; 32]).expose_secret().into()),
            "NONE" => Some(OsString::from("secret")),
            _ => None,
        };
        let with = |key: &str| read(&sealed, Some(&reference(key)), &environment);
        assert_eq!(with("env:SEAL").unwrap().expose_secret(), "secret");
        for (key, told) in [
            ("env:OTHER", "was not sealed with this seal key"),
            ("env:NONE", "the seal key is not 32 bytes in base64"),
            ("env:MISSING", "the seal key: environment variable MISSING"),
        ] {
            let error = with(key).unwrap_err().to_string();
            assert!(error.contains(told), "{key}: {error}");
        }
        let error = read(&sealed, None, &environment).unwrap_err().to_string();
        assert!(error.contains("--seal-key"), "{error}");
    }
}
