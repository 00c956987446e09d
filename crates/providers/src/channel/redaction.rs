//! Takes secrets out of texts in which a provider may have repeated them, as they are or in the spelling of a URL or of JSON.

use std::cmp::Reverse;

const REPLACEMENT: &str = "[secret]";

/// Cuts one character in some spelling from the beginning of a text; none: another one is there.
type Cut = for<'a> fn(&'a str, char) -> Option<&'a str>;

const SPELLINGS: [Cut; 3] = [plain, percent_encoded, escaped];

/// `text` without any of `secrets`.
pub(super) fn redacted(text: &str, secrets: &mut [&str]) -> String {
    // One may be the beginning of another.
    secrets.sort_by_key(|secret| Reverse(secret.len()));
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        if let Some(after) = secrets.iter().find_map(|secret| after(rest, secret)) {
            redacted.push_str(REPLACEMENT);
            rest = after;
        } else {
            redacted.push(character);
            rest = &rest[character.len_utf8()..];
        }
    }
    redacted
}

/// What follows `secret`, where `text` begins with it.
fn after<'a>(text: &'a str, secret: &str) -> Option<&'a str> {
    if secret.is_empty() {
        return None;
    }
    SPELLINGS
        .into_iter()
        .find_map(|cut| secret.chars().try_fold(text, cut))
}

fn plain(text: &str, character: char) -> Option<&str> {
    text.strip_prefix(character)
}

/// In a URL: which characters are encoded differs, and a `%` always is.
fn percent_encoded(text: &str, character: char) -> Option<&str> {
    let raw = text.strip_prefix(character).filter(|_| character != '%');
    let space = || text.strip_prefix('+').filter(|_| character == ' ');
    raw.or_else(space).or_else(|| {
        let mut bytes = [0; 4];
        let mut bytes = character.encode_utf8(&mut bytes).bytes();
        bytes.try_fold(text, |text, byte| {
            let (digits, after) = text.strip_prefix('%')?.split_at_checked(2)?;
            (u8::from_str_radix(digits, 16) == Ok(byte)).then_some(after)
        })
    })
}

/// In a text of JSON: quotes and backslashes always are escaped.
fn escaped(text: &str, character: char) -> Option<&str> {
    let is_special = ['"', '\\'].contains(&character);
    let raw = text.strip_prefix(character).filter(|_| !is_special);
    raw.or_else(|| {
        let after = text.strip_prefix('\\')?;
        if (is_special || character == '/')
            && let Some(after) = after.strip_prefix(character)
        {
            return Some(after);
        }
        let (digits, after) = after.strip_prefix('u')?.split_at_checked(4)?;
        (u32::from_str_radix(digits, 16) == Ok(u32::from(character))).then_some(after)
    })
}
