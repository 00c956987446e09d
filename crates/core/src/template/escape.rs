//! Keeps what customers and menus write from formatting a message.
//!
//! WhatsApp has no escape character, and an invisible character beside a mark does not help: a mark counts wherever a word
//! begins or ends, and the invisible one would be copied along. So a mark becomes the character that looks most like it,
//! and only where it could count: between two letters or digits, as in addresses and codes, it stays what it is.

use std::fmt::{self, Write};

use minijinja::{AutoEscape, Error, ErrorKind, Output, State, Value, value::ValueKind};

/// Name of this way of escaping, for minijinja.
const WHATSAPP: &str = "whatsapp";

/// What a message's values are escaped for.
pub(super) fn for_whatsapp(_template: &str) -> AutoEscape {
    AutoEscape::Custom(WHATSAPP)
}

/// Nothing is escaped: for addresses and codes.
pub(super) fn for_nobody(_template: &str) -> AutoEscape {
    AutoEscape::None
}

/// Prints a value: null is nothing, text is escaped unless it says that it is formatted.
pub(super) fn print(
    out: &mut Output<'_>,
    state: &State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    let printed = match value.kind() {
        ValueKind::None => Ok(()),
        ValueKind::Undefined => return Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::Number | ValueKind::Bool => write!(out, "{value}"),
        _ if value.is_safe() || matches!(state.auto_escape(), AutoEscape::None) => {
            write!(out, "{value}")
        }
        _ => match value.as_str() {
            Some(text) => escape(out, text),
            None => escape(out, &value.to_string()),
        },
    };
    printed.map_err(|_| Error::from(ErrorKind::WriteFailure))
}

/// Writes `text` in one line and without a mark that counts.
pub(super) fn escape(out: &mut impl Write, text: &str) -> fmt::Result {
    if text.bytes().all(is_harmless) {
        return out.write_str(text);
    }
    let mut characters = text.chars().filter_map(cleaned).map(unbroken).peekable();
    let mut before = None;
    let mut begun = false;
    while let Some(character) = characters.next() {
        let after = characters.peek().copied();
        let opens_line = !begun && after.is_none_or(|next| next == ' ');
        out.write_char(match character {
            '`' => 'ˋ',
            '>' if opens_line => '›',
            '-' if opens_line => '–',
            '*' | '_' | '~' if is_within_word(before, after) => character,
            '*' => '∗',
            '_' => 'ˍ',
            '~' => '∼',
            other => other,
        })?;
        begun |= character != ' ';
        before = Some(character);
    }
    Ok(())
}

/// The text escaped.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    // Writing to a String cannot fail.
    let _written = escape(&mut escaped, text);
    escaped
}

/// Most names: nothing to look at.
fn is_harmless(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b' ' | b'.' | b',' | b'/' | b'(' | b')' | b'$' | b'+' | b':'
        )
}

fn is_within_word(before: Option<char>, after: Option<char>) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    is_word(before) && is_word(after)
}

fn unbroken(character: char) -> char {
    if character == '\n' { ' ' } else { character }
}

/// The character as it may stand in a message; `None`: not at all. Direction overrides can make a text read differently
/// from what it says, and invisible characters hide marks, so they go with the control characters.
pub(super) fn cleaned(character: char) -> Option<char> {
    match character {
        '\n' => Some('\n'),
        '\t' => Some(' '),
        '\u{2028}' | '\u{2029}' => Some('\n'),
        '\u{61c}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => None,
        character if character.is_control() => None,
        character => Some(character),
    }
}
