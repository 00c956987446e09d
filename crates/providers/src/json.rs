//! JSON as programs write it. JavaScript cuts texts in the middle of an emoji and writes the half that is left; others write no
//! UTF-8. Neither is JSON, and what is told beside such a text counts all the same.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

const REPLACEMENT: &str = "\\ufffd";

/// Reads JSON; what stands for no character in it is replaced.
pub(crate) fn read<T: DeserializeOwned>(json: &[u8]) -> serde_json::Result<T> {
    serde_json::from_slice(json).or_else(|error| serde_json::from_str(&mended(json).ok_or(error)?))
}

/// The same JSON, where something in it stands for no character; anything else as it is.
pub(crate) fn mend(body: Vec<u8>) -> Vec<u8> {
    let is_json = matches!(body.trim_ascii_start().first(), Some(b'{' | b'['));
    let mended = is_json.then(|| mended(&body)).flatten();
    mended.map_or(body, String::into_bytes)
}

/// None: everything in it stands for a character.
fn mended(json: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(json);
    let is_lossy = matches!(text, Cow::Owned(_));
    let mut whole = String::with_capacity(text.len());
    let mut has_halves = false;
    let mut rest = text.as_ref();
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        whole.push_str(before);
        let length = escape_length(escape);
        if length == 6 && is_half(escape) {
            has_halves = true;
            whole.push_str(REPLACEMENT);
        } else {
            whole.push_str(&escape[..length]);
        }
        rest = &escape[length..];
    }
    whole.push_str(rest);
    (is_lossy || has_halves).then_some(whole)
}

/// Bytes of the escape at the beginning, those of both halves of a character where they are there.
fn escape_length(escape: &str) -> usize {
    match unit(escape) {
        Some(0xd800..=0xdbff) if is_second_half(&escape[6..]) => 12,
        Some(_) => 6,
        // The backslash, and what it stands before.
        None => escape.chars().take(2).map(char::len_utf8).sum(),
    }
}

fn is_half(escape: &str) -> bool {
    matches!(unit(escape), Some(0xd800..=0xdfff))
}

fn is_second_half(text: &str) -> bool {
    matches!(unit(text), Some(0xdc00..=0xdfff))
}

/// What `\uXXXX` at the beginning stands for.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn halves_of_characters_are_replaced_and_nothing_else() {
        for (written, expected) in [
            (r#""\ud83d""#, "\u{fffd}"),
            (r#""\udE00a\ud83d\ude00""#, "\u{fffd}a😀"),
            (r#""\ud83d\ud83d\ude00\ud83d""#, "\u{fffd}😀\u{fffd}"),
            (r#""\\ud83d \"\ud83d\n""#, "\\ud83d \"\u{fffd}\n"),
        ] {
            assert_eq!(
                read::<String>(written.as_bytes()).ok().as_deref(),
                Some(expected)
            );
        }
        assert_eq!(
            read::<String>(b"\"Ol\xe1\"").ok().as_deref(),
            Some("Ol\u{fffd}")
        );
    }

    #[test]
    fn what_is_no_json_stays_as_it_is() {
        for text in [
            "",
            "{",
            r#"{"a":"\u12"}"#,
            "{\"a\":\"\\",
            "<h1>\\ud83d</h1>",
        ] {
            assert!(read::<Value>(text.as_bytes()).is_err(), "{text}");
            assert_eq!(mend(text.as_bytes().to_vec()), text.as_bytes());
        }
        assert_eq!(mend(b"\x89PNG".to_vec()), b"\x89PNG");
        assert_eq!(mend(br#" {"a":"\ud83d"}"#.to_vec()), br#" {"a":"\ufffd"}"#);
    }

    proptest! {
        /// C2: whatever comes, reading it ends, and JSON is what it is.
        #[test]
        fn bytes_have_an_end_and_json_is_left_alone(body in any::<Vec<u8>>(), text in any::<String>()) {
            let _ = read::<Value>(&body);
            let _ = mend([b"{", &body[..]].concat());
            let json = serde_json::json!([text]).to_string().into_bytes();
            prop_assert_eq!(mend(json.clone()), json);
        }

        /// Any escapes make JSON.
        #[test]
        fn any_units_are_read(units in prop::collection::vec(any::<u16>(), 0..8)) {
            let escapes: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let expected = String::from_utf16_lossy(&units);
            let written = format!("\"{escapes}\"");
            prop_assert_eq!(read::<String>(written.as_bytes()).ok(), Some(expected));
        }
    }
}
