//! Texts for databases whose encoding has only Western European characters.

/// Dashes and ellipses are replaced; emoji and the like are left out, with the spaces that would end a line then.
#[must_use]
pub fn western(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\u{2010}'..='\u{2015}' => plain.push('-'),
            '\u{2018}' | '\u{2019}' => plain.push('\''),
            '\u{201c}' | '\u{201d}' => plain.push('"'),
            '…' => plain.push_str("..."),
            '\0'..='\u{ff}' => plain.push(character),
            _ => {}
        }
    }
    let lines: Vec<&str> = plain.split('\n').map(str::trim_end).collect();
    lines.join("\n")
}
