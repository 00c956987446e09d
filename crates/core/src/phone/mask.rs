//! Hides phone numbers in any text.

use super::ascii_digit;
use super::lookalike;

/// Fewest digits that are masked.
const FROM_DIGITS: usize = 8;
/// Digits that stay readable, enough to tell two numbers apart in a log.
const KEPT_DIGITS: usize = 4;
/// Most characters between two digits of one number, as in `11 - 98765 - 4321`.
const SEPARATORS_CAP: usize = 3;

/// Replaces all but the last four digits of everything in `text` that could be a phone number: 8 or
/// more digits, with the separators that people use between them or not. Dates, times, UUIDs, IP
/// addresses and positions in PostgreSQL's log are left as they are.
#[must_use]
pub fn mask(text: &str) -> String {
    if has_too_few_digits(text) {
        return text.to_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    let mut masked = String::with_capacity(text.len());
    let mut run = Run::default();
    let mut at = 0;
    while at < characters.len() {
        let begins_word = at == 0 || !characters[at - 1].is_alphanumeric();
        let lookalike = begins_word
            .then(|| lookalike::length(&characters[at..]))
            .flatten();
        if let Some(length) = lookalike {
            run.end(&mut masked);
            masked.extend(&characters[at..at + length]);
            at += length;
            continue;
        }
        if !run.take(characters[at]) {
            run.end(&mut masked);
            masked.push(characters[at]);
        }
        at += 1;
    }
    run.end(&mut masked);
    masked
}

/// Tells at a glance that there is nothing to mask, as in nearly every text that is logged. Other scripts have digits, too.
fn has_too_few_digits(text: &str) -> bool {
    text.is_ascii() && text.bytes().filter(u8::is_ascii_digit).count() < FROM_DIGITS
}

/// Digits and what separates them, so far.
#[derive(Default)]
struct Run {
    text: String,
    digits: usize,
    separators: usize,
}

impl Run {
    /// Takes a character that may belong to a number.
    fn take(&mut self, character: char) -> bool {
        if ascii_digit(character).is_some() {
            self.digits += 1;
            self.separators = 0;
        } else if self.digits > 0 && self.separators < SEPARATORS_CAP && is_separator(character) {
            self.separators += 1;
        } else {
            return false;
        }
        self.text.push(character);
        true
    }

    /// Writes it, masked if it could be a number, and begins anew.
    fn end(&mut self, masked: &mut String) {
        let mut to_hide = match self.digits {
            FROM_DIGITS.. => self.digits - KEPT_DIGITS,
            _ => 0,
        };
        for character in self.text.chars() {
            if to_hide > 0 && ascii_digit(character).is_some() {
                to_hide -= 1;
                masked.push('*');
            } else {
                masked.push(character);
            }
        }
        *self = Self::default();
    }
}

fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || "-./_()+".contains(character)
        || matches!(character, '\u{2010}'..='\u{2015}' | '\u{2212}' | '＋')
}
