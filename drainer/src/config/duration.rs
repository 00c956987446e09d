//! Durations as people write them: `500ms`, `20s`, `12h`, `1m 30s`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

/// Reads a duration with a unit; a bare `0` needs none.
///
/// # Errors
/// A sentence that shows how to write one.
pub fn parse(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text.trim())
        .map_err(|error| format!("not a duration ({error}): write it like 500ms, 20s or 12h"))
}

/// Reads an optional duration of the configuration file.
///
/// # Errors
/// What [`parse`] says.
pub fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).map(Some).map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_durations_with_units() {
        assert_eq!(parse("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse(" 12h "), Ok(Duration::from_secs(12 * 3600)));
        assert_eq!(parse("0"), Ok(Duration::ZERO));
    }

    #[test]
    fn refuses_a_number_without_unit_and_says_how_to_write_it() {
        let error = parse("20").unwrap_err();
        assert!(error.contains("write it like"), "{error}");
    }
}
