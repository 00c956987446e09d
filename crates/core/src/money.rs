//! Amounts and quantities as Brazilians write them. Exact decimals, never floating point.

use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};

/// Reads a plain decimal such as `1234.56` or `-2`; spaces around it do not matter. Fractions are
/// kept to 28 digits in all. `None` for anything else, also for numbers too large for that.
#[must_use]
pub fn parse_decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let plain = text
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'));
    if !plain {
        return None;
    }
    Decimal::from_str(text).ok()
}

/// `R$ 1.234,56`: rounded half away from zero, a minus sign before the symbol.
#[must_use]
pub fn format_reais(amount: Decimal) -> String {
    let cents = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    let sign = if cents.is_sign_negative() && !cents.is_zero() {
        "-"
    } else {
        ""
    };
    let digits = format!("{:.2}", cents.abs());
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, "00"));
    format!("{sign}R$ {},{fraction}", grouped(whole))
}

/// `2`, `0,5`, `1.000`: no zeros that say nothing, comma for the fraction.
#[must_use]
pub fn format_quantity(quantity: Decimal) -> String {
    let text = quantity.normalize().abs().to_string();
    let sign = if quantity.is_sign_negative() && !quantity.is_zero() {
        "-"
    } else {
        ""
    };
    match text.split_once('.') {
        Some((whole, fraction)) => format!("{sign}{},{fraction}", grouped(whole)),
        None => format!("{sign}{}", grouped(&text)),
    }
}

/// Points between groups of three digits.
fn grouped(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reais(text: &str) -> Option<String> {
        parse_decimal(text).map(format_reais)
    }

    #[test]
    fn amounts_are_grouped_and_rounded_to_cents() {
        let cases = [
            ("0", "R$ 0,00"),
            ("5", "R$ 5,00"),
            ("22.50", "R$ 22,50"),
            ("999.99", "R$ 999,99"),
            ("1234.56", "R$ 1.234,56"),
            (" 1234567.8 ", "R$ 1.234.567,80"),
            ("0.005", "R$ 0,01"),
            ("0.004", "R$ 0,00"),
            ("999.995", "R$ 1.000,00"),
            ("-1234.5", "-R$ 1.234,50"),
            ("-0.001", "R$ 0,00"),
            ("12345678901.12345678901234567890", "R$ 12.345.678.901,12"),
            (
                "79228162514264337593543950335",
                "R$ 79.228.162.514.264.337.593.543.950.335,00",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(reais(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn quantities_show_no_idle_zeros() {
        let cases = [
            ("2", "2"),
            ("2.000", "2"),
            ("0.500", "0,5"),
            ("1.25", "1,25"),
            ("10", "10"),
        ];
        let more = [("1000", "1.000"), ("-1.50", "-1,5"), ("0.000", "0")];
        for (text, expected) in cases.into_iter().chain(more) {
            assert_eq!(
                parse_decimal(text).map(format_quantity).as_deref(),
                Some(expected),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_plain_decimal_is_refused() {
        for text in [
            "", " ", ".", "-", "1,50", "1.234,56", "1e3", "1_000", "R$ 5", "NaN", "1.2.3", "--1",
        ] {
            assert_eq!(parse_decimal(text), None, "{text:?}");
        }
        assert_eq!(parse_decimal(&"9".repeat(40)), None);
    }
}
