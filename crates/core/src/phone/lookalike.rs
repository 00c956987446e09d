//! What has as many digits as a phone number and is none, recognised by its exact form.

use std::ops::RangeInclusive;

/// Years that a date in a log may have.
const YEARS: RangeInclusive<u32> = 1900..=2199;

/// Characters at the beginning of `text` that are a date, a time, both, a UUID, an IPv4 address, or
/// a position in PostgreSQL's log.
pub(super) fn length(text: &[char]) -> Option<usize> {
    let end = timestamp(text)
        .or_else(|| time(text, 0))
        .or_else(|| uuid(text))
        .or_else(|| ip_address(text))
        .or_else(|| log_position(text))?;
    ends(text, end).then_some(end)
}

/// Whether nothing of the same word follows.
fn ends(text: &[char], at: usize) -> bool {
    let follows = |offset: usize| text.get(at + offset).copied();
    match follows(0) {
        Some(character) if character.is_alphanumeric() => false,
        Some('-' | '.' | '/') => !follows(1).is_some_and(|c| c.is_alphanumeric()),
        _ => true,
    }
}

/// `2026-11-21`, `21/11/2026`, and either with a time after a space or `T`.
fn timestamp(text: &[char]) -> Option<usize> {
    let date = date(text)?;
    let time = match text.get(date) {
        Some(' ' | 'T') => time(text, date + 1),
        _ => None,
    };
    Some(time.unwrap_or(date))
}

fn date(text: &[char]) -> Option<usize> {
    let separator = *text.get(digits(text, 0))?;
    if !"-/.".contains(separator) {
        return None;
    }
    let (first, at) = number(text, 0, 2..=4)?;
    let (second, at) = number(text, after(text, at, separator)?, 2..=2)?;
    let (third, end) = number(text, after(text, at, separator)?, 2..=4)?;
    let is_date = |year: &u32, day: &u32| {
        YEARS.contains(year) && (1..=12).contains(&second) && (1..=31).contains(day)
    };
    (is_date(&first, &third) || is_date(&third, &first)).then_some(end)
}

/// `05:00`, `05:00:07`, `05:00:07.123-03`, from `at` on.
fn time(text: &[char], at: usize) -> Option<usize> {
    let (hour, at) = number(text, at, 2..=2)?;
    let (minute, mut end) = number(text, after(text, at, ':')?, 2..=2)?;
    if hour > 24 || minute > 59 {
        return None;
    }
    if let Some((_, second)) = after(text, end, ':').and_then(|at| number(text, at, 2..=2)) {
        let fraction = after(text, second, '.').and_then(|at| number(text, at, 1..=9));
        end = fraction.map_or(second, |(_, end)| end);
    }
    Some(zone(text, end).unwrap_or(end))
}

/// `Z`, `-03`, `+0530`, `+05:30`.
fn zone(text: &[char], at: usize) -> Option<usize> {
    if let Some(end) = after(text, at, 'Z') {
        return Some(end);
    }
    let begin = after(text, at, '+').or_else(|| after(text, at, '-'))?;
    let (_, end) = number(text, begin, 2..=2).or_else(|| number(text, begin, 4..=4))?;
    let minutes = after(text, end, ':').and_then(|at| number(text, at, 2..=2));
    Some(minutes.map_or(end, |(_, end)| end))
}

fn uuid(text: &[char]) -> Option<usize> {
    let mut end = 0;
    for (place, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        let begin = if place == 0 {
            0
        } else {
            after(text, end, '-')?
        };
        end = hexadecimal(text, begin);
        if end - begin != length {
            return None;
        }
    }
    Some(end)
}

fn ip_address(text: &[char]) -> Option<usize> {
    let mut end = 0;
    for place in 0..4 {
        let begin = if place == 0 {
            0
        } else {
            after(text, end, '.')?
        };
        let (part, after) = number(text, begin, 1..=3)?;
        if part > 255 {
            return None;
        }
        end = after;
    }
    Some(end)
}

/// `0/15000060`: numbers have more than one digit before a slash.
fn log_position(text: &[char]) -> Option<usize> {
    let begin = after(text, hexadecimal(text, 0), '/').filter(|begin| *begin == 2)?;
    let end = hexadecimal(text, begin);
    (7..=8).contains(&(end - begin)).then_some(end)
}

/// The position after `character`, if that is what stands at `at`.
fn after(text: &[char], at: usize, character: char) -> Option<usize> {
    (text.get(at) == Some(&character)).then_some(at + 1)
}

/// The number at `at` if it has as many digits as allowed, and where it ends.
fn number(text: &[char], at: usize, length: RangeInclusive<usize>) -> Option<(u32, usize)> {
    let end = digits(text, at);
    if !length.contains(&(end - at)) {
        return None;
    }
    let value = text[at..end].iter().filter_map(|c| c.to_digit(10));
    Some((value.fold(0, |sum, digit| sum * 10 + digit), end))
}

/// Where the digits that begin at `at` end.
fn digits(text: &[char], at: usize) -> usize {
    at + text[at.min(text.len())..]
        .iter()
        .take_while(|c| c.is_ascii_digit())
        .count()
}

fn hexadecimal(text: &[char], at: usize) -> usize {
    at + text[at.min(text.len())..]
        .iter()
        .take_while(|c| c.is_ascii_hexdigit())
        .count()
}
