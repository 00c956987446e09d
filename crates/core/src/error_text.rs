//! Texts of errors as operators may read them.

use crate::phone;

/// Longer texts are cut.
const CAP_CHARACTERS: usize = 300;

/// Any text as one line: no control characters, no full phone number, not long.
#[must_use]
pub fn presentable(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let line = phone::mask(&words.join(" "));
    line.chars().take(CAP_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_one_short_line_without_a_number() {
        let text = "no \u{1b}[31mred\nline\0: \"11.98765.4321\"";
        assert_eq!(presentable(text), "no [31mred line : \"**.*****.4321\"");
        assert_eq!(presentable(&"a".repeat(900)).len(), CAP_CHARACTERS);
    }
}
