//! The layer of the configuration file.

use std::io::ErrorKind;
use std::path::Path;

use super::{ConfigError, Settings};

/// Read when no file is named; it need not exist.
const USUAL_FILE: &str = "/etc/zapgres/zapgres.toml";

/// Reads the file at `path`, or the usual one if that exists.
pub fn read(path: Option<&Path>) -> Result<Settings, ConfigError> {
    let named = path.unwrap_or(Path::new(USUAL_FILE));
    match std::fs::read_to_string(named) {
        Ok(text) => parse(named, &text),
        Err(error) if path.is_none() && error.kind() == ErrorKind::NotFound => {
            Ok(Settings::default())
        }
        Err(source) => Err(ConfigError::Unreadable {
            path: named.to_owned(),
            source,
        }),
    }
}

/// Reads `text`; `path` is for the error, which names the line and does not repeat it: it may hold a password.
pub fn parse(path: &Path, text: &str) -> Result<Settings, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let before = error
            .span()
            .and_then(|span| text.get(..span.start))
            .unwrap_or_default();
        ConfigError::File {
            path: path.to_owned(),
            line: before.matches('\n').count() + 1,
            cause: error.message().trim().replace('\n', " "),
        }
    })
}
