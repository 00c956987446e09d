//! Amounts and quantities as Brazilians write them. Exact decimals, never floating point.

use rust_decimal::{Decimal, RoundingStrategy};

/// Reads a plain decimal such as `1234.56` or `-2`; spaces around it do not matter. `None` for
/// anything else, also for what has more digits than an amount can.
#[must_use]
pub fn parse_decimal(text: &str) -> Option<Decimal> {
    let text = text.trim();
    let plain = text
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'));
    if !plain {
        return None;
    }
    Decimal::from_str_exact(text).ok()
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
        if index > 0 && (digits.len() - index) % 3 == 0 {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    grouped
}
