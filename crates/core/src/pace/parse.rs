//! Rates and delays as people write them.

use std::time::Duration;

/// A pace that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaceError {
    /// Not a rate.
    #[error(
        "rate \"{0}\" is not understood: write a whole number above 0 and a unit, such as 30/min or 2/s"
    )]
    Rate(String),
    /// Not a delay.
    #[error("delay \"{0}\" is not understood: write one time or a range, such as 0s, 2s or 1s..3s")]
    Delay(String),
    /// The range goes backwards.
    #[error("delay \"{0}\" ends before it begins: write the shorter time first, such as 1s..3s")]
    DelayOrder(String),
}

/// Reads a rate such as `30/min` or `2/s` as messages per minute.
///
/// # Errors
/// When it is anything else, zero, or too large.
pub fn parse_rate(text: &str) -> Result<u32, PaceError> {
    let error = || PaceError::Rate(text.to_owned());
    let (count, unit) = text.split_once('/').ok_or_else(error)?;
    let per_unit = match unit.trim() {
        "min" => 1,
        "s" => 60,
        _ => return Err(error()),
    };
    let count: u32 = count.trim().parse().map_err(|_| error())?;
    count
        .checked_mul(per_unit)
        .filter(|rate| *rate > 0)
        .ok_or_else(error)
}

/// Reads a delay such as `1s..3s`, `500ms` or `0s` as its shortest and longest time.
///
/// # Errors
/// When a time is not understood, or the range goes backwards.
pub fn parse_delay(text: &str) -> Result<(Duration, Duration), PaceError> {
    let time = |part: &str| {
        humantime::parse_duration(part.trim()).map_err(|_| PaceError::Delay(text.to_owned()))
    };
    let (min, max) = match text.split_once("..") {
        Some((min, max)) => (time(min)?, time(max)?),
        None => (time(text)?, time(text)?),
    };
    if min > max {
        return Err(PaceError::DelayOrder(text.to_owned()));
    }
    Ok((min, max))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn rates_are_read() {
        assert_eq!(parse_rate("30/min"), Ok(30));
        assert_eq!(parse_rate(" 2 / s "), Ok(120));
        for text in [
            "",
            "30",
            "0/min",
            "-1/min",
            "1.5/min",
            "30/h",
            "min/30",
            "99999999999/min",
            "4294967295/s",
        ] {
            assert_eq!(
                parse_rate(text),
                Err(PaceError::Rate(text.to_owned())),
                "{text}"
            );
        }
        let error = parse_rate("30/h").unwrap_err().to_string();
        assert!(
            error.contains("\"30/h\"") && error.contains("30/min"),
            "{error}"
        );
    }

    #[test]
    fn delays_are_read() {
        assert_eq!(parse_delay("1s..3s"), Ok((seconds(1), seconds(3))));
        assert_eq!(parse_delay("0s"), Ok((Duration::ZERO, Duration::ZERO)));
        assert_eq!(
            parse_delay(" 500ms .. 1min "),
            Ok((Duration::from_millis(500), seconds(60)))
        );
        for text in ["", "3", "1s..", "..3s", "1s-3s", "um segundo"] {
            assert_eq!(
                parse_delay(text),
                Err(PaceError::Delay(text.to_owned())),
                "{text}"
            );
        }
        assert_eq!(
            parse_delay("3s..1s"),
            Err(PaceError::DelayOrder("3s..1s".to_owned()))
        );
    }
}
